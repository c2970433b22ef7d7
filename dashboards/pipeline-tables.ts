/** Health of each cluster's monitoring and of each collector, one row each; on the fleet page and on the pipeline page. */
import {
  COLOURS,
  cycleSteps,
  noneWanted,
  staleSteps,
  trustMappings,
  yesNoMappings,
  zeroMapping,
} from "./appearance.ts";
import { toPipelineLink } from "./links.ts";
import { is, where } from "./lucene.ts";
import type { Variable } from "./lucene.ts";
import { latestTable } from "./tables.ts";
import type { DashboardConfig, PanelDraft } from "./types.ts";

export type HealthTable = {
  readonly id: number;
  readonly width: number;
  readonly height: number;
  readonly cluster: Variable;
  readonly config: DashboardConfig;
};

export function clustersTable({ id, width, height, cluster, config }: HealthTable): PanelDraft {
  return latestTable({
    id,
    width,
    height,
    title: "Is each cluster watched?",
    description:
      "Newest state of each cluster's monitoring; a missing row is a cluster that nobody watches, `suspect` or unreadable groups mean verdicts with holes.",
    empty: "BLIND: no cluster reported in the last minutes.",
    filter: where("cluster", is("cluster", cluster)),
    documents: 200,
    keys: ["cluster"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [{ field: "cluster", descending: false }],
    columns: [
      { field: "cluster", title: "Cluster", links: [toPipelineLink()] },
      { field: "suspect", title: "Monitoring", mappings: trustMappings(), cell: "background", width: 110 },
      { field: "suspect_reason", title: "Why", cell: "wrap" },
      {
        field: "burrow_ready",
        title: "Burrow",
        mappings: yesNoMappings("ready", "not ready"),
        cell: "text",
        width: 85,
      },
      {
        field: "data_age_seconds",
        title: "Last commit",
        unit: "s",
        decimals: 0,
        width: 115,
        thresholds: staleSteps(config),
        cell: "text",
        mappings: zeroMapping("0 s"),
      },
      { field: "group_count", title: "Groups", width: 70 },
      {
        field: "groups_unreadable",
        title: "Unreadable",
        width: 105,
        thresholds: noneWanted(COLOURS.warning),
        cell: "text",
        mappings: zeroMapping("0"),
      },
    ],
  });
}

export function collectorsTable({ id, width, height, cluster, config }: HealthTable): PanelDraft {
  return latestTable({
    id,
    width,
    height,
    title: "Do collectors keep up?",
    description:
      "Newest state of each collector; a cycle longer than the interval skips ticks, a spool that ages means that Elasticsearch does not take documents.",
    empty: "BLIND: no collector reported in the last minutes.",
    filter: where("collector", is("cluster", cluster)),
    documents: 200,
    keys: ["cluster", "collector"],
    lastSeconds: config.staleAfterSeconds,
    sortBy: [{ field: "collector", descending: false }],
    columns: [
      { field: "collector", title: "Collector", links: [toPipelineLink()] },
      {
        field: "cycle_seconds",
        title: "Cycle",
        unit: "s",
        decimals: 1,
        width: 85,
        thresholds: cycleSteps(config),
        cell: "text",
        mappings: zeroMapping("0 s"),
      },
      {
        field: "spool_age_seconds",
        title: "Spool age",
        unit: "s",
        decimals: 0,
        width: 100,
        thresholds: staleSteps(config),
        cell: "text",
        mappings: zeroMapping("0 s"),
      },
      {
        field: "burrow_errors",
        title: "Errors",
        width: 75,
        thresholds: noneWanted(COLOURS.warning),
        cell: "text",
        mappings: zeroMapping("0"),
      },
      {
        field: "documents_dropped",
        title: "Dropped",
        width: 85,
        thresholds: noneWanted(COLOURS.critical),
        cell: "text",
        mappings: zeroMapping("0"),
      },
    ],
  });
}
