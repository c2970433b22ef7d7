/** `collector.telegraf`: what the documents of shape `telegraf` hold. */
import { z } from "zod";
import { nonEmpty } from "./common-schema.ts";

const measurement = z.enum(["burrow_group", "burrow_partition", "burrow_topic", "burrow_scrape"]);

/** Set by the measurements themselves; a tag of the same name would never be seen on some of them. */
const OWN_TAGS = ["cluster", "group", "topic", "partition", "owner", "server", "host"];

const tagName = nonEmpty.refine((name) => !OWN_TAGS.includes(name), {
  error: `must not be one of ${OWN_TAGS.join(", ")}: these are set by the collector`,
});

export const telegraf = z
  .strictObject({
    defects: z
      .enum(["keep", "fix"])
      .default("fix")
      .describe(
        "`fix`: what Telegraf writes wrongly is right (docs/telegraf.md lists it). `keep`: the documents of Telegraf 1.39.3 to the letter.",
      ),
    measurements: z
      .array(measurement)
      .min(1)
      .default(["burrow_group", "burrow_partition", "burrow_topic", "burrow_scrape"])
      .describe(
        "Measurements to write. Without `burrow_topic` no topic is asked for; `burrow_scrape`, whether and how Burrow could be read, is Lagline's own.",
      ),
    extra_fields: z
      .boolean()
      .default(false)
      .describe(
        "Also writes what Burrow sends and Telegraf drops: complete, client_id, the start of the window.",
      ),
    host_tag: z
      .union([nonEmpty, z.literal(false)])
      .optional()
      .describe("Value of the tag `host`; false leaves the tag out. Default: the name of the host."),
    tags: z
      .record(tagName, z.string())
      .default({})
      .describe("Further tags of every document, as Telegraf's global tags."),
  })
  .prefault({})
  .describe("Documents of shape `telegraf`.");

export type TelegrafConfig = z.output<typeof telegraf>;
