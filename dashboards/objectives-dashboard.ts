/** Who keeps its objective and who does not, and the incidents of the last days: for the morning after, and for the review. */
import { COLOURS, OBJECTIVE_STEPS, emptyMapping, noneWanted, verdictWordMappings } from "./appearance.ts";
import { rareEventAnnotations } from "./annotations.ts";
import { CAUSE_COLUMN, TEAM_COLUMN, groupColumn, heldColumn, lateColumn, verdictColumn } from "./columns.ts";
import { buildPage } from "./layout.ts";
import { toGroupLink } from "./links.ts";
import { above, anyOf, atLeast, is, where } from "./lucene.ts";
import { linePanel, statPanel } from "./panels.ts";
import { seriesQuery, statisticsQuery } from "./queries.ts";
import { latestTable, logTable, statisticsTable } from "./tables.ts";
import { newestData, trust } from "./trust-panels.ts";
import type { BuiltDashboard, DashboardConfig, PanelDraft } from "./types.ts";
import { TEAM_FILTER, clusterVariable, datasourceVariable, teamVariable } from "./variables.ts";
import { VERDICTS, VERDICT_NAMES } from "../model/verdicts.ts";

const CLUSTER = is("cluster", "$cluster");
const GROUPS = where("group", CLUSTER, TEAM_FILTER);
const TOP = 10;
const MAXIMUM_CLUSTERS = 50;
const MAXIMUM_TEAMS = 200;
/** Per team of a cluster, worst first. */
const MAXIMUM_GROUPS = 2000;
const INCIDENTS = 500;
/** Verdicts that make an incident while they hold. */
const FAILING = VERDICT_NAMES.filter((name) => ["warning", "critical"].includes(VERDICTS[name].severity));
const FIRST_FAILING = Math.min(...FAILING.map((name) => VERDICTS[name].code));

export function buildObjectivesDashboard(config: DashboardConfig): BuiltDashboard {
  const tile = { filter: where("cluster", CLUSTER), config };
  return buildPage({
    page: "objectives",
    title: "Kafka consumer lag: objectives and incidents",
    description: "Share of time within the objective per group, and every incident with its peak and cause.",
    from: "now-7d",
    // Looks back over days: nothing here changes within a minute.
    refreshSeconds: Math.max(config.intervalSeconds, 300),
    variables: [datasourceVariable(config), clusterVariable("many"), teamVariable()],
    annotations: rareEventAnnotations(CLUSTER),
    rows: [
      [
        trust({ ...tile, id: 1, width: 6 }),
        newestData({ ...tile, id: 2, width: 6 }),
        lateNow(config),
        shareOfAll(),
      ],
      [groupsTable()],
      [ratioOverTime(config), lateOverTime(config)],
      [openIncidents(config)],
      [endedIncidents()],
    ],
  });
}

function lateNow(config: DashboardConfig): PanelDraft {
  return statPanel({
    id: 3,
    title: "Groups beyond their objective",
    description: `Groups whose time lag was above the objective of their policy in the last ${config.staleAfterSeconds} s; any number above 0 is late.`,
    empty: "none",
    width: 6,
    height: 4,
    unit: "none",
    steps: noneWanted(COLOURS.critical),
    // Not green: nothing late and no data at all look the same here.
    mappings: [emptyMapping("none")],
    lastSeconds: config.staleAfterSeconds,
    targets: [
      seriesQuery({
        filter: where("group", CLUSTER, TEAM_FILTER, above("objective_ratio", 1)),
        metric: { statistic: "cardinality", field: "group" },
        // A name may be a group in several clusters: counted in each, then added up.
        by: [{ field: "cluster", size: MAXIMUM_CLUSTERS, order: "name" }],
        bucketSeconds: config.intervalSeconds,
        alias: "{{cluster}}",
      }),
    ],
    calculation: "sum",
    transformations: [
      // Not the last: the bucket that has just begun is empty, and the count of nothing is 0, not unknown.
      { id: "reduce", options: { reducers: ["max"], mode: "seriesToRows", includeTimeField: false } },
    ],
  });
}

function shareOfAll(): PanelDraft {
  return statPanel({
    id: 4,
    title: "Time within objective, all groups",
    description:
      "Share of the ticks of all groups in this time range in which the objective was met; every per cent below 100 is late data somewhere.",
    empty: "nothing known",
    width: 6,
    height: 4,
    unit: "percentunit",
    decimals: 2,
    background: false,
    fields: "/^Average$/",
    targets: [
      statisticsQuery({
        filter: GROUPS,
        statistics: [{ statistic: "avg", field: "within_objective" }],
        by: [{ field: "record", size: 1, order: "name" }],
      }),
    ],
  });
}

function groupsTable(): PanelDraft {
  return statisticsTable({
    id: 10,
    title: "Which groups kept their objective, and how late was the worst moment?",
    description:
      "Share of the time in which each group was within its objective, worst first; time in which the monitoring was suspect does not count.",
    empty: "No group in this time range has an objective that could be judged.",
    width: 24,
    height: 10,
    filter: GROUPS,
    by: [
      { field: "cluster", size: MAXIMUM_CLUSTERS, order: "name" },
      { field: "team", size: MAXIMUM_TEAMS, order: "lowest", missing: "none" },
      { field: "group", size: MAXIMUM_GROUPS, order: "lowest" },
    ],
    sortBy: { title: "Within objective", descending: false },
    columns: [
      groupColumn(260),
      {
        field: "within_objective",
        statistic: "avg",
        title: "Within objective",
        unit: "percentunit",
        decimals: 2,
        width: 150,
      },
      {
        field: "objective_seconds",
        statistic: "max",
        title: "Objective",
        unit: "s",
        decimals: 0,
        width: 110,
      },
      { field: "time_lag_seconds", statistic: "max", title: "Latest by", unit: "s", decimals: 0, width: 110 },
      {
        field: "objective_ratio",
        statistic: "max",
        title: "× objective",
        decimals: 1,
        width: 110,
        thresholds: OBJECTIVE_STEPS,
        cell: "text",
      },
      { field: "team", title: "Team", width: 140 },
      { field: "cluster", title: "Cluster" },
    ],
  });
}

function ratioOverTime(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 20,
    title: `How late were the ${TOP} worst groups against their objective?`,
    description:
      "Time lag as a multiple of each group's own objective; the dashed line at 1 is the objective, whatever it is in seconds.",
    empty: "No group was late at all in this time range.",
    width: 12,
    height: 9,
    unit: "suffix: ×",
    gapSeconds: config.staleAfterSeconds,
    steps: OBJECTIVE_STEPS,
    thresholdLine: true,
    targets: [
      seriesQuery({
        filter: GROUPS,
        metric: { statistic: "max", field: "objective_ratio" },
        by: [{ field: "group", size: TOP, order: "metric" }],
        alias: "{{group}}",
      }),
    ],
  });
}

function lateOverTime(config: DashboardConfig): PanelDraft {
  return linePanel({
    id: 21,
    title: "How many groups were beyond their objective at a time?",
    description:
      "Groups late at any moment of each step, per cluster; many at once point at Kafka or a shared dependency, one at its own consumer.",
    empty: "No group missed its objective in this time range.",
    width: 12,
    height: 9,
    unit: "none",
    gapSeconds: config.staleAfterSeconds,
    targets: [
      seriesQuery({
        filter: where("group", CLUSTER, TEAM_FILTER, above("objective_ratio", 1)),
        metric: { statistic: "cardinality", field: "group" },
        by: [{ field: "cluster", size: TOP, order: "metric" }],
        alias: "{{cluster}}",
      }),
    ],
  });
}

function openIncidents(config: DashboardConfig): PanelDraft {
  return latestTable({
    id: 30,
    title: "Which incidents go on?",
    description:
      "Groups with a verdict of warning or worse now, with when it began; longest and worst first.",
    empty: "No incident goes on. If the page is not trusted (top left), this says nothing.",
    width: 24,
    height: 7,
    filter: where("group", CLUSTER, TEAM_FILTER, atLeast("verdict_code", FIRST_FAILING)),
    documents: 2000,
    keys: ["cluster", "group"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [
      { field: "verdict_code", descending: true },
      { field: "verdict_seconds", descending: true },
    ],
    columns: [
      verdictColumn(115),
      groupColumn(180),
      { field: "verdict_since", title: "Began", unit: "dateTimeAsIso", width: 160 },
      heldColumn(80),
      lateColumn(85),
      { field: "total_lag", title: "Messages", unit: "short", width: 90 },
      TEAM_COLUMN,
      CAUSE_COLUMN,
    ],
  });
}

function endedIncidents(): PanelDraft {
  return logTable({
    id: 31,
    title: "Which incidents are over?",
    description:
      "Every verdict of warning or worse that ended in this time range, newest first: when it began, how long it held, how bad it was, and why.",
    empty: "No incident ended in this time range.",
    width: 24,
    height: 10,
    filter: where("event", CLUSTER, TEAM_FILTER, "event_kind:verdict", anyOf("event_from", FAILING)),
    documents: INCIDENTS,
    columns: [
      { field: "event_since", title: "Began", unit: "dateTimeAsIso", width: 160 },
      { field: "duration_seconds", title: "Lasted", unit: "s", decimals: 0, width: 75 },
      { field: "cluster", title: "Cluster", width: 105 },
      { field: "group", title: "Group", width: 175, links: [toGroupLink()] },
      { field: "event_from", title: "Was", width: 115, mappings: verdictWordMappings(), cell: "background" },
      { field: "event_to", title: "Then", width: 125, mappings: verdictWordMappings(), cell: "text" },
      { field: "peak_time_lag_seconds", title: "Latest by", unit: "s", decimals: 0, width: 90 },
      { field: "peak_lag", title: "Messages", unit: "short", width: 90 },
      { field: "team", title: "Team", width: 85, noValue: "none" },
      { field: "peak_cause", title: "Cause", cell: "wrap" },
    ],
  });
}
