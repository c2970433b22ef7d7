/** One cluster: which of its groups and topics are behind the numbers of the fleet page? */
import { rareEventAnnotations } from "./annotations.ts";
import { OBJECTIVE_STEPS, zeroMapping } from "./appearance.ts";
import {
  CAUSE_COLUMN,
  TEAM_COLUMN,
  WHEN_COLUMN,
  goneColumn,
  groupColumn,
  heldColumn,
  lateColumn,
  messagesColumn,
  verdictColumn,
} from "./columns.ts";
import { buildPage } from "./layout.ts";
import { toTopicLink } from "./links.ts";
import { coloured, dashed } from "./line-styles.ts";
import { hasFlag, is, where } from "./lucene.ts";
import { linePanel } from "./panels.ts";
import { seriesQuery } from "./queries.ts";
import { latestTable, logTable } from "./tables.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, PanelDraft } from "./types.ts";
import { clusterVariable, datasourceVariable } from "./variables.ts";
import type { FieldName } from "../model/fields.ts";

const CLUSTER = is("cluster", "$cluster");
const TOP = 10;
/** One tick of 2,000 groups: documents come newest first, so the newest tick is always whole or half of two. */
const GROUP_DOCUMENTS = 2000;
const TOPIC_DOCUMENTS = 1000;
const EVENTS = 200;

export function buildClusterDashboard(config: DashboardConfig): BuiltDashboard {
  const tile = { filter: where("cluster", CLUSTER), config };
  return buildPage({
    page: "cluster",
    title: "Kafka consumer lag: cluster",
    description:
      "One cluster: its groups by verdict over time, every group, the busiest topics, what changed.",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 10),
    variables: [datasourceVariable(config), clusterVariable("one")],
    annotations: rareEventAnnotations(CLUSTER),
    rows: [
      [trust({ ...tile, id: 1, width: 12 }), newestData({ ...tile, id: 2, width: 12 })],
      [groupsOverTime(config), topics(config)],
      [groupsTable(config)],
      [topicsTable(config), changes()],
    ],
  });
}

function groupsOverTime(config: DashboardConfig): PanelDraft {
  const count = (refId: string, field: FieldName, alias: string) =>
    seriesQuery({
      refId,
      filter: where("cluster", CLUSTER),
      metric: { statistic: "max", field },
      alias,
    });
  return linePanel({
    id: 10,
    title: "How many groups need a person?",
    description:
      "Groups by severity over time; many that turn at one moment point at Kafka or at the monitoring, not at a consumer.",
    empty: "No data of this cluster in this time range.",
    width: 12,
    height: 8,
    unit: "none",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      count("A", "groups_critical", "critical"),
      count("B", "groups_warning", "warning"),
      count("C", "groups_unknown", "unknown"),
    ],
    overrides: [coloured("critical", "red"), dashed("warning", "orange"), dashed("unknown", "blue")],
  });
}

function topics(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 11,
    title: `What do the ${TOP} busiest topics produce?`,
    description:
      "Messages per second appended to each topic; a jump explains lag that no consumer caused, a fall to 0 is a producer that stopped.",
    empty: "No topic has a known rate in this time range.",
    width: 12,
    height: 8,
    unit: "suffix: msg/s",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      seriesQuery({
        filter: where("topic", CLUSTER, hasFlag("topic_rollup")),
        metric: { statistic: "max", field: "produce_rate" },
        by: [{ field: "topic", size: TOP, order: "metric" }],
        alias: "{{topic}}",
      }),
    ],
  });
}

function groupsTable(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 20,
    title: "How is each group?",
    description: `Newest state of up to ${GROUP_DOCUMENTS} groups, worst first; × above 1 means that the objective is missed.`,
    empty: "BLIND: no group of this cluster in the last minutes.",
    width: 24,
    height: 12,
    filter: where("group", CLUSTER),
    documents: GROUP_DOCUMENTS,
    keys: ["cluster", "group"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [
      { field: "verdict_code", descending: true },
      { field: "time_lag_seconds", descending: true },
    ],
    columns: [
      verdictColumn(115),
      groupColumn(190),
      lateColumn(85),
      {
        field: "objective_ratio",
        title: "×",
        unit: "none",
        decimals: 1,
        width: 60,
        thresholds: OBJECTIVE_STEPS,
        cell: "text",
        mappings: zeroMapping("0"),
      },
      messagesColumn("total_lag"),
      goneColumn(80),
      heldColumn(80),
      TEAM_COLUMN,
      CAUSE_COLUMN,
    ],
  });
}

function topicsTable(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 21,
    title: "How is each topic?",
    description: `Newest state of up to ${TOPIC_DOCUMENTS} topics; a skew far above 1 means that one partition receives most of the messages.`,
    empty: "No topic of this cluster in the last minutes.",
    width: 9,
    height: 9,
    filter: where("topic", CLUSTER, hasFlag("topic_rollup")),
    documents: TOPIC_DOCUMENTS,
    keys: ["topic"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [{ field: "produce_rate", descending: true }],
    columns: [
      { field: "topic", title: "Topic", links: [toTopicLink()] },
      { field: "produce_rate", title: "In/s", decimals: 1, width: 90, mappings: zeroMapping("0") },
      { field: "skew", title: "Skew", decimals: 1, width: 70 },
      { field: "partition_count", title: "Partitions", width: 95 },
    ],
  });
}

function changes(): PanelDraft {
  return logTable({
    id: 22,
    title: "What changed in this cluster?",
    description: "Events of every group, newest first; look for the one just before it got worse.",
    empty: "Nothing changed in this time range.",
    width: 15,
    height: 9,
    filter: where("event", CLUSTER),
    documents: EVENTS,
    columns: [
      WHEN_COLUMN,
      { field: "event_kind", title: "What", width: 120 },
      { field: "event_text", title: "Event", cell: "wrap" },
    ],
  });
}
