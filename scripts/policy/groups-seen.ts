/** Which groups have documents of late, and which topics they read. */
import { z } from "zod";
import type { SeenGroup } from "../../config/policy-coverage.ts";
import type { Search } from "../search/search.ts";

const bucketsSchema = z.object({
  seen: z.object({
    after_key: z.record(z.string(), z.unknown()).optional(),
    buckets: z.array(
      z.object({
        key: z.object({ cluster: z.string(), group: z.string() }),
        topics: z.object({ buckets: z.array(z.object({ key: z.string() })) }),
      }),
    ),
  }),
});

export type GroupsSeenOptions = {
  readonly fromMs: number;
  /** Only this group. */
  readonly only?: { readonly cluster: string; readonly group: string };
  readonly signal: AbortSignal;
};

const PAGE = 1000;
/** 20 000 groups per cluster, the collector's own bound, in five clusters. */
const MAX_PAGES = 100;
/** As many as a group document lists. */
const MAX_TOPICS = 100;

/** @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function readGroupsSeen(
  search: Search,
  options: GroupsSeenOptions,
): Promise<readonly SeenGroup[]> {
  const groups: SeenGroup[] = [];
  let after: Readonly<Record<string, unknown>> | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { aggregations } = await search(body(options, after), options.signal);
    const parsed = bucketsSchema.safeParse(aggregations);
    // An environment without documents has no aggregations either.
    if (!parsed.success) break;
    const { buckets, after_key: next } = parsed.data.seen;
    for (const { key, topics } of buckets) {
      groups.push({ ...key, topics: topics.buckets.map((bucket) => bucket.key).toSorted() });
    }
    if (buckets.length < PAGE || next === undefined) break;
    after = next;
  }
  return groups;
}

function body({ fromMs, only }: GroupsSeenOptions, after: Readonly<Record<string, unknown>> | undefined) {
  return {
    size: 0,
    track_total_hits: false,
    query: {
      bool: {
        filter: [
          { term: { record: "group" } },
          { range: { "@timestamp": { gte: fromMs, format: "epoch_millis" } } },
          ...(only === undefined
            ? []
            : [{ term: { cluster: only.cluster } }, { term: { group: only.group } }]),
        ],
      },
    },
    aggs: {
      seen: {
        composite: {
          size: PAGE,
          sources: [{ cluster: { terms: { field: "cluster" } } }, { group: { terms: { field: "group" } } }],
          ...(after === undefined ? {} : { after }),
        },
        aggs: { topics: { terms: { field: "topics", size: MAX_TOPICS } } },
      },
    },
  };
}
