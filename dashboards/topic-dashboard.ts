/** One topic: is the traffic even, and which groups are late on it? */

import {
  CAUSE_COLUMN,
  TEAM_COLUMN,
  groupColumn,
  lateColumn,
  messagesColumn,
  verdictColumn,
} from "./columns.ts";
import { buildPage } from "./layout.ts";

import { hasFlag, is, where } from "./lucene.ts";
import { heatmapPanel, linePanel } from "./panels.ts";
import { seriesQuery } from "./queries.ts";
import { latestTable } from "./tables.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, PanelDraft } from "./types.ts";
import { clusterVariable, datasourceVariable, topicVariable } from "./variables.ts";

const CLUSTER = is("cluster", "$cluster");
const TOPIC = is("topic", "${topic:doublequote}");
const GROUPS = is("topics", "${topic:doublequote}");
const TOP = 10;
const HEATMAP_PARTITIONS = 500;
const DOCUMENTS = 1000;

export function buildTopicDashboard(config: DashboardConfig): BuiltDashboard {
  const tile = { filter: where("cluster", CLUSTER), config };
  return buildPage({
    page: "topic",
    title: "Kafka consumer lag: topic",
    description: "One topic: how much is produced, how evenly, and which groups are late on it.",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 10),
    variables: [datasourceVariable(config), clusterVariable("one"), topicVariable()],
    rows: [
      [trust({ ...tile, id: 1, width: 12 }), newestData({ ...tile, id: 2, width: 12 })],
      [produced(config), lagByGroup(config)],
      [groupsTable(config)],
      [partitionsHeatmap()],
    ],
  });
}

function produced(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 10,
    title: "How much is produced?",
    description: "Messages per second over all partitions; a jump explains lag that no consumer caused.",
    empty: "No rate known in this time range.",
    width: 12,
    height: 8,
    unit: "suffix: msg/s",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      seriesQuery({
        filter: where("topic", CLUSTER, TOPIC, hasFlag("topic_rollup")),
        metric: { statistic: "max", field: "produce_rate" },
        alias: "produced",
      }),
    ],
  });
}

function lagByGroup(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 11,
    title: `How late are the ${TOP} latest groups on this topic?`,
    description:
      "Time lag of each group on its worst partition of this topic; one line that climbs is that group, all at once the topic or Kafka.",
    empty: "No group reads this topic with a known time lag.",
    width: 12,
    height: 8,
    unit: "s",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      seriesQuery({
        filter: where("partition", CLUSTER, TOPIC),
        metric: { statistic: "max", field: "time_lag_seconds" },
        by: [{ field: "group", size: TOP, order: "metric" }],
        alias: "{{group}}",
      }),
    ],
  });
}

function groupsTable(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 20,
    title: "Which groups read this topic?",
    description: "Newest state of each group over all its topics, worst first; click a group for its page.",
    empty: "No group reads this topic, or nobody watches.",
    width: 24,
    height: 8,
    filter: where("group", CLUSTER, GROUPS),
    documents: DOCUMENTS,
    keys: ["cluster", "group"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [{ field: "verdict_code", descending: true }],
    columns: [
      verdictColumn(115),
      groupColumn(190),
      lateColumn(85),
      messagesColumn("total_lag"),
      TEAM_COLUMN,
      CAUSE_COLUMN,
    ],
  });
}

function partitionsHeatmap(): PanelDraft {
  return heatmapPanel({
    id: 21,
    title: "Is the traffic even over the partitions?",
    description:
      "Messages per second into each partition; one row that stands out is a hot key, an empty row gets nothing.",
    empty: "No partitions with a known rate in this time range.",
    width: 24,
    height: 9,
    unit: "suffix: msg/s",
    targets: [
      seriesQuery({
        filter: where("topic", CLUSTER, TOPIC, "topic_rollup:0"),
        metric: { statistic: "max", field: "produce_rate" },
        by: [{ field: "partition_label", size: HEATMAP_PARTITIONS, order: "name" }],
        alias: "{{partition_label}}",
      }),
    ],
  });
}
