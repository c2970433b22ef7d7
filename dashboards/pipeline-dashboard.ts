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
        clustersTable({ id: 10, width: 14, height: 5, cluster: "$cluster", config }),
        collectorsTable({ id: 11, width: 10, height: 5, cluster: "$cluster", config }),
      ],
      [
        byCluster(config, { ...DATA_AGE, record: "cluster", field: "data_age_seconds" }),
        byCluster(config, { ...CYCLE, record: "collector", field: "cycle_seconds" }),
      ],
      [
        byCluster(config, { ...SPOOL, record: "collector", field: "spool_documents" }),
        byCluster(config, { ...GROUPS, record: "cluster", field: "group_count" }),
      ],
      [outcomes(config, LOST, LOST_TEXT), outcomes(config, ARRIVED, ARRIVED_TEXT)],
    ],
  });
}

function burrowTimeline(): PanelDraft {
  return timelinePanel({
    id: 3,
    title: "Was Burrow ready?",
    description:
      "Burrow's own readiness over time; while it is not ready, or has just started, verdicts are suspect.",
    empty: "no data",
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
  id: PANEL_IDS.pipelineSpool,
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

const LOST_TEXT: PanelText = {
  ...HALF,
  id: PANEL_IDS.pipelineLost,
  title: "Were documents lost?",
  description:
    "Documents refused by Elasticsearch (kept as dead letters) or dropped by a full spool since the collector started; any rise is a hole in the history.",
  empty: "No collector reported in this time range.",
};
const ARRIVED_TEXT: PanelText = {
  ...HALF,
  id: 25,
  title: "How many documents arrived?",
  description:
    "Documents stored, and documents that were there already, since the collector started; a line that stays flat means that nothing arrives.",
  empty: "No collector reported in this time range.",
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

type Outcome = {
  readonly field: FieldName;
  readonly name: string;
  readonly color: string;
  readonly dashes: boolean;
};

const ARRIVED: readonly Outcome[] = [
  { field: "documents_stored", name: "stored", color: COLOURS.good, dashes: false },
  { field: "documents_duplicate", name: "already there", color: COLOURS.info, dashes: true },
];
const LOST: readonly Outcome[] = [
  { field: "documents_dead_lettered", name: "refused", color: COLOURS.warning, dashes: true },
  { field: "documents_dropped", name: "dropped", color: COLOURS.critical, dashes: false },
];

/** Counters since the collector started, one line per outcome and cluster. */
function outcomes(config: DashboardConfig, wanted: readonly Outcome[], text: PanelText): PanelDraft {
  return linePanel({
    ...text,
    unit: "short",
    gapSeconds: config.staleAfterSeconds,
    targets: wanted.map(({ field, name }, index) =>
      seriesQuery({
        refId: index === 0 ? "A" : "B",
        filter: where("collector", CLUSTER),
        metric: { statistic: "max", field },
        by: [{ field: "cluster", size: CLUSTERS_SHOWN / wanted.length, order: "metric" }],
        alias: `{{cluster}} ${name}`,
      }),
    ),
    overrides: wanted.map(({ name, color, dashes }) => outcomeStyle(name, color, dashes)),
  });
}

function outcomeStyle(name: string, color: string, dashes: boolean): JsonObject {
  return {
    matcher: { id: "byRegexp", options: `/ ${name}$/` },
    properties: [
      { id: "color", value: { mode: "fixed", fixedColor: color } },
      ...(dashes ? [{ id: "custom.lineStyle", value: { fill: "dash", dash: [8, 6] } }] : []),
    ],
  };
}
