/** Which consumer groups are late, how late, and can this page be trusted? */
import {
  COLOURS,
  NO_STEPS,
  OBJECTIVE_STEPS,
  emptyMapping,
  noneWanted,
  verdictMappings,
} from "./appearance.ts";
import { rareEventAnnotations } from "./annotations.ts";
import { CAUSE_COLUMN, goneColumn, groupColumn, verdictColumn } from "./columns.ts";
import { buildPage } from "./layout.ts";
import { PANEL_IDS, toClusterLink } from "./links.ts";
import { atLeast, is, where } from "./lucene.ts";
import { linePanel, statPanel, timelinePanel } from "./panels.ts";
import { clustersTable, collectorsTable } from "./pipeline-tables.ts";
import { seriesQuery } from "./queries.ts";
import { latestTable } from "./tables.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, PanelDraft } from "./types.ts";
import { TEAM_FILTER, clusterVariable, datasourceVariable, teamVariable } from "./variables.ts";
import type { FieldName } from "../model/fields.ts";
import { VERDICTS } from "../model/verdicts.ts";

const CLUSTER = is("cluster", "$cluster");
/** Rows of the table: groups that need a person, over a few ticks. Beyond it the worst are still first. */
const TABLE_DOCUMENTS = 2000;
const TOP = 10;
const TIMELINE_ROWS = 12;
const MAXIMUM_CLUSTERS = 50;

export function buildFleetDashboard(config: DashboardConfig): BuiltDashboard {
  const recent = config.staleAfterSeconds;
  return buildPage({
    page: "fleet",
    title: "Kafka consumer lag: fleet",
    description: "Which consumer groups are late, how late, and whether this page can be trusted.",
    from: "now-3h",
    refreshSeconds: Math.max(config.intervalSeconds, 10),
    variables: [datasourceVariable(config), clusterVariable("many"), teamVariable()],
    annotations: rareEventAnnotations(CLUSTER),
    rows: [
      [
        trust({ id: 1, width: 4, filter: where("cluster", CLUSTER), config }),
        newestData({ id: 2, width: 4, filter: where("cluster", CLUSTER), config }),
        countOfGroups(recent, { id: 3, field: "groups_critical", word: "critical", color: COLOURS.critical }),
        countOfGroups(recent, { id: 4, field: "groups_warning", word: "warning", color: COLOURS.warning }),
        countOfGroups(recent, { id: 5, field: "groups_unknown", word: "unknown", color: COLOURS.info }),
        countOfGroups(recent, { id: 6, field: "groups_ok", word: "fine", color: COLOURS.good }),
      ],
      [worstGroups(recent)],
      [timeLagTop(config), timeline()],
      [
        clustersTable({ id: 30, width: 14, height: 5, cluster: "$cluster", config }),
        collectorsTable({ id: 31, width: 10, height: 5, cluster: "$cluster", config }),
      ],
    ],
  });
}

type GroupCount = {
  readonly id: number;
  readonly field: FieldName;
  readonly word: string;
  readonly color: string;
};

const COUNT_TEXTS: Record<string, string> = {
  critical:
    "Groups that stopped, stalled, vanished or lost their owners; any number above 0 needs a person now.",
  warning:
    "Groups that fall behind, were rewound or have a hot partition; look before they miss their objective.",
  unknown:
    "Groups that cannot be judged: history is too short or the monitoring itself is suspect; it should fall to 0.",
  fine: "Groups that keep up, are idle or catch up; this should be nearly all of them.",
};

/** The clusters' newest counts, added up. Each cluster counts its own groups, so nothing is summed over time. */
function countOfGroups(recent: number, count: GroupCount): PanelDraft {
  return statPanel({
    id: count.id,
    title: `Groups ${count.word}`,
    description: COUNT_TEXTS[count.word] ?? "",
    empty: "no data",
    width: 4,
    height: 4,
    unit: "none",
    calculation: "sum",
    background: count.word !== "fine",
    steps: count.word === "fine" ? NO_STEPS : noneWanted(count.color),
    mappings: [emptyMapping("no data", COLOURS.critical)],
    lastSeconds: recent,
    targets: [
      seriesQuery({
        filter: where("cluster", CLUSTER),
        metric: { statistic: "max", field: count.field },
        by: [{ field: "cluster", size: MAXIMUM_CLUSTERS, order: "name" }],
        alias: "{{cluster}}",
      }),
    ],
    transformations: [
      { id: "reduce", options: { reducers: ["lastNotNull"], mode: "seriesToRows", includeTimeField: false } },
    ],
  });
}

function worstGroups(recent: number): PanelDraft {
  return latestTable({
    id: 10,
    title: "Which groups need a person, and why?",
    description:
      "Every group whose verdict is neither ok nor idle, or that is late beyond its objective (× above 1), worst first; red means that nothing is consumed. Click a group for its page.",
    empty: "No group needs a person. If the page is not trusted (top left), this says nothing.",
    width: 24,
    height: 11,
    filter: where(
      "group",
      CLUSTER,
      TEAM_FILTER,
      `(${atLeast("verdict_code", VERDICTS.catching_up.code)} OR ${atLeast("objective_ratio", 1)})`,
    ),
    documents: TABLE_DOCUMENTS,
    keys: ["cluster", "group"],
    lastSeconds: recent,
    sortBy: [
      { field: "verdict_code", descending: true },
      { field: "time_lag_seconds", descending: true },
    ],
    columns: [
      verdictColumn(115),
      groupColumn(165),
      CAUSE_COLUMN,
      { field: "time_lag_seconds", title: "Late by", unit: "s", decimals: 1, width: 80 },
      {
        field: "objective_ratio",
        title: "×",
        unit: "none",
        decimals: 1,
        width: 55,
        thresholds: OBJECTIVE_STEPS,
        cell: "text",
      },
      { field: "total_lag", title: "Messages", unit: "short", width: 85 },
      goneColumn(75),
      { field: "verdict_seconds", title: "For", unit: "s", decimals: 0, width: 75 },
      { field: "team", title: "Team", width: 85 },
      { field: "cluster", title: "Cluster", width: 80, links: [toClusterLink()] },
    ],
  });
}

function timeLagTop(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: PANEL_IDS.fleetTimeLag,
    title: `How late are the ${TOP} latest groups?`,
    description:
      "Age of the oldest message not yet consumed; a line that climbs at 45 degrees belongs to a group that consumes nothing.",
    empty: "No group has a time lag in this time range.",
    width: 12,
    height: 10,
    unit: "s",
    gapSeconds: config.staleAfterSeconds,
    legend: "list",
    targets: [
      seriesQuery({
        filter: where("group", CLUSTER, TEAM_FILTER),
        metric: { statistic: "max", field: "time_lag_seconds" },
        by: [{ field: "group", size: TOP, order: "metric" }],
        alias: "{{group}}",
      }),
    ],
  });
}

function timeline(): PanelDraft {
  return timelinePanel({
    id: PANEL_IDS.fleetTimeline,
    title: "When did the worst groups change?",
    description: `Verdict of the ${TIMELINE_ROWS} worst groups over time; many rows that turn at one moment point at Kafka or at the monitoring, one row at its own consumer.`,
    empty: "no data",
    width: 12,
    height: 10,
    unit: "none",
    mappings: verdictMappings(),
    targets: [
      seriesQuery({
        filter: where("group", CLUSTER, TEAM_FILTER),
        metric: { statistic: "max", field: "verdict_code" },
        by: [{ field: "group", size: TIMELINE_ROWS, order: "metric" }],
        alias: "{{group}}",
      }),
    ],
  });
}
