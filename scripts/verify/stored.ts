/** Reads the newest stored partition document of every partition of a cluster. */
import { z } from "zod";
import type { FieldName } from "../../model/fields.ts";
import type { NameFilter } from "../search/globs.ts";
import type { Search } from "../search/search.ts";
import type { StoredPartition } from "./compare.ts";

const fields = {
  "@timestamp": z.iso.datetime({ offset: true }),
  group: z.string(),
  topic: z.string(),
  partition: z.coerce.number().int(),
  committed_offset: z.number().optional(),
  log_end_offset: z.number().optional(),
  lag: z.number().optional(),
  consume_rate: z.number().optional(),
  produce_rate: z.number().optional(),
} satisfies Partial<Record<FieldName, z.ZodType>>;
const partitionSchema = z.object(fields);
const SOURCE = Object.keys(fields);

export type StoredPartitions = {
  readonly partitions: readonly StoredPartition[];
  /** Newest tick found (epoch ms); null where the cluster has no documents. */
  readonly tickMs: number | null;
  /** Documents that could not be understood. */
  readonly unreadable: number;
};

export type ReadStoredOptions = {
  readonly cluster: string;
  readonly group: NameFilter;
  /** Documents older than this before the newest tick do not count: a deleted group is gone then. */
  readonly spanSeconds: number;
  readonly signal: AbortSignal;
};

const PAGE = 5000;
/** A million partitions at two ticks each. */
const MAX_PAGES = 400;

/** @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function readStoredPartitions(
  search: Search,
  options: ReadStoredOptions,
): Promise<StoredPartitions> {
  const tickMs = await newestTick(search, options);
  if (tickMs === null) return { partitions: [], tickMs, unreadable: 0 };
  const newest = new Map<string, StoredPartition>();
  let unreadable = 0;
  let after: readonly unknown[] | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { hits } = await search(pageBody(options, tickMs, after), options.signal);
    const before = newest.size;
    for (const { source } of hits) {
      const parsed = partitionSchema.safeParse(source);
      if (!parsed.success) unreadable += 1;
      else keepNewest(newest, toStored(parsed.data));
    }
    after = hits.at(-1)?.sort;
    if (hits.length < PAGE || after === undefined || newest.size === before) break;
  }
  const partitions = [...newest.values()].filter(({ group }) => options.group(group));
  return { partitions, tickMs, unreadable };
}

async function newestTick(search: Search, { cluster, signal }: ReadStoredOptions): Promise<number | null> {
  const { hits } = await search(
    {
      size: 1,
      track_total_hits: false,
      _source: ["@timestamp"],
      query: { bool: { filter: [{ term: { record: "partition" } }, { term: { cluster } }] } },
      sort: [{ "@timestamp": { order: "desc", unmapped_type: "date" } }],
    },
    signal,
  );
  const parsed = z.object({ "@timestamp": fields["@timestamp"] }).safeParse(hits[0]?.source);
  return parsed.success ? Date.parse(parsed.data["@timestamp"]) : null;
}

function pageBody(options: ReadStoredOptions, tickMs: number, after: readonly unknown[] | undefined) {
  const gte = tickMs - options.spanSeconds * 1000;
  return {
    size: PAGE,
    track_total_hits: false,
    _source: SOURCE,
    query: {
      bool: {
        filter: [
          { term: { record: "partition" } },
          { term: { cluster: options.cluster } },
          { range: { "@timestamp": { gte, lte: tickMs, format: "epoch_millis" } } },
        ],
      },
    },
    // Newest first; group, topic and partition make the order complete, so that no page repeats or leaves out any.
    sort: [{ "@timestamp": "desc" }, { group: "asc" }, { topic: "asc" }, { partition: "asc" }],
    ...(after === undefined ? {} : { search_after: after }),
  };
}

function keepNewest(newest: Map<string, StoredPartition>, found: StoredPartition): void {
  const key = JSON.stringify([found.group, found.topic, found.partition]);
  if (!newest.has(key)) newest.set(key, found);
}

function toStored(source: z.output<typeof partitionSchema>): StoredPartition {
  return {
    group: source.group,
    topic: source.topic,
    partition: source.partition,
    committedOffset: source.committed_offset ?? null,
    logEndOffset: source.log_end_offset ?? null,
    lag: source.lag ?? null,
    tickMs: Date.parse(source["@timestamp"]),
    consumeRate: source.consume_rate ?? null,
    produceRate: source.produce_rate ?? null,
  };
}
