/** What a message about a group asks Elasticsearch for: its newest state with the worst partitions, or its peak. */
import { z } from "zod";
import { TIME_LAG_METHODS, VERDICT_NAMES } from "../../model/verdicts.ts";
import type { Details, PartitionDetails } from "./details.ts";
import { SAYS_NOTHING, SUSPECT, aggregationsOf, documents, newest, since } from "./search.ts";
import type { Ask } from "./search.ts";
import type { Subject } from "./state.ts";

const PARTITIONS = 3;

const text = z.string();
const amount = z.number().nonnegative();
const groupHits = documents.pipe(
  z.array(
    z.object({
      "@timestamp": z.iso.datetime({ offset: true }),
      verdict: z.enum(VERDICT_NAMES),
      cause: text.default(""),
    }),
  ),
);
const partitionHits = documents.pipe(
  z.array(
    z.object({
      topic: text,
      partition: text,
      lag: amount,
      time_lag_seconds: amount.nullable().default(null),
      time_lag_method: z.enum(TIME_LAG_METHODS).default("none"),
      commit_age_seconds: amount.nullable().default(null),
      client_id: text.nullable().default(null),
      partition_owner: text.nullable().default(null),
      verdict: z.enum(VERDICT_NAMES),
    }),
  ),
);
const PARTITION_SOURCE = [
  "topic",
  "partition",
  "lag",
  "time_lag_seconds",
  "time_lag_method",
  "commit_age_seconds",
  "client_id",
  "partition_owner",
  "verdict",
];
const peakAnswer = z.object({ late: newest, lag: newest });

/** Of the newest trusted tick since then; null where there is none. */
export async function readState(
  ask: Ask,
  { cluster, group }: Subject,
  fromMs: number,
): Promise<Details | null> {
  const filter = (record: "group" | "partition", sinceMs: number): readonly object[] => [
    ...since(record, sinceMs),
    { term: { cluster } },
    { term: { group } },
  ];
  const [found] = groupHits.parse(
    await ask({
      size: 1,
      query: { bool: { filter: filter("group", fromMs), must_not: SAYS_NOTHING } },
      sort: [{ "@timestamp": "desc" }],
      _source: ["@timestamp", "verdict", "cause"],
    }),
  );
  if (found === undefined) return null;
  const { "@timestamp": tick, verdict, cause } = found;
  const tickMs = Date.parse(tick);
  const worst = partitionHits.parse(
    await ask({
      size: PARTITIONS,
      query: {
        bool: {
          filter: [
            ...filter("partition", tickMs),
            { range: { "@timestamp": { lte: tick } } },
            { range: { lag: { gt: 0 } } },
          ],
        },
      },
      sort: [
        { time_lag_seconds: { order: "desc", missing: "_last", unmapped_type: "double" } },
        { lag: { order: "desc", unmapped_type: "long" } },
      ],
      _source: PARTITION_SOURCE,
    }),
  );
  const partitions = worst.map(partitionOf);
  return { kind: "state", tickMs, verdict, cause, partitions };
}

function partitionOf(source: z.output<typeof partitionHits>[number]): PartitionDetails {
  const { topic, partition, lag, verdict } = source;
  return {
    topic,
    partition,
    lag,
    verdict,
    timeLagSeconds: source.time_lag_seconds,
    timeLagMethod: source.time_lag_method,
    commitAgeSeconds: source.commit_age_seconds,
    clientId: source.client_id,
    host: source.partition_owner,
  };
}

/** The highest trusted values between the two times; null where there is none. */
export async function readPeak(
  ask: Ask,
  { cluster, group, startsAtMs, endsAtMs }: Subject & { readonly endsAtMs: number },
): Promise<Details | null> {
  const filter = [
    ...since("group", startsAtMs),
    { range: { "@timestamp": { lte: new Date(endsAtMs).toISOString() } } },
    { term: { cluster } },
    { term: { group } },
  ];
  const body = await ask({
    size: 0,
    query: { bool: { filter, must_not: [SUSPECT] } },
    aggs: { late: { max: { field: "time_lag_seconds" } }, lag: { max: { field: "total_lag" } } },
  });
  const { late, lag } = peakAnswer.parse(aggregationsOf(body));
  if (late.value === null && lag.value === null) return null;
  return { kind: "peak", sinceMs: startsAtMs, untilMs: endsAtMs, timeLagSeconds: late.value, lag: lag.value };
}
