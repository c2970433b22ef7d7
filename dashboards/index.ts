/** Dashboards as code: a pure function from configuration to the JSON that Grafana reads. */
import { buildClusterDashboard } from "./cluster-dashboard.ts";
import { buildFleetDashboard } from "./fleet-dashboard.ts";
import { buildGroupDashboard } from "./group-dashboard.ts";
import { buildObjectivesDashboard } from "./objectives-dashboard.ts";
import { buildPartitionDashboard } from "./partition-dashboard.ts";
import { buildPipelineDashboard } from "./pipeline-dashboard.ts";
import { buildRunbooksDashboard } from "./runbooks-dashboard.ts";
import { buildTopicDashboard } from "./topic-dashboard.ts";
import type { BuiltDashboard, DashboardConfig } from "./types.ts";

export { toSortedJson } from "./json.ts";
export { DASHBOARD_UIDS } from "./links.ts";
export { dashboardProviderFile, datasourceFile } from "./provisioning.ts";
export type { DatasourceOptions } from "./provisioning.ts";
export type { BuiltDashboard, DashboardConfig } from "./types.ts";

/** Every page in the order of the way through them. The same configuration gives the same JSON, byte for byte. */
export function buildDashboards(config: DashboardConfig): readonly BuiltDashboard[] {
  const runbooks = config.runbooks ?? new Map<string, string>();
  return [
    buildFleetDashboard(config),
    buildClusterDashboard(config),
    buildGroupDashboard(config),
    buildTopicDashboard(config),
    buildPartitionDashboard(config),
    buildObjectivesDashboard(config),
    buildPipelineDashboard(config),
    ...(runbooks.size === 0 ? [] : [buildRunbooksDashboard(config, runbooks)]),
  ];
}
