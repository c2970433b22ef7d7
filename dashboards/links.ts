/** Where the pages are and how one leads to the next: links carry the cluster, the group and the time range. */
import type { JsonObject } from "./types.ts";

export const DASHBOARD_UIDS = {
  fleet: "lagline-fleet",
  cluster: "lagline-cluster",
  group: "lagline-group",
  topic: "lagline-topic",
  partition: "lagline-partition",
  objectives: "lagline-objectives",
  pipeline: "lagline-pipeline",
  runbooks: "lagline-runbooks",
} as const;
export const DASHBOARD_TAG = "lagline";

/** Panels that alert rules and messages point to. Ids are fixed for ever. */
export const PANEL_IDS = {
  fleetTimeLag: 20,
  fleetTimeline: 21,
  pipelineTrust: 1,
  pipelineSpool: 22,
  pipelineLost: 24,
} as const;

/** From a row of a table to the page of its group. Needs the columns `cluster` and `group`. */
export function toGroupLink(): JsonObject {
  return dataLink(
    "Open this group",
    `/d/${DASHBOARD_UIDS.group}?var-datasource=\${datasource}&var-cluster=\${__data.fields.cluster:percentencode}&var-group=\${__data.fields.group:percentencode}&\${__url_time_range}`,
  );
}

/** From a row of a table to the page of its cluster. Needs the column `cluster`. */
export function toClusterLink(): JsonObject {
  return dataLink("Open this cluster", pageLink("cluster", [["cluster", row("cluster")]]));
}

/** From a row with the column `topic`, on a page with the variable `cluster`. */
export function toTopicLink(): JsonObject {
  return dataLink(
    "Open this topic",
    pageLink("topic", [
      ["cluster", "${cluster:percentencode}"],
      ["topic", row("topic")],
    ]),
  );
}

/** From a row with the columns `topic` and `partition`, on a page with the variables `cluster` and `group`. */
export function toPartitionLink(): JsonObject {
  return dataLink(
    "Open this partition",
    pageLink("partition", [
      ["cluster", "${cluster:percentencode}"],
      ["group", "${group:percentencode}"],
      ["topic", row("topic")],
      ["partition", row("partition")],
    ]),
  );
}

/** From a row of a table to the health page of its cluster. */
export function toPipelineLink(): JsonObject {
  return dataLink(
    "Open the pipeline of this cluster",
    `/d/${DASHBOARD_UIDS.pipeline}?var-datasource=\${datasource}&var-cluster=\${__data.fields.cluster:percentencode}&\${__url_time_range}`,
  );
}

/** Pages about one cluster; the others take one, several or all. */
const ONE_CLUSTER: ReadonlySet<keyof typeof DASHBOARD_UIDS> = new Set([
  "cluster",
  "group",
  "topic",
  "partition",
]);

/** The bar on top of each page. `includeVars` hands on the variables, `keepTime` the time range. */
export function navigation(current: keyof typeof DASHBOARD_UIDS): readonly JsonObject[] {
  const pages = [
    { page: "fleet", title: "Fleet" },
    { page: "cluster", title: "Cluster" },
    { page: "group", title: "Group" },
    { page: "topic", title: "Topic" },
    { page: "partition", title: "Partition" },
    { page: "objectives", title: "Objectives" },
    { page: "pipeline", title: "Pipeline" },
    { page: "runbooks", title: "Runbooks" },
  ] as const;
  return pages
    .filter(({ page }) => page !== current)
    .map(({ page, title }) => ({
      type: "link",
      title,
      icon: "dashboard",
      url: `/d/${DASHBOARD_UIDS[page]}`,
      // "All" of a page over many clusters is no cluster on a page over one.
      includeVars: ONE_CLUSTER.has(current) || !ONE_CLUSTER.has(page),
      keepTime: true,
      targetBlank: false,
      asDropdown: false,
      tags: [],
      tooltip: "",
    }));
}

function dataLink(title: string, url: string): JsonObject {
  return { title, url, targetBlank: false };
}

function pageLink(
  page: keyof typeof DASHBOARD_UIDS,
  variables: readonly (readonly [string, string])[],
): string {
  const set = variables.map(([name, value]) => `&var-${name}=${value}`).join("");
  return `/d/${DASHBOARD_UIDS[page]}?var-datasource=\${datasource}${set}&\${__url_time_range}`;
}

function row(field: string): string {
  return `\${__data.fields.${field}:percentencode}`;
}
