/** `clusters.<name>.burrow`: a Burrow that exists, or one that a stack provisions beside its collector. */
import { z } from "zod";
import {
  baseUrl,
  cpus,
  exactlyOne,
  globs,
  megabytes,
  nonEmpty,
  port,
  secretFile,
  urlPath,
  httpTls,
} from "./common-schema.ts";

const externalBurrow = z
  .strictObject({
    servers: z
      .array(baseUrl)
      .min(1)
      .describe("Addresses of Burrow. With several, the first that answers is read; the others stand by."),
    api_prefix: urlPath.default("/v3/kafka").describe("Path of Burrow's API, where a proxy moves it."),
    username: nonEmpty
      .optional()
      .describe("User for basic authentication (a proxy before Burrow; Burrow itself has none)."),
    password_file: secretFile.optional().describe("File with the password for basic authentication."),
    bearer_token_file: secretFile.optional().describe("File with a bearer token."),
    tls: httpTls.optional(),
  })
  .describe("A Burrow that exists already.");

const managedBurrow = z
  .strictObject({
    intervals: z.int().min(2).max(1000).default(10).describe("Commits that Burrow keeps per partition."),
    offset_refresh_seconds: z
      .int()
      .min(1)
      .max(600)
      .default(10)
      .describe("How often Burrow reads log end offsets. Resolution of every time lag."),
    topic_refresh_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe("How often Burrow reads the list of topics."),
    minimum_distance_seconds: z
      .int()
      .min(0)
      .max(600)
      .optional()
      .describe(
        "Commits closer than this become one. Default: offset_refresh_seconds; below it, windows get too short to judge.",
      ),
    expire_group_seconds: z
      .int()
      .min(60)
      .default(604_800)
      .describe("Groups without a commit for this long are forgotten."),
    expire_cache_seconds: z
      .int()
      .min(1)
      .max(60)
      .default(5)
      .describe("How long an evaluation is cached; at most half the collector's interval."),
    minimum_complete: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Below this share of a filled window Burrow does not evaluate."),
    group_denylist: z.string().optional().describe("Groups Burrow ignores, Go regular expression."),
    client_id: nonEmpty.default("lagline-burrow").describe("Client id shown to Kafka."),
    log_level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Burrow's log level."),
    memory_megabytes: megabytes
      .default(256)
      .describe("Memory limit. About 3 kB per group and partition, doubled for garbage collection."),
    cpus: cpus.default(0.5).describe("CPU quota."),
    host_port: port
      .optional()
      .describe(
        "Port on 127.0.0.1 for Burrow's API. Left out: not published, because the API has no authentication.",
      ),
  })
  .describe(
    "A Burrow that a stack provisions. Its groups reaper stays off: after a broker restart it deletes every group.",
  );

export const burrow = z
  .strictObject({ external: externalBurrow.optional(), managed: managedBurrow.optional() })
  .superRefine(exactlyOne(["external", "managed"]))
  .describe("Burrow for this cluster.");

export const filters = z
  .strictObject({
    groups_include: globs.default([]).describe("Only these groups. Empty: all."),
    groups_exclude: globs.default([]).describe("Not these groups."),
    topics_include: globs.default([]).describe("Only these topics. Empty: all."),
    topics_exclude: globs.default([]).describe("Not these topics."),
  })
  .describe("What the collector reads of this cluster; globs with *, ? and […].");

export type ManagedBurrow = z.output<typeof managedBurrow>;
export type ExternalBurrow = z.output<typeof externalBurrow>;
export type Filters = z.output<typeof filters>;
