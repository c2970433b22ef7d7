/** `images`, `demo`, `deployment`: what stands where, and made of what. */
import { z } from "zod";
import { filePath, nonEmpty } from "./common-schema.ts";

export const images = z
  .strictObject({
    source: z
      .enum(["auto", "registry", "local"])
      .default("auto")
      .describe(
        "`registry`: upstream images. `local`: built on this host from package registries. `auto`: pull, else build.",
      ),
    references: z
      .strictObject({
        kafka: nonEmpty.optional().describe("Image of Kafka, instead of the default."),
        elasticsearch: nonEmpty.optional().describe("Image of Elasticsearch."),
        burrow: nonEmpty.optional().describe("Image of Burrow."),
        collector: nonEmpty.optional().describe("Image of the collector."),
      })
      .prefault({})
      .describe("Images of your own, by tag or digest."),
  })
  .prefault({})
  .describe("Where container images come from.");

export const demo = z
  .strictObject({
    cluster: nonEmpty.describe("Managed cluster that gets the demo's topics and groups."),
    seed: z.int().min(0).default(1).describe("Same seed, same traffic."),
  })
  .describe("Live demo traffic: producers and consumers that play what lag looks like.");

const backend = z.record(nonEmpty, z.union([z.string(), z.number(), z.boolean()]));
export const deployment = z
  .strictObject({
    docker_host: nonEmpty.optional().describe("Docker engine, as in DOCKER_HOST. Left out: the local one."),
    bind_address: z.string().default("127.0.0.1").describe("Address on which ports are published."),
    directory: filePath
      .default("var")
      .describe("Generated files that containers mount, and logs of the deployment."),
    state: z
      .strictObject({
        type: z
          .enum(["local", "s3", "gcs", "azurerm", "http", "pg", "consul"])
          .default("local")
          .describe(
            "Terraform backend. Credentials come from its own environment variables, never from here.",
          ),
        directory: filePath.default("state").describe("Folder of the state files (type local)."),
        settings: backend
          .default({})
          .describe("Settings of the other backends, as Terraform names them (bucket, region, address, …)."),
      })
      .prefault({})
      .describe("Where Terraform keeps its state."),
  })
  .prefault({})
  .describe("How stacks are deployed.");

export type DeploymentConfig = z.output<typeof deployment>;
