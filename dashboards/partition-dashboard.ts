/** One partition of one group and its owner: stuck on a message, slow, or without a consumer? */
import { eventAnnotations } from "./annotations.ts";
import { zeroMapping } from "./appearance.ts";
import {
  CAUSE_COLUMN,
  WHEN_COLUMN,
  goneColumn,
  heldColumn,
  messagesColumn,
  ownerColumn,
  verdictColumn,
} from "./columns.ts";
import { buildPage } from "./layout.ts";
import { toPartitionLink, toTopicLink } from "./links.ts";
import { coloured, dashed } from "./line-styles.ts";
import { is, where } from "./lucene.ts";
import { linePanel, statPanel } from "./panels.ts";
import { documentsQuery, seriesQuery } from "./queries.ts";
import type { Statistic } from "./queries.ts";
import { latestTable, logTable } from "./tables.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, JsonObject, PanelDraft } from "./types.ts";
import {
  clusterVariable,
  datasourceVariable,
  groupTopicVariable,
  groupVariable,
  partitionVariable,
} from "./variables.ts";
import type { FieldName } from "../model/fields.ts";

const CLUSTER = is("cluster", "$cluster");
const GROUP = is("group", "${group:doublequote}");
const FILTER = where(
  "partition",
  CLUSTER,
  GROUP,
  is("topic", "${topic:doublequote}"),
  is("partition", "${partition:doublequote}"),
);
const HALF = { width: 12, height: 8 };
const HISTORY = 200;
const SIBLINGS = 2000;

export function buildPartitionDashboard(config: DashboardConfig): BuiltDashboard {
  const tile = { filter: where("cluster", CLUSTER), config };
  return buildPage({
    page: "partition",
    title: "Kafka consumer lag: partition and owner",
    description:
      "One partition of one group: does its offset move, who owned it when, and what else has that owner.",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 10),
    variables: [
      datasourceVariable(config),
      clusterVariable("one"),
      groupVariable(),
      groupTopicVariable(),
      partitionVariable(),
    ],
    annotations: eventAnnotations(CLUSTER, GROUP),
    rows: [
      [trust({ ...tile, id: 1, width: 8 }), newestData({ ...tile, id: 2, width: 8 }), owner(config)],
      [now(config)],
      [offsets(config), rates(config)],
      [late(config), commitAge(config)],
      [history(), siblings(config)],
    ],
  });
}

/** Beside the tables, because a table has no column of owners at all where no document names one. */
function owner(config: DashboardConfig): PanelDraft {
  return statPanel({
    id: 3,
    title: "Owner",
    description:
      "Host that owns this partition, or the last one known; none means that no consumer has it, or that Burrow cannot see it.",
    empty: "no owner known",
    width: 8,
    height: 4,
    unit: "none",
    background: false,
    textSize: 20,
    fields: "/^partition_owner$/",
    lastSeconds: config.staleAfterSeconds,
    targets: [documentsQuery(FILTER, 1)],
  });
}

function now(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 10,
    title: "How is this partition now, and whose is it?",
    description:
      "Newest state; an old commit with lag is stopped, a fresh commit with a still offset is stuck on a message.",
    empty: "No document of this partition in the last minutes: the group is gone, or nobody watches.",
    width: 24,
    height: 4,
    filter: FILTER,
    documents: 1,
    keys: ["topic", "partition"],
    lastSeconds: config.staleAfterSeconds,
    columns: [
      verdictColumn(110),
      heldColumn(80),
      { field: "topic", title: "Topic", width: 150, links: [toTopicLink()] },
      { field: "partition", title: "Partition", width: 80 },
      ownerColumn(120),
      { field: "client_id", title: "Client", width: 140 },
      messagesColumn("lag"),
      goneColumn(80),
      CAUSE_COLUMN,
    ],
  });
}

function offsets(config: DashboardConfig): PanelDraft {
  return linePanel({
    ...HALF,
    id: 20,
    title: "Do the offsets move?",
    description:
      "End of the partition and committed offset; a flat committed line below a climbing end consumes nothing.",
    empty: "No offsets known in this time range.",
    unit: "none",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      series({ refId: "A", field: "log_end_offset", alias: "end of partition" }),
      series({ refId: "B", field: "committed_offset", alias: "committed" }),
    ],
    overrides: [dashed("end of partition", "orange"), coloured("committed", "green")],
  });
}

function rates(config: DashboardConfig): PanelDraft {
  return linePanel({
    ...HALF,
    id: 21,
    title: "Is it consumed as fast as it is produced?",
    description: "Messages per second in and out of this partition; bad while produced is above consumed.",
    empty: "No rates known yet: they need two ticks of history.",
    unit: "suffix: msg/s",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      series({ refId: "A", field: "produce_rate", alias: "produced", statistic: "avg" }),
      series({ refId: "B", field: "consume_rate", alias: "consumed", statistic: "avg" }),
    ],
    overrides: [dashed("produced", "orange"), coloured("consumed", "green")],
  });
}

function late(config: DashboardConfig): PanelDraft {
  return linePanel({
    ...HALF,
    id: 22,
    title: "How late is this partition?",
    description: "Age of the oldest message not yet consumed; a climb at 45 degrees consumes nothing.",
    empty: "No time lag known in this time range.",
    unit: "s",
    gapSeconds: config.staleAfterSeconds,
    targets: [series({ refId: "A", field: "time_lag_seconds", alias: "late by" })],
    overrides: [coloured("late by", "blue")],
  });
}

function commitAge(config: DashboardConfig): PanelDraft {
  return linePanel({
    ...HALF,
    id: 23,
    title: "How long ago was the last commit?",
    description:
      "Time since the last commit; a saw tooth is well, a climb without end is a consumer that is gone.",
    empty: "No commit known in this time range.",
    unit: "s",
    gapSeconds: config.staleAfterSeconds,
    targets: [series({ refId: "A", field: "commit_age_seconds", alias: "last commit" })],
    overrides: [coloured("last commit", "purple")],
  });
}

function history(): PanelDraft {
  return logTable({
    id: 30,
    title: "Who owned it when?",
    description: `The newest ${HISTORY} ticks, newest first; an owner that changes again and again is a rebalance loop.`,
    empty: "No document of this partition in this time range.",
    width: 12,
    height: 9,
    filter: FILTER,
    documents: HISTORY,
    columns: [
      WHEN_COLUMN,
      ownerColumn(),
      { field: "client_id", title: "Client" },
      { field: "committed_offset", title: "Committed", unit: "none", width: 120, mappings: zeroMapping("0") },
      messagesColumn("lag"),
    ],
  });
}

function siblings(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 31,
    title: "How are the other partitions of each owner?",
    description:
      "Every partition of the group by owner; one owner whose partitions are all late is a bad host, one late partition among fine ones a bad message.",
    empty: "No partitions of this group in the last minutes.",
    width: 12,
    height: 9,
    filter: where("partition", CLUSTER, GROUP),
    documents: SIBLINGS,
    keys: ["topic", "partition"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [
      { field: "partition_owner", descending: false },
      { field: "verdict_code", descending: true },
    ],
    columns: [
      ownerColumn(120),
      verdictColumn(110),
      { field: "topic", title: "Topic" },
      { field: "partition", title: "Partition", width: 80, links: [toPartitionLink()] },
      messagesColumn("lag"),
    ],
  });
}

type PartitionSeries = {
  readonly refId: string;
  readonly field: FieldName;
  readonly alias: string;
  readonly statistic?: Statistic;
};

function series({ refId, field, alias, statistic = "max" }: PartitionSeries): JsonObject {
  return seriesQuery({ refId, filter: FILTER, metric: { statistic, field }, alias });
}
