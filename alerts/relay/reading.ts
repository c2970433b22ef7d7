/** Asks Elasticsearch what its newest documents show: of whole clusters, and of the groups that alerts are about. */
import { z } from "zod";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { describeError } from "../../model/errors.ts";
import { VERDICTS, VERDICT_NAMES } from "../../model/verdicts.ts";
import type { Evidence } from "./decide.ts";
import { blindReason, judgeAllClear } from "./sight.ts";
import type { GroupEvidence, Reading } from "./sight.ts";

export type Question = {
  readonly clusters: readonly string[];
  /** Alerts about groups whose all-clear is in question. */
  readonly alerts: readonly {
    readonly fingerprint: string;
    readonly alertName: string;
    readonly cluster: string;
    readonly group: string;
  }[];
};

/** Never rejects: what cannot be read is evidence of blindness. */
export type AskEvidence = (
  question: Question,
  about: { readonly nowMs: number; readonly signal: AbortSignal },
) => Promise<Evidence>;

export type ReadingOptions = {
  readonly http: Pick<ElasticsearchHttp, "request" | "reload">;
  readonly index: string;
  readonly intervalSeconds: number;
  /** @default 5 s */
  readonly timeoutMs?: number;
};

/** Older documents are of no use for the decision; enough for the age in the message. */
const WINDOW_SECONDS = 3600;
/** Groups in one search; each costs one bucket and one document. */
const GROUPS_PER_SEARCH = 500;
const MAXIMUM_CLUSTERS = 1000;
/** Verdicts that say nothing about the group. */
const NO_ANSWER = VERDICT_NAMES.filter((name) => VERDICTS[name].severity === "info");
const SOURCE = ["@timestamp", "verdict", "objective_ratio", "partitions_stalled"];

const newest = z.object({ value: z.number().nullable() });
/** The newest document of a bucket. */
const hits = z
  .object({ hits: z.object({ hits: z.array(z.object({ _source: z.unknown() })) }) })
  .transform((answer) => Object.values(answer.hits.hits[0] ?? {})[0]);
const clusterAnswer = z.object({
  clusters: z.object({
    buckets: z.array(
      z.object({
        key: z.string(),
        any: newest,
        trusted: z.object({ newest }),
        last: hits,
      }),
    ),
  }),
});
const groupAnswer = z.object({
  groups: z.object({
    buckets: z.array(z.object({ key: z.string(), any: newest, trusted: z.object({ last: hits }) })),
  }),
});
const groupSource = z.object({
  "@timestamp": z.iso.datetime({ offset: true }),
  verdict: z.enum(VERDICT_NAMES),
  objective_ratio: z.number().optional(),
  partitions_stalled: z.number().optional(),
});
const doubtSource = z.object({ suspect: z.number().optional(), suspect_reason: z.string().optional() });

type ClusterSight = { readonly clusterTickMs: number | null; readonly doubt?: string };
type GroupSight = { readonly group: GroupEvidence | null; readonly groupTickMs: number | null };
type Ask = (body: object) => Promise<unknown>;

export function createReading(options: ReadingOptions): AskEvidence {
  const { intervalSeconds } = options;
  return async (question, { nowMs, signal }) => {
    const ask: Ask = (body) => search(options, body, signal);
    const clusters = [...new Set([...question.clusters, ...question.alerts.map(({ cluster }) => cluster)])];
    const readings = new Map<string, Reading>();
    try {
      const seen = await readClusters(ask, clusters, nowMs);
      for (const cluster of clusters)
        readings.set(cluster, {
          kind: "read",
          ...(seen.get(cluster) ?? { clusterTickMs: null }),
          group: null,
        });
      const groups = await readGroups(ask, question.alerts, nowMs);
      return evidenceOf(question, { clusters: readings, groups, nowMs, intervalSeconds });
    } catch (error) {
      const detail =
        error instanceof z.ZodError
          ? "its answer is not that of a search"
          : describeError(error).slice(0, 200).replace(/\.$/, "");
      const reason = detail.startsWith("Elasticsearch ")
        ? `${detail}.`
        : `Elasticsearch cannot be read (${detail}).`;
      for (const cluster of clusters) readings.set(cluster, { kind: "unreadable", reason });
      return evidenceOf(question, { clusters: readings, groups: new Map(), nowMs, intervalSeconds });
    }
  };
}

function evidenceOf(
  question: Question,
  seen: {
    readonly clusters: ReadonlyMap<string, Reading>;
    readonly groups: ReadonlyMap<string, GroupSight>;
    readonly nowMs: number;
    readonly intervalSeconds: number;
  },
): Evidence {
  const blind = new Map<string, string | null>();
  for (const [cluster, reading] of seen.clusters) blind.set(cluster, blindReason(reading, seen));
  const sights: Map<string, ReturnType<typeof judgeAllClear>> = new Map();
  for (const { fingerprint, alertName, cluster, group } of question.alerts) {
    const base = seen.clusters.get(cluster);
    if (base === undefined) continue;
    const reading = base.kind === "read" ? { ...base, ...seen.groups.get(keyOf(cluster, group)) } : base;
    sights.set(fingerprint, judgeAllClear(reading, { ...seen, alertName }));
  }
  return { blind, sights };
}

async function readClusters(
  ask: Ask,
  clusters: readonly string[],
  nowMs: number,
): Promise<Map<string, ClusterSight>> {
  if (clusters.length === 0) return new Map();
  const answer = clusterAnswer.parse(
    await ask({
      size: 0,
      query: { bool: { filter: [...frame("cluster", nowMs), { terms: { cluster: clusters } }] } },
      aggs: {
        clusters: {
          terms: { field: "cluster", size: MAXIMUM_CLUSTERS },
          aggs: {
            any: { max: { field: "@timestamp" } },
            trusted: {
              filter: { bool: { must_not: [{ term: { suspect: 1 } }] } },
              aggs: { newest: { max: { field: "@timestamp" } } },
            },
            last: lastDocument(["suspect", "suspect_reason"]),
          },
        },
      },
    }),
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

async function readGroups(
  ask: Ask,
  alerts: Question["alerts"],
  nowMs: number,
): Promise<Map<string, GroupSight>> {
  const seen = new Map<string, GroupSight>();
  for (const cluster of new Set(alerts.map((alert) => alert.cluster))) {
    const groups = [
      ...new Set(alerts.filter((alert) => alert.cluster === cluster).map(({ group }) => group)),
    ];
    for (let start = 0; start < groups.length; start += GROUPS_PER_SEARCH) {
      const chunk = groups.slice(start, start + GROUPS_PER_SEARCH);
      const filter = [...frame("group", nowMs), { term: { cluster } }, { terms: { group: chunk } }];
      const answer = groupAnswer.parse(
        await ask({
          size: 0,
          query: { bool: { filter } },
          aggs: { groups: { terms: { field: "group", size: chunk.length }, aggs: groupAggregations() } },
        }),
      );
      for (const { key, any, trusted } of answer.groups.buckets) {
        seen.set(keyOf(cluster, key), {
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
      filter: { bool: { must_not: [{ term: { suspect: 1 } }, { terms: { verdict: NO_ANSWER } }] } },
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

function frame(record: "cluster" | "group", nowMs: number): readonly object[] {
  const gte = new Date(nowMs - WINDOW_SECONDS * 1000).toISOString();
  return [{ term: { record } }, { range: { "@timestamp": { gte } } }];
}

function lastDocument(fields: readonly string[]): object {
  return { top_hits: { size: 1, sort: [{ "@timestamp": "desc" }], _source: fields } };
}

function keyOf(cluster: string, group: string): string {
  return JSON.stringify([cluster, group]);
}

async function search(options: ReadingOptions, body: object, signal: AbortSignal): Promise<unknown> {
  const request = {
    method: "POST" as const,
    path: `/${encodeURIComponent(options.index)}/_search`,
    // Half an answer would show groups as gone.
    query: { ignore_unavailable: true, allow_no_indices: true, allow_partial_search_results: false },
    json: { ...body },
    timeoutMs: options.timeoutMs ?? 5000,
    signal,
  };
  const first = await options.http.request(request);
  // A rotated password is in its file before the next start.
  const isRefused = first.status === 401 || first.status === 403;
  const answer = isRefused && (await options.http.reload()) ? await options.http.request(request) : first;
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  const { aggregations } = z.object({ aggregations: z.unknown().optional() }).parse(answer.body);
  // An index that does not exist yet answers without aggregations.
  return aggregations ?? { clusters: { buckets: [] }, groups: { buckets: [] } };
}
