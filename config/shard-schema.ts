/** `collector.shard` and `clusters.<name>.shards`: several collectors that share the groups of one cluster. */
import { z } from "zod";
import { MAXIMUM_SHARDS } from "../model/shard.ts";
import { httpUrl } from "./common-schema.ts";

export const shards = z
  .int()
  .min(1)
  .max(MAXIMUM_SHARDS)
  .default(1)
  .describe(
    "Collectors that share the groups of this cluster, each in a container of its own beside the same Burrow. They serve on health_port and the ports after it.",
  );

export const shard = z
  .strictObject({
    index: z.int().min(1).max(MAXIMUM_SHARDS).describe("Which of them this one is, from 1."),
    of: z
      .int()
      .min(2)
      .max(MAXIMUM_SHARDS)
      .describe("How many there are. All of them must have the same number."),
    peers: z
      .array(httpUrl)
      .max(MAXIMUM_SHARDS - 1)
      .default([])
      .describe(
        "On the first: the addresses of the others, with their health_port, for example `http://10.0.0.2:8089`. It asks them for their part of the sums of the cluster; set their health_address so that it can.",
      ),
  })
  .superRefine(({ index, of, peers }, context) => {
    if (index > of) {
      context.addIssue({
        code: "custom",
        path: ["index"],
        input: index,
        message: `must be at most of (${of})`,
      });
    }
    const needed = index === 1 ? of - 1 : 0;
    if (peers.length !== needed) {
      const message =
        index === 1
          ? `must name the ${of - 1} other collectors, got ${peers.length}`
          : "belongs to the first shard only";
      context.addIssue({ code: "custom", path: ["peers"], message });
    }
  })
  .describe(
    "For a cluster that is too large for one collector: this one reads its share of the groups, and the first writes what there is once per topic and cluster. A deployment sets it by `clusters.<name>.shards`.",
  );
