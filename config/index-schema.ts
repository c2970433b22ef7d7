/** `elasticsearch.index`: how documents are laid out in Elasticsearch. What it means is in documents-index.ts. */
import { z } from "zod";
import { nonEmpty } from "./common-schema.ts";

export const INDEX_MODES = ["time_series", "data_stream", "daily"] as const;
export const LIFECYCLES = ["data_stream", "ilm", "lagline", "none"] as const;

export const index = z
  .strictObject({
    mode: z
      .enum(INDEX_MODES)
      .optional()
      .describe(
        "`time_series`: a time series data stream, smallest and safe to send twice at any age. `data_stream`: a plain one. `daily`: indices named by the document's time, as Telegraf writes them. Default: time_series; with shape telegraf daily.",
      ),
    name: nonEmpty
      .optional()
      .describe(
        "Name of the data stream, or in mode daily the pattern of the indices: %Y %y %m %d %H, %G with %V (ISO week), and {{field}}. Default: metrics-kafka.consumer_lag-<environment>; in mode daily lagline-<environment>-%Y.%m.%d, with shape telegraf telegraf-%Y.%m.%d.",
      ),
    missing_field_value: nonEmpty
      .default("none")
      .describe("Stands in a name for a {{field}} that a document does not have."),
    lifecycle: z
      .enum(LIFECYCLES)
      .optional()
      .describe(
        "What deletes documents older than retention_days: the lifecycle of the data stream, index lifecycle management, `lagline retention` where Elasticsearch has neither (where it has, the default is used instead), or nothing. Default: data_stream, in mode daily ilm; lagline in a managed Elasticsearch that was built here.",
      ),
    ilm_policy: nonEmpty
      .optional()
      .describe(
        "Policy of your own for lifecycle ilm; it is used as it is. Left out: setup makes one for retention_days.",
      ),
    pipeline: nonEmpty
      .optional()
      .describe(
        "Ingest pipeline of every document; may hold {{field}}. Documents that lack the field get default_pipeline.",
      ),
    default_pipeline: nonEmpty
      .optional()
      .describe("Ingest pipeline for documents without a field that `pipeline` names. Left out: none."),
    manage_templates: z
      .boolean()
      .default(true)
      .describe("Whether setup writes index templates. False: you provide a template with these fields."),
    overwrite_templates: z
      .boolean()
      .default(false)
      .describe("Whether setup writes over its templates where they were changed by hand."),
    settings: z
      .record(
        z
          .string()
          .regex(
            /^index\.[a-z0-9_.]+$/,
            "must be the full name of an index setting, such as index.refresh_interval",
          ),
        z.union([z.string(), z.number(), z.boolean()]),
      )
      .default({})
      .describe("Index settings for the template, over those that setup chooses."),
  })
  .prefault({})
  .describe("Layout of the documents in Elasticsearch.");

export type IndexConfig = z.output<typeof index>;
