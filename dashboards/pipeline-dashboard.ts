/** Is the monitoring itself well: does data arrive, in time, and all of it? */
import { COLOURS, yesNoMappings } from "./appearance.ts";
import { buildPage } from "./layout.ts";
import { PANEL_IDS } from "./links.ts";
import { is, where } from "./lucene.ts";
import { linePanel, timelinePanel } from "./panels.ts";
import { clustersTable, collectorsTable } from "./pipeline-tables.ts";
import { seriesQuery } from "./queries.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, JsonObject, PanelDraft, PanelText } from "./types.ts";
import { clusterVariable, datasourceVariable } from "./variables.ts";
import type { FieldName } from "../model/fields.ts";

const CLUSTER = is("cluster", "$cluster");
const CLUSTERS_SHOWN = 20;

export function buildPipelineDashboard(config: DashboardConfig): BuiltDashboard {
  const tile = { filter: where("cluster", CLUSTER), config };
  return buildPage({
    page: "pipeline",
    title: "Kafka consumer lag: pipeline",
    description: "Is the monitoring itself well: does data arrive, in time, and all of it?",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 10),
    variables: [datasourceVariable(config), clusterVariable("many")],
    rows: [
      [
        trust({ ...tile, id: PANEL_IDS.pipelineTrust, width: 5 }),
        newestData({ ...tile, id: 2, width: 5 }),
        burrowTimeline(),
      ],
      [
        clustersTable({ id: 10, width: 14, height: 7, cluster: "$cluster", config }),
        collectorsTable({ id: 11, width: 10, height: 7, cluster: "$cluster", config }),
      ],
      [
        byCluster(config, { ...DATA_AGE, record: "cluster", field: "data_age_seconds" }),
        byCluster(config, { ...CYCLE, record: "collector", field: "cycle_seconds" }),
      ],
      [
        byCluster(config, { ...SPOOL, record: "collector", field: "spool_documents" }),
        byCluster(config, { ...GROUPS, record: "cluster", field: "group_count" }),
      ],
      [outcomes(config)],
    ],
  });
}

function burrowTimeline(): PanelDraft {
  return timelinePanel({
    id: 3,
    title: "Was Burrow ready?",
    description:
      "Burrow's own readiness over time; while it is not ready, or has just started, verdicts are suspect.",
    empty: "No cluster reported in this time range.",
    width: 14,
    height: 4,
    unit: "none",
    mappings: yesNoMappings("ready", "not ready"),
    targets: [
      seriesQuery({
        filter: where("cluster", CLUSTER),
        metric: { statistic: "min", field: "burrow_ready" },
        by: [{ field: "cluster", size: CLUSTERS_SHOWN, order: "name" }],
        alias: "{{cluster}}",
      }),
    ],
  });
}

type ClusterLines = PanelText & {
  readonly unit: string;
  readonly record: "cluster" | "collector";
  readonly field: FieldName;
};
type Text = PanelText & { readonly unit: string };

const HALF = { width: 12, height: 8 };
const DATA_AGE: Text = {
  ...HALF,
  id: 20,
  title: "How old is the newest commit that Burrow saw?",
  description:
    "Age of the newest commit of any group; it climbs when Burrow loses Kafka, or when really nobody commits.",
  empty: "No cluster reported in this time range.",
  unit: "s",
};
const CYCLE: Text = {
  ...HALF,
  id: 21,
  title: "How long does a cycle take?",
  description:
    "From the tick to the last document on disk; bad when near the interval, because then ticks are skipped.",
  empty: "No collector reported in this time range.",
  unit: "s",
};
const SPOOL: Text = {
  ...HALF,
  id: 22,
  title: "How many documents wait in the spool?",
  description:
    "Documents on disk that Elasticsearch has not taken; a line that only climbs ends in dropped documents.",
  empty: "No collector reported in this time range.",
  unit: "short",
};
const GROUPS: Text = {
  ...HALF,
  id: 23,
  title: "How many groups are watched?",
  description: "Groups read per tick; a sudden fall means that Burrow forgot groups, not that they are well.",
  empty: "No cluster reported in this time range.",
  unit: "short",
};

function byCluster(config: DashboardConfig, { record, field, ...text }: ClusterLines): PanelDraft {
  return linePanel({
    ...text,
    gapSeconds: config.staleAfterSeconds,
    targets: [
      seriesQuery({
        filter: where(record, CLUSTER),
        metric: { statistic: "max", field },
        by: [{ field: "cluster", size: CLUSTERS_SHOWN, order: "metric" }],
        alias: "{{cluster}}",
      }),
    ],
  });
}

const OUTCOMES: readonly { field: FieldName; name: string; color: string }[] = [
  { field: "documents_stored", name: "stored", color: COLOURS.good },
  { field: "documents_duplicate", name: "already there", color: COLOURS.info },
  { field: "documents_dead_lettered", name: "refused (dead letter)", color: COLOURS.warning },
  { field: "documents_dropped", name: "dropped (spool full)", color: COLOURS.critical },
];

function outcomes(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 24,
    width: 24,
    height: 8,
    title: "What became of the documents?",
    description:
      "Documents by outcome since the collector started; refused or dropped above 0 is lost data, everything else may fall back to 0 at a restart.",
    empty: "No collector reported in this time range.",
    unit: "short",
    gapSeconds: config.staleAfterSeconds,
    legend: "table",
    targets: OUTCOMES.map(({ field, name }, index) =>
      seriesQuery({
        refId: String.fromCodePoint("A".codePointAt(0)! + index),
        filter: where("collector", CLUSTER),
        metric: { statistic: "max", field },
        alias: name,
      }),
    ),
    overrides: OUTCOMES.map(({ name, color }): JsonObject => ({
      matcher: { id: "byName", options: name },
      properties: [{ id: "color", value: { mode: "fixed", fixedColor: color } }],
    })),
  });
}
