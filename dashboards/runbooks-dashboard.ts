/** Runbooks as a page of Grafana, so that the link in a message works where runbooks are published nowhere else. */
import { buildPage } from "./layout.ts";
import { DASHBOARD_UIDS } from "./links.ts";
import { where } from "./lucene.ts";
import { textPanel } from "./panels.ts";
import { newestData, trust } from "./trust-panels.ts";
import { datasourceVariable } from "./variables.ts";
import type { BuiltDashboard, DashboardConfig } from "./types.ts";

/** Append only: the place is the id of the panel, and messages that were sent long ago point to it. */
export const RUNBOOK_NAMES = [
  "kafka-consumer-group-stopped",
  "kafka-consumer-partition-stalled",
  "kafka-consumer-objective-missed",
  "kafka-consumer-lag-growing",
  "lag-pipeline-data-stale",
  "lag-pipeline-documents-dropped",
  "lag-pipeline-documents-dead-lettered",
  "lag-pipeline-spool-filling",
  "lag-pipeline-delivery-late",
  "kafka-consumer-offsets-rewound",
  "lag-pipeline-data-suspect",
  "lagline-watchdog",
] as const;
export type RunbookName = (typeof RUNBOOK_NAMES)[number];

/** Path of one runbook below the root address of Grafana. */
export function runbookPath(name: RunbookName): string {
  return `/d/${DASHBOARD_UIDS.runbooks}?viewPanel=${panelId(name)}`;
}

export function buildRunbooksDashboard(
  config: DashboardConfig,
  runbooks: ReadonlyMap<string, string>,
): BuiltDashboard {
  return buildPage({
    page: "runbooks",
    title: "Kafka consumer lag: runbooks",
    description: "What to do for each alert.",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 300),
    variables: [datasourceVariable(config)],
    rows: [
      // A reader who comes from an old message must see whether anybody watches now. Ids far above those of runbooks.
      [
        trust({ id: 1001, width: 12, filter: where("cluster"), config }),
        newestData({ id: 1002, width: 12, filter: where("cluster"), config }),
      ],
      ...RUNBOOK_NAMES.filter((name) => runbooks.has(name)).map((name) => {
        const markdown = runbooks.get(name) ?? "";
        return [
          textPanel({
            id: panelId(name),
            title: titleOf(markdown) ?? name,
            description: "What to do when this alert fires, in order; start at the top.",
            width: 24,
            height: 14,
            // The first heading is the title of the panel already.
            markdown: markdown.replace(/^# .+\n+/, ""),
          }),
        ];
      }),
    ],
  });
}

function titleOf(markdown: string): string | undefined {
  return /^# (.+)$/m.exec(markdown)?.[1];
}

function panelId(name: RunbookName): number {
  return RUNBOOK_NAMES.indexOf(name) + 1;
}
