/** `burrow_scrape`: whether Burrow could be read, and what it cost. Telegraf has nothing like it. */
import { type TelegrafDocument, telegrafDocument } from "./documents.ts";
import type { TelegrafShapeOptions } from "./options.ts";

export type ScrapeReport = {
  readonly tickMs: number;
  /** Address that answered; "" when none did. */
  readonly server: string;
  readonly up: boolean;
  readonly scrapeSeconds: number;
  readonly requests: number;
  readonly failures: number;
  readonly groups: number;
  readonly groupsUnreadable: number;
  readonly topics: number;
  readonly partitions: number;
  readonly documents: number;
};

export function scrapeDocument(options: TelegrafShapeOptions, report: ScrapeReport): TelegrafDocument {
  return telegrafDocument(
    { timestamp: new Date(report.tickMs).toISOString(), options },
    {
      measurement: "burrow_scrape",
      tags: { cluster: options.cluster, ...(report.server === "" ? {} : { server: report.server }) },
      fields: {
        up: report.up ? 1 : 0,
        duration_seconds: Math.round(report.scrapeSeconds * 1000) / 1000,
        requests: report.requests,
        failures: report.failures,
        groups: report.groups,
        groups_unreadable: report.groupsUnreadable,
        topics: report.topics,
        partitions: report.partitions,
        documents: report.documents,
      },
    },
  );
}
