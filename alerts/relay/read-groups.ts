/** What the newest documents show of the groups that alerts are about. */
import { z } from "zod";
import { VERDICT_NAMES } from "../../model/verdicts.ts";
import { SAYS_NOTHING, aggregationsOf, lastDocument, lastHit, newest, since } from "./search.ts";
import type { Ask } from "./search.ts";
import type { GroupEvidence } from "./sight.ts";

export type GroupSight = { readonly group: GroupEvidence | null; readonly groupTickMs: number | null };
export type GroupName = { readonly cluster: string; readonly group: string };

/** Groups in one search; each costs one bucket and one document. */
const GROUPS_PER_SEARCH = 500;
const SOURCE = ["@timestamp", "verdict", "objective_ratio", "partitions_stalled"];

const groupAnswer = z.object({
  groups: z.object({
    buckets: z.array(z.object({ key: z.string(), any: newest, trusted: z.object({ last: lastHit }) })),
  }),
});
const groupSource = z.object({
  "@timestamp": z.iso.datetime({ offset: true }),
  verdict: z.enum(VERDICT_NAMES),
  objective_ratio: z.number().optional(),
  partitions_stalled: z.number().optional(),
});
/** By `keyOf`. */
export async function readGroups(
  ask: Ask,
  alerts: readonly GroupName[],
  fromMs: number,
): Promise<Map<string, GroupSight>> {
  const seen = new Map<string, GroupSight>();
  for (const cluster of new Set(alerts.map((alert) => alert.cluster))) {
    const groups = [
      ...new Set(alerts.filter((alert) => alert.cluster === cluster).map(({ group }) => group)),
    ];
    for (let start = 0; start < groups.length; start += GROUPS_PER_SEARCH) {
      const chunk = groups.slice(start, start + GROUPS_PER_SEARCH);
      const filter = [...since("group", fromMs), { term: { cluster } }, { terms: { group: chunk } }];
      const answer = groupAnswer.parse(
        aggregationsOf(
          await ask({
            size: 0,
            query: { bool: { filter } },
            aggs: { groups: { terms: { field: "group", size: chunk.length }, aggs: groupAggregations() } },
          }),
        ),
      );
      for (const { key, any, trusted } of answer.groups.buckets) {
        seen.set(keyOf({ cluster, group: key }), {
          groupTickMs: any.value,
          group: groupEvidence(trusted.last),
        });
      }
    }
  }
  return seen;
}

function groupAggregations(): object {
  return {
    any: { max: { field: "@timestamp" } },
    trusted: {
      filter: { bool: { must_not: SAYS_NOTHING } },
      aggs: { last: lastDocument(SOURCE) },
    },
  };
}

function groupEvidence(source: unknown): GroupEvidence | null {
  const parsed = groupSource.safeParse(source);
  if (!parsed.success) return null;
  const { "@timestamp": tick, verdict, objective_ratio: ratio, partitions_stalled: stalled } = parsed.data;
  return {
    tickMs: Date.parse(tick),
    verdict,
    ...(ratio === undefined ? {} : { objective_ratio: ratio }),
    ...(stalled === undefined ? {} : { partitions_stalled: stalled }),
  };
}

export function keyOf({ cluster, group }: GroupName): string {
  return JSON.stringify([cluster, group]);
}
