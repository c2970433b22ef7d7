/** Tables of the group page: partitions with their owners, owners with their load, and what changed. */
import { zeroMapping } from "./appearance.ts";
import {
  CAUSE_COLUMN,
  WHEN_COLUMN,
  heldColumn,
  messagesColumn,
  ownerColumn,
  verdictColumn,
} from "./columns.ts";
import { toPartitionLink, toTopicLink } from "./links.ts";
import { is, where } from "./lucene.ts";
import { latestTable, logTable } from "./tables.ts";
import type { DashboardConfig, PanelDraft } from "./types.ts";

const CLUSTER = is("cluster", "$cluster");
const GROUP = is("group", "${group:doublequote}");
/** Elasticsearch gives at most 10,000 documents; this holds four ticks of 500 partitions. */
const PARTITION_DOCUMENTS = 2000;
const OWNER_DOCUMENTS = 500;
const EVENTS = 100;

export function partitionsTable(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 24,
    title: "Which partitions, whose are they, and when did they commit last?",
    description:
      "Newest state of each partition, worst first; an old commit with lag is stopped, a fresh commit with a still offset is stuck on a message.",
    empty: "No partitions of this group in the last minutes: it is gone, or nobody watches.",
    width: 24,
    height: 11,
    filter: where("partition", CLUSTER, GROUP),
    documents: PARTITION_DOCUMENTS,
    keys: ["topic", "partition"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [
      { field: "verdict_code", descending: true },
      { field: "lag", descending: true },
    ],
    columns: [
      verdictColumn(110),
      { field: "topic", title: "Topic", width: 150, links: [toTopicLink()] },
      { field: "partition", title: "Partition", width: 80, links: [toPartitionLink()] },
      heldColumn(75),
      messagesColumn("lag"),
      {
        field: "time_lag_seconds",
        title: "Late by",
        unit: "s",
        decimals: 0,
        width: 90,
        mappings: zeroMapping("0 s"),
      },
      {
        field: "commit_age_seconds",
        title: "Last commit",
        unit: "s",
        decimals: 0,
        width: 105,
        mappings: zeroMapping("0 s"),
      },
      { field: "produce_rate", title: "In/s", decimals: 1, width: 65, mappings: zeroMapping("0") },
      { field: "consume_rate", title: "Out/s", decimals: 1, width: 65, mappings: zeroMapping("0") },
      ownerColumn(115),
      { field: "client_id", title: "Client", width: 135 },
      CAUSE_COLUMN,
    ],
  });
}

export function ownersTable(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 26,
    title: "Which consumer carries how much?",
    description:
      "Newest state of each owner; one owner with most of the lag is slow or overloaded: look at that host.",
    empty:
      "No owner known: the group is empty, Burrow has not seen it rebalance since it started, or it uses the new protocol, where Burrow cannot see owners.",
    width: 10,
    height: 8,
    filter: where("owner", CLUSTER, GROUP),
    documents: OWNER_DOCUMENTS,
    keys: ["owner"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [{ field: "total_lag", descending: true }],
    columns: [
      { field: "owner", title: "Owner" },
      { field: "partition_count", title: "Partitions", width: 80 },
      { field: "total_lag", title: "Messages", unit: "short", width: 85, mappings: zeroMapping("0") },
      {
        field: "time_lag_seconds",
        title: "Late by",
        unit: "s",
        decimals: 0,
        width: 75,
        mappings: zeroMapping("0 s"),
      },
      { field: "consume_rate", title: "Out/s", decimals: 1, width: 60, mappings: zeroMapping("0") },
    ],
  });
}

export function eventsTable(): PanelDraft {
  return logTable({
    id: 27,
    title: "What changed?",
    description:
      "Verdict changes, owner changes, rewinds and deployments of this group, newest first; look for the one just before it got worse.",
    empty: "Nothing changed in this time range.",
    width: 14,
    height: 8,
    filter: where("event", CLUSTER, GROUP),
    documents: EVENTS,
    columns: [
      WHEN_COLUMN,
      { field: "event_kind", title: "What", width: 115 },
      { field: "event_text", title: "Event", cell: "wrap" },
    ],
  });
}
