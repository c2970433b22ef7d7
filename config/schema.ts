/** The schema of `lagline.yaml`: every name, type, default, bound and description, once. */
import { z } from "zod";
import { routingProblems } from "./alert-routing.ts";
import { burrow, filters } from "./burrow-schema.ts";
import { clusterName, environmentName } from "./common-schema.ts";
import { collector } from "./collector-schema.ts";
import { elasticsearch } from "./elasticsearch-schema.ts";
import { demo, deployment, images } from "./deployment-schema.ts";
import { indexProblems } from "./documents-index.ts";
import { kafka } from "./kafka-schema.ts";
import { outputProblems } from "./output-schema.ts";
import { alerts, grafana, policies } from "./presentation-schema.ts";
import { shards } from "./shard-schema.ts";

const cluster = z
  .strictObject({
    kafka: kafka.optional(),
    burrow,
    filters: filters.prefault({}),
    shards,
  })
  .superRefine((value, context) => {
    if (value.burrow.managed !== undefined && value.kafka === undefined) {
      context.addIssue({
        code: "custom",
        path: ["kafka"],
        message: "is needed, because a managed Burrow must know its brokers",
      });
    }
  })
  .describe(
    "One Kafka cluster with its own Burrow and collector, so that one dead cluster never blinds another.",
  );

export const configSchema = z
  .strictObject({
    environment: environmentName.describe(
      "Name of this installation; part of container, volume and data stream names.",
    ),
    clusters: z
      .record(clusterName, cluster)
      .refine((value) => Object.keys(value).length > 0, { error: "must name at least one cluster" })
      .describe("Kafka clusters by name."),
    elasticsearch,
    collector,
    grafana: grafana.prefault({ files: {} }),
    alerts,
    policies,
    images,
    demo: demo.optional(),
    deployment,
  })
  .superRefine((value, context) => {
    const { canary, slack } = value.alerts;
    if (canary !== undefined && value.clusters[canary.cluster]?.kafka === undefined) {
      context.addIssue({
        code: "custom",
        path: ["alerts", "canary", "cluster"],
        input: canary.cluster,
        message: "must name a cluster whose `kafka` is given: the canary writes and reads there",
      });
    }
    if (canary !== undefined && slack?.delivery !== "relay") {
      context.addIssue({
        code: "custom",
        path: ["alerts", "canary"],
        message: "needs `alerts.slack.delivery: relay`: without the relay its alerts would reach people",
      });
    }
    if (value.demo !== undefined && value.clusters[value.demo.cluster]?.kafka?.managed === undefined) {
      context.addIssue({
        code: "custom",
        path: ["demo", "cluster"],
        input: value.demo.cluster,
        message: "must name a managed cluster: the demo only writes to a Kafka of its own",
      });
    }
    if (value.collector.shard !== undefined) {
      for (const [name, entry] of Object.entries(value.clusters)) {
        if (entry.shards === 1) continue;
        const message = "and collector.shard are two ways to say it: a deployment needs this one only";
        const path = ["clusters", name, "shards"];
        context.addIssue({ code: "custom", path, input: entry.shards, message });
      }
    }
    const { standby_seconds: standby, interval_seconds: interval } = value.collector;
    if (standby > interval / 5) {
      context.addIssue({
        code: "custom",
        path: ["collector", "standby_seconds"],
        input: standby,
        message: `must be at most a fifth of collector.interval_seconds (${interval}), or it is no earlier than a collector without history`,
      });
    }
    for (const { setting, value: input, message } of indexProblems(value)) {
      context.addIssue({ code: "custom", path: ["elasticsearch", "index", setting], input, message });
    }
    for (const { path, input, message } of [...outputProblems(value.collector), ...routingProblems(value)]) {
      context.addIssue({ code: "custom", path: [...path], input, message });
    }
    for (const [name, { burrow: entry }] of Object.entries(value.clusters)) {
      const cache = entry.managed?.expire_cache_seconds;
      if (cache !== undefined && cache > value.collector.interval_seconds / 2) {
        context.addIssue({
          code: "custom",
          path: ["clusters", name, "burrow", "managed", "expire_cache_seconds"],
          input: cache,
          message: `must be at most half of collector.interval_seconds (${value.collector.interval_seconds}), or ticks read old evaluations`,
        });
      }
    }
  });

export type ConfigInput = z.input<typeof configSchema>;
/** The whole configuration, defaults filled in. */
export type Config = z.output<typeof configSchema>;
export type ClusterConfig = Config["clusters"][string];
