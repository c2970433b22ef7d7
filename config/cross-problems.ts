/** What is wrong between settings of different parts of lagline.yaml, once each part is right by itself. Pure. */
import type { z } from "zod";
import type { alerts, policies } from "./presentation-schema.ts";
import { routingProblems } from "./alert-routing.ts";
import type { burrow } from "./burrow-schema.ts";
import type { CollectorConfig } from "./collector-schema.ts";
import { connectionProblems } from "./connection-problems.ts";
import type { demo } from "./deployment-schema.ts";
import { indexProblems } from "./documents-index.ts";
import type { ElasticsearchConfig } from "./elasticsearch-schema.ts";
import type { kafka } from "./kafka-schema.ts";
import { outputProblems } from "./output-schema.ts";

type Parts = {
  readonly environment: string;
  readonly clusters: Readonly<
    Record<
      string,
      {
        readonly kafka?: z.output<typeof kafka> | undefined;
        readonly burrow: z.output<typeof burrow>;
        readonly shards: number;
      }
    >
  >;
  readonly elasticsearch: ElasticsearchConfig;
  readonly collector: CollectorConfig;
  readonly alerts: z.output<typeof alerts>;
  readonly policies: z.output<typeof policies>;
  readonly demo?: z.output<typeof demo> | undefined;
};

export type CrossProblem = {
  readonly path: readonly PropertyKey[];
  readonly input?: unknown;
  /** End of a sentence that begins with the path. */
  readonly message: string;
};

/** All of them, in the order of the checks. */
export function crossProblems(parts: Parts): readonly CrossProblem[] {
  return [
    ...canaryProblems(parts),
    ...demoProblems(parts),
    ...shardProblems(parts),
    ...timingProblems(parts.collector),
    ...indexProblems(parts).map(({ setting, value, message }) => ({
      path: ["elasticsearch", "index", setting],
      input: value,
      message,
    })),
    ...connectionProblems(parts),
    ...outputProblems(parts.collector),
    ...routingProblems(parts),
    ...cacheProblems(parts),
  ];
}

function canaryProblems({ alerts: { canary, slack }, clusters }: Parts): CrossProblem[] {
  if (canary === undefined) return [];
  const path = ["alerts", "canary"];
  const problems: CrossProblem[] = [];
  if (clusters[canary.cluster]?.kafka === undefined) {
    const message = "must name a cluster whose `kafka` is given: the canary writes and reads there";
    problems.push({ path: [...path, "cluster"], input: canary.cluster, message });
  }
  if (slack?.delivery !== "relay") {
    const message = "needs `alerts.slack.delivery: relay`: without the relay its alerts would reach people";
    problems.push({ path, message });
  }
  return problems;
}

function demoProblems({ demo: found, clusters }: Parts): CrossProblem[] {
  if (found === undefined || clusters[found.cluster]?.kafka?.managed !== undefined) return [];
  const message = "must name a managed cluster: the demo only writes to a Kafka of its own";
  return [{ path: ["demo", "cluster"], input: found.cluster, message }];
}

function shardProblems({ collector, clusters }: Parts): CrossProblem[] {
  if (collector.shard === undefined) return [];
  const message = "and collector.shard are two ways to say it: a deployment needs this one only";
  return Object.entries(clusters).flatMap(([name, { shards }]) =>
    shards === 1 ? [] : [{ path: ["clusters", name, "shards"], input: shards, message }],
  );
}

function timingProblems(collector: CollectorConfig): CrossProblem[] {
  const { standby_seconds: standby, jitter_seconds: jitter, interval_seconds: interval } = collector;
  const problems: CrossProblem[] = [];
  if (standby > interval / 5) {
    const message = `must be at most a fifth of collector.interval_seconds (${interval}), or it is no earlier than a collector without history`;
    problems.push({ path: ["collector", "standby_seconds"], input: standby, message });
  }
  if (jitter >= interval) {
    const message = `must be less than collector.interval_seconds (${interval}), or ticks are skipped`;
    problems.push({ path: ["collector", "jitter_seconds"], input: jitter, message });
  }
  return problems;
}

function cacheProblems({ clusters, collector: { interval_seconds: interval } }: Parts): CrossProblem[] {
  return Object.entries(clusters).flatMap(([name, { burrow: entry }]) => {
    const cache = entry.managed?.expire_cache_seconds;
    if (cache === undefined || cache <= interval / 2) return [];
    const path = ["clusters", name, "burrow", "managed", "expire_cache_seconds"];
    const message = `must be at most half of collector.interval_seconds (${interval}), or ticks read old evaluations`;
    return [{ path, input: cache, message }];
  });
}
