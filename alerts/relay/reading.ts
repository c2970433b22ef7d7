/** Asks Elasticsearch what its newest documents show: of whole clusters, and of the groups that alerts are about. */
import { z } from "zod";
import { describeError } from "../../model/errors.ts";
import type { Evidence } from "./judge.ts";
import { readClusters } from "./read-clusters.ts";
import { keyOf, readGroups } from "./read-groups.ts";
import type { GroupSight } from "./read-groups.ts";
import { search } from "./search.ts";
import type { Ask, SearchOptions } from "./search.ts";
import { blindReason, judgeAllClear } from "./sight.ts";
import type { Reading } from "./sight.ts";

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

export type ReadingOptions = Pick<SearchOptions, "http" | "index"> & {
  readonly intervalSeconds: number;
  /** @default 5 s */
  readonly timeoutMs?: number;
};

const TIMEOUT_MS = 5000;
/** Older documents are of no use for the decision; enough for the age in the message. */
const WINDOW_SECONDS = 3600;
export function createReading(options: ReadingOptions): AskEvidence {
  const { http, index, intervalSeconds, timeoutMs = TIMEOUT_MS } = options;
  return async (question, { nowMs, signal }) => {
    const ask: Ask = async (body) => search({ http, index, timeoutMs }, body, signal);
    const fromMs = nowMs - WINDOW_SECONDS * 1000;
    const clusters = [...new Set([...question.clusters, ...question.alerts.map(({ cluster }) => cluster)])];
    const readings = new Map<string, Reading>();
    try {
      const seen = await readClusters(ask, clusters, fromMs);
      for (const cluster of clusters)
        readings.set(cluster, {
          kind: "read",
          ...(seen.get(cluster) ?? { clusterTickMs: null }),
          group: null,
        });
      const groups = await readGroups(ask, question.alerts, fromMs);
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
    const reading = base.kind === "read" ? { ...base, ...seen.groups.get(keyOf({ cluster, group })) } : base;
    sights.set(fingerprint, judgeAllClear(reading, { ...seen, alertName }));
  }
  return { blind, sights };
}
