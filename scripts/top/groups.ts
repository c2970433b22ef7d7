/** Reads the newest group document of every group from Elasticsearch. Needs nothing beyond terms, max and search_after. */
import { z } from "zod";
import type { FieldName } from "../../model/fields.ts";
import { TIME_LAG_METHODS, VERDICT_NAMES } from "../../model/verdicts.ts";
import type { NameFilter } from "../search/globs.ts";
import type { Search } from "../search/search.ts";

const names = z.union([z.array(z.string()), z.string().transform((name) => [name])]);

const fields = {
  "@timestamp": z.iso.datetime({ offset: true }),
  cluster: z.string(),
  group: z.string(),
  // A verdict of a newer collector is still a group to show.
  verdict: z.enum(VERDICT_NAMES).catch("unknown"),
  cause: z.string().optional(),
  verdict_since: z.string().optional(),
  verdict_seconds: z.number().optional(),
  time_lag_seconds: z.number().optional(),
  time_lag_method: z.enum(TIME_LAG_METHODS).optional().catch(undefined),
  objective_seconds: z.number().optional(),
  objective_ratio: z.number().optional(),
  total_lag: z.number().optional(),
  max_lag: z.number().optional(),
  lag_velocity: z.number().optional(),
  produce_rate: z.number().optional(),
  consume_rate: z.number().optional(),
  eta_seconds: z.number().optional(),
  owner_count: z.number().optional(),
  partition_count: z.number().optional(),
  topics: names.optional(),
  owners: names.optional(),
  team: z.string().optional(),
  tier: z.string().optional(),
  suspect: z.number().optional(),
} satisfies Partial<Record<FieldName, z.ZodType>>;

const groupSchema = z.object(fields);
/** A group document as far as the table needs it. */
export type GroupRow = z.output<typeof groupSchema>;
const SOURCE = Object.keys(fields);

export type GroupsAnswer = {
  readonly groups: readonly GroupRow[];
  /** Newest tick of each cluster that has documents, by name. */
  readonly ticks: ReadonlyMap<string, number>;
  /** Documents that could not be understood. */
  readonly unreadable: number;
};

export type ReadGroupsOptions = {
  readonly cluster: NameFilter;
  readonly group: NameFilter;
  readonly nowMs: number;
  readonly signal: AbortSignal;
};

/** A cluster whose collector has been silent for longer is not shown any more. */
const LOOK_BACK_MS = 24 * 3_600_000;
/** Groups of one cluster may be written by several collectors whose newest ticks differ by a few intervals. */
const TICK_SPAN_MS = 120_000;
const MAX_CLUSTERS = 1000;
const PAGE = 1000;
/** 20 000 groups, the collector's own bound, at two ticks each. */
const MAX_PAGES = 40;

const clustersSchema = z.object({
  clusters: z.object({
    buckets: z.array(z.object({ key: z.string(), newest: z.object({ value: z.number().nullable() }) })),
  }),
});

/** @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function readGroups(search: Search, options: ReadGroupsOptions): Promise<GroupsAnswer> {
  const ticks = await readTicks(search, options);
  const read = await Promise.all(
    [...ticks].map(([cluster, tick]) => readCluster(search, { cluster, tick, signal: options.signal })),
  );
  const groups = read.flatMap((each) => each.groups).filter(({ group }) => options.group(group));
  return { groups, ticks, unreadable: read.reduce((sum, each) => sum + each.unreadable, 0) };
}

async function readTicks(search: Search, options: ReadGroupsOptions): Promise<ReadonlyMap<string, number>> {
  const { aggregations } = await search(
    {
      size: 0,
      query: filter({ record: "group" }, { gte: options.nowMs - LOOK_BACK_MS }),
      aggs: {
        clusters: {
          terms: { field: "cluster", size: MAX_CLUSTERS },
          aggs: { newest: { max: { field: "@timestamp" } } },
        },
      },
    },
    options.signal,
  );
  const buckets = clustersSchema.safeParse(aggregations).data?.clusters.buckets ?? [];
  return new Map(
    buckets
      .filter(({ key }) => options.cluster(key))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .flatMap(({ key, newest }) => (newest.value === null ? [] : [[key, newest.value] as const])),
  );
}

type ClusterRead = { readonly groups: readonly GroupRow[]; readonly unreadable: number };
type ClusterQuery = { readonly cluster: string; readonly tick: number; readonly signal: AbortSignal };

/** Newest first, so the first document of a group is its newest; ends when a page holds no new group. */
async function readCluster(search: Search, { cluster, tick, signal }: ClusterQuery): Promise<ClusterRead> {
  const groups = new Map<string, GroupRow>();
  let unreadable = 0;
  let after: readonly unknown[] | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { hits } = await search(
      {
        size: PAGE,
        track_total_hits: false,
        _source: SOURCE,
        query: filter({ record: "group", cluster }, { gte: tick - TICK_SPAN_MS, lte: tick }),
        sort: [{ "@timestamp": { order: "desc" } }, { group: { order: "asc" } }],
        ...(after === undefined ? {} : { search_after: after }),
      },
      signal,
    );
    const before = groups.size;
    for (const { source } of hits) {
      const parsed = groupSchema.safeParse(source);
      if (!parsed.success) unreadable += 1;
      else if (!groups.has(parsed.data.group)) groups.set(parsed.data.group, parsed.data);
    }
    after = hits.at(-1)?.sort;
    if (hits.length < PAGE || after === undefined || groups.size === before) break;
  }
  return { groups: [...groups.values()], unreadable };
}

type TimeRange = { readonly gte: number; readonly lte?: number };

function filter(terms: Readonly<Partial<Record<FieldName, string>>>, range: TimeRange) {
  return {
    bool: {
      filter: [
        ...Object.entries(terms).map(([field, value]) => ({ term: { [field]: value } })),
        { range: { "@timestamp": { ...range, format: "epoch_millis" } } },
      ],
    },
  };
}
