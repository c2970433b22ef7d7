/** The schema of `lagline.yaml`: every name, type, default, bound and description, once. */
import { z } from "zod";
import { burrow, filters } from "./burrow-schema.ts";
import { clusterName, environmentName } from "./common-schema.ts";
import { collector } from "./collector-schema.ts";
import { crossProblems } from "./cross-problems.ts";
import { elasticsearch } from "./elasticsearch-schema.ts";
import { demo, deployment, images } from "./deployment-schema.ts";
import { kafka } from "./kafka-schema.ts";
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
    for (const { path, input, message } of crossProblems(value)) {
      context.addIssue({ code: "custom", path: [...path], input, message });
    }
  });

export type ConfigInput = z.input<typeof configSchema>;
/** The whole configuration, defaults filled in. */
export type Config = z.output<typeof configSchema>;
export type ClusterConfig = Config["clusters"][string];
