/** What the shape needs to know; the same names as `collector.telegraf` in the configuration. */
import type { DefectForm } from "./defects.ts";

export const TELEGRAF_MEASUREMENTS = [
  "burrow_group",
  "burrow_partition",
  "burrow_topic",
  "burrow_scrape",
] as const;
export type TelegrafMeasurement = (typeof TELEGRAF_MEASUREMENTS)[number];

export type TelegrafShapeOptions = {
  readonly cluster: string;
  readonly defects: DefectForm;
  readonly measurements: readonly TelegrafMeasurement[];
  /** Fields that Burrow sends and Telegraf drops. */
  readonly extraFields: boolean;
  /** Tags of every document, `host` included; a tag that the measurement sets itself wins. */
  readonly tags: Readonly<Record<string, string>>;
};

/** What the scraper must do for these documents. */
export function telegrafReadings(options: Pick<TelegrafShapeOptions, "defects" | "measurements">): {
  readonly asSent: true;
  readonly includeSelfGroups: boolean;
  readonly readTopics: boolean;
} {
  return {
    asSent: true,
    includeSelfGroups: options.defects === "keep",
    readTopics: options.measurements.includes("burrow_topic"),
  };
}
