/** The page that an alert opens: is it real, how late, better or worse, why, which partitions, whose, what changed? */
import { emptyMapping, verdictMappings } from "./appearance.ts";
import { eventsTable, ownersTable, partitionsTable } from "./group-tables.ts";
import { groupFacts } from "./group-facts.ts";
import { groupNumbers } from "./group-numbers.ts";
import { eventAnnotations } from "./annotations.ts";
import { buildPage } from "./layout.ts";
import { is, where } from "./lucene.ts";
import { heatmapPanel, linePanel, statPanel, timelinePanel } from "./panels.ts";
import { documentsQuery, seriesQuery } from "./queries.ts";
import type { Statistic } from "./queries.ts";
import { coloured, dashed } from "./line-styles.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, JsonObject, PanelDraft } from "./types.ts";
import { clusterVariable, datasourceVariable, groupVariable } from "./variables.ts";
import type { FieldName } from "../model/fields.ts";

const CLUSTER = is("cluster", "$cluster");
const GROUP = is("group", "${group:doublequote}");
const GROUP_FILTER = where("group", CLUSTER, GROUP);
const PARTITION_FILTER = where("partition", CLUSTER, GROUP);
/** Rows of a timeline that can be read; the worst are shown, the heatmap below shows all. */
const TIMELINE_PARTITIONS = 16;
const HEATMAP_PARTITIONS = 500;

export function buildGroupDashboard(config: DashboardConfig): BuiltDashboard {
  const tile = { filter: where("cluster", CLUSTER), config };
  return buildPage({
    page: "group",
    title: "Kafka consumer lag: group",
    description:
      "One consumer group: is it real, how late, better or worse, why, which partitions, what changed.",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 10),
    variables: [datasourceVariable(config), clusterVariable("one"), groupVariable()],
    annotations: eventAnnotations(CLUSTER, GROUP),
    rows: [
      [
        verdict(config),
        cause(config),
        trust({ ...tile, id: 3, width: 3 }),
        newestData({ ...tile, id: 4, width: 4 }),
      ],
      groupNumbers(GROUP_FILTER, config),
      groupFacts(GROUP_FILTER, config),
      [timeLag(config), produceAndConsume(config)],
      [lag(config), partitionTimeline()],
      [partitionsTable(config)],
      [heatmap()],
      [eventsTable(), ownersTable(config)],
    ],
  });
}

function verdict(config: DashboardConfig): PanelDraft {
  return statPanel({
    id: 1,
    title: "Verdict",
    description:
      "Lagline's answer in one word; red means that nothing is consumed on some or all partitions.",
    empty: "no data for this group",
    width: 5,
    height: 4,
    unit: "none",
    mappings: [...verdictMappings(), emptyMapping("no data for this group")],
    lastSeconds: config.staleAfterSeconds,
    targets: [seriesQuery({ filter: GROUP_FILTER, metric: { statistic: "max", field: "verdict_code" } })],
  });
}

/** A tile and not a table, because a tile wraps the sentence. */
function cause(config: DashboardConfig): PanelDraft {
  return statPanel({
    id: 2,
    title: "Why?",
    description:
      "The reason behind the verdict with its numbers, from the newest tick; act on what it names first.",
    empty: `No document of this group for ${config.staleAfterSeconds} s: it is gone, filtered out, or nobody watches.`,
    lastSeconds: config.staleAfterSeconds,
    width: 12,
    height: 4,
    unit: "none",
    background: false,
    textSize: 18,
    fields: "/^cause$/",
    // Grafana takes a sentence for "not a number" and would map it away.
    mappings: [],
    targets: [documentsQuery(GROUP_FILTER, 1)],
  });
}

function timeLag(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 20,
    title: "How late, against the objective?",
    description:
      "Time lag of the worst partition and the objective of the group's policy; bad while the solid line is above the dashed one.",
    empty: "No time lag known in this time range.",
    width: 12,
    height: 9,
    unit: "s",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      groupSeries({ refId: "A", field: "time_lag_seconds", alias: "late by" }),
      groupSeries({ refId: "B", field: "objective_seconds", alias: "objective" }),
    ],
    overrides: [dashed("objective", "red"), coloured("late by", "blue")],
  });
}

function produceAndConsume(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 21,
    title: "Does the group consume what is produced?",
    description:
      "Messages per second in and out; bad while produced is above consumed, and no consumed at all means stopped or stuck.",
    empty: "No rates known yet: they need two ticks of history.",
    width: 12,
    height: 9,
    unit: "suffix: msg/s",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      groupSeries({ refId: "A", field: "produce_rate", alias: "produced", statistic: "avg" }),
      groupSeries({ refId: "B", field: "consume_rate", alias: "consumed", statistic: "avg" }),
    ],
    overrides: [dashed("produced", "orange"), coloured("consumed", "green")],
  });
}

function lag(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 22,
    title: "How many messages behind?",
    description:
      "Lag of the whole group and of its worst partition; when both lines lie together, one partition holds all of it.",
    empty: "No lag known in this time range.",
    width: 12,
    height: 9,
    unit: "short",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      groupSeries({ refId: "A", field: "total_lag", alias: "all partitions" }),
      groupSeries({ refId: "B", field: "max_lag", alias: "worst partition" }),
    ],
    overrides: [coloured("all partitions", "blue"), dashed("worst partition", "purple")],
  });
}

function partitionTimeline(): PanelDraft {
  return timelinePanel({
    id: 23,
    title: "Which partitions, since when?",
    description: `Verdict of the ${TIMELINE_PARTITIONS} worst partitions; one red row points at a message or its consumer, all rows at once at the group or the producer.`,
    empty: "no data",
    width: 12,
    height: 9,
    unit: "none",
    mappings: verdictMappings(),
    targets: [
      seriesQuery({
        filter: PARTITION_FILTER,
        metric: { statistic: "max", field: "verdict_code" },
        by: [{ field: "partition_label", size: TIMELINE_PARTITIONS, order: "metric" }],
        alias: "{{partition_label}}",
      }),
    ],
  });
}

function heatmap(): PanelDraft {
  return heatmapPanel({
    id: 25,
    title: "Where does the lag sit?",
    description:
      "Lag of every partition over time; one row that stands out is a stuck or hot partition, a band over all rows is the group or the producer.",
    empty: "No partitions in this time range.",
    width: 24,
    height: 9,
    unit: "short",
    targets: [
      seriesQuery({
        filter: PARTITION_FILTER,
        metric: { statistic: "max", field: "lag" },
        by: [{ field: "partition_label", size: HEATMAP_PARTITIONS, order: "name" }],
        alias: "{{partition_label}}",
      }),
    ],
  });
}

type GroupSeries = {
  readonly refId: string;
  readonly field: FieldName;
  readonly alias: string;
  readonly statistic?: Statistic;
};

function groupSeries({ refId, field, alias, statistic = "max" }: GroupSeries): JsonObject {
  return seriesQuery({ refId, filter: GROUP_FILTER, metric: { statistic, field }, alias });
}
