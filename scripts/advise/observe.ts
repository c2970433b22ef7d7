/** What the stored documents say about one group: rates per partition and who owned what last. */
import { z } from "zod";
import type { Search } from "../search/search.ts";
import type { ObservedPartition, Rates, StoredGroup } from "./sizing.ts";

export type ObserveOptions = {
  readonly cluster: string;
  readonly group: string;
  readonly fromMs: number;
  readonly signal: AbortSignal;
};

const percentiles = z.object({ values: z.record(z.string(), z.number().nullable()) });
const max = z.object({ value: z.number().nullable() });
const newestSchema = z.object({
  hits: z.object({
    hits: z.array(
      z
        .object({
          _source: z.object({ partition_owner: z.string().optional(), client_id: z.string().optional() }),
        })
        .transform(({ _source: source }) => source),
    ),
  }),
});
const bucketSchema = z.object({
  key: z.object({ topic: z.string(), partition: z.coerce.number().int() }),
  produce: percentiles,
  produce_max: max,
  consume: percentiles,
  consume_max: max,
  busy: z.object({ doc_count: z.number(), consume: percentiles }),
  newest: newestSchema,
});
const answerSchema = z.object({
  partitions: z.object({
    after_key: z.record(z.string(), z.unknown()).optional(),
    buckets: z.array(bucketSchema),
  }),
});
const groupSchema = z.object({ produce: percentiles, produce_max: max });

const PAGE = 500;
/** 50 000 partitions of one group. */
const MAX_PAGES = 100;
/** Oldest message waits at least this long: the consumer had something to do all the time. */
const BUSY_SECONDS = 20;
/** Ticks with a backlog from which their rate says something. */
const MIN_BUSY_TICKS = 5;
/** Verdicts of a consumer that does nothing: its rate is no capacity. */
const IDLE_VERDICTS = ["stopped", "stalled", "no_owner", "vanished", "suspect_data"];

/** @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function observeGroup(search: Search, options: ObserveOptions): Promise<StoredGroup> {
  const { cluster, group, signal } = options;
  const whole = await search(
    {
      size: 0,
      track_total_hits: false,
      query: filter(options, "group"),
      aggs: { produce: rates("produce_rate"), produce_max: { max: { field: "produce_rate" } } },
    },
    signal,
  );
  const produce = groupSchema.safeParse(whole.aggregations).data;
  return {
    cluster,
    group,
    produce: produce === undefined ? null : toRates(produce.produce, produce.produce_max),
    partitions: await observePartitions(search, options),
  };
}

async function observePartitions(
  search: Search,
  options: ObserveOptions,
): Promise<readonly ObservedPartition[]> {
  const partitions: ObservedPartition[] = [];
  let after: Readonly<Record<string, unknown>> | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { aggregations } = await search(partitionsBody(options, after), options.signal);
    const parsed = answerSchema.safeParse(aggregations);
    if (!parsed.success) break;
    partitions.push(...parsed.data.partitions.buckets.map(toPartition));
    after = parsed.data.partitions.after_key;
    if (parsed.data.partitions.buckets.length < PAGE || after === undefined) break;
  }
  return partitions;
}

function partitionsBody(options: ObserveOptions, after: Readonly<Record<string, unknown>> | undefined) {
  return {
    size: 0,
    track_total_hits: false,
    query: filter(options, "partition"),
    aggs: {
      partitions: {
        composite: {
          size: PAGE,
          sources: [
            { topic: { terms: { field: "topic" } } },
            { partition: { terms: { field: "partition" } } },
          ],
          ...(after === undefined ? {} : { after }),
        },
        aggs: {
          produce: rates("produce_rate"),
          produce_max: { max: { field: "produce_rate" } },
          consume: rates("consume_rate"),
          consume_max: { max: { field: "consume_rate" } },
          busy: { filter: BUSY, aggs: { consume: rates("consume_rate") } },
          newest: {
            top_hits: {
              size: 1,
              sort: [{ "@timestamp": "desc" }],
              _source: ["partition_owner", "client_id"],
            },
          },
        },
      },
    },
  };
}

const BUSY = {
  bool: {
    filter: [
      { range: { time_lag_seconds: { gte: BUSY_SECONDS } } },
      { range: { lag: { gt: 0 } } },
      { range: { consume_rate: { gt: 0 } } },
    ],
    must_not: [{ terms: { verdict: IDLE_VERDICTS } }],
  },
};

function rates(field: "produce_rate" | "consume_rate") {
  return { percentiles: { field, percents: [50, 95] } };
}

function filter({ cluster, group, fromMs }: ObserveOptions, record: "group" | "partition") {
  return {
    bool: {
      filter: [
        { term: { record } },
        { term: { cluster } },
        { term: { group } },
        { range: { "@timestamp": { gte: fromMs, format: "epoch_millis" } } },
      ],
    },
  };
}

function toRates(
  { values }: z.output<typeof percentiles>,
  { value: highest }: z.output<typeof max>,
): Rates | null {
  const median = values["50.0"] ?? null;
  const p95 = values["95.0"] ?? null;
  return median === null || p95 === null || highest === null ? null : { median, p95, max: highest };
}

function toPartition(bucket: z.output<typeof bucketSchema>): ObservedPartition {
  const newest = bucket.newest.hits.hits[0];
  const owner = newest?.partition_owner ?? null;
  return {
    topic: bucket.key.topic,
    partition: bucket.key.partition,
    // Client ids tell apart consumers that share a host.
    consumer: owner === null ? null : JSON.stringify([owner, newest?.client_id ?? ""]),
    produce: toRates(bucket.produce, bucket.produce_max),
    consume: toRates(bucket.consume, bucket.consume_max),
    busyConsume: bucket.busy.doc_count < MIN_BUSY_TICKS ? null : (bucket.busy.consume.values["50.0"] ?? null),
  };
}
