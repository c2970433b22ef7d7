/** Whether clusters are seen: their newest ticks, and whether the monitoring trusts them. */
import { z } from "zod";
import { SUSPECT, aggregationsOf, lastDocument, lastHit, newest, since } from "./search.ts";
import type { Ask } from "./search.ts";

export type ClusterSight = { readonly clusterTickMs: number | null; readonly doubt?: string };

const MAXIMUM_CLUSTERS = 1000;
const clusterAnswer = z.object({
  clusters: z.object({
    buckets: z.array(
      z.object({
        key: z.string(),
        any: newest,
        trusted: z.object({ newest }),
        last: lastHit,
      }),
    ),
  }),
});
const doubtSource = z.object({ suspect: z.number().optional(), suspect_reason: z.string().optional() });

export async function readClusters(
  ask: Ask,
  clusters: readonly string[],
  fromMs: number,
): Promise<Map<string, ClusterSight>> {
  if (clusters.length === 0) return new Map();
  const answer = clusterAnswer.parse(
    aggregationsOf(
      await ask({
        size: 0,
        query: { bool: { filter: [...since("cluster", fromMs), { terms: { cluster: clusters } }] } },
        aggs: {
          clusters: {
            terms: { field: "cluster", size: MAXIMUM_CLUSTERS },
            aggs: {
              any: { max: { field: "@timestamp" } },
              trusted: {
                filter: { bool: { must_not: [SUSPECT] } },
                aggs: { newest: { max: { field: "@timestamp" } } },
              },
              last: lastDocument(["suspect", "suspect_reason"]),
            },
          },
        },
      }),
    ),
  );
  return new Map(
    answer.clusters.buckets.map(({ key, trusted, last }) => {
      const parsed = doubtSource.safeParse(last);
      const doubted = parsed.success && parsed.data.suspect === 1;
      return [
        key,
        {
          clusterTickMs: trusted.newest.value,
          ...(doubted
            ? {
                doubt: `Documents arrive, but the monitoring doubts itself${parsed.data.suspect_reason === undefined ? "" : `: ${parsed.data.suspect_reason}`}.`,
              }
            : {}),
        },
      ];
    }),
  );
}
