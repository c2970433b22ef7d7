/** Where the pages are and how one leads to the next: links carry the cluster, the group and the time range. */
import type { JsonObject } from "./types.ts";

export const DASHBOARD_UIDS = {
  fleet: "lagline-fleet",
  group: "lagline-group",
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

/** From a row of a table to the health page of its cluster. */
export function toPipelineLink(): JsonObject {
  return dataLink(
    "Open the pipeline of this cluster",
    `/d/${DASHBOARD_UIDS.pipeline}?var-datasource=\${datasource}&var-cluster=\${__data.fields.cluster:percentencode}&\${__url_time_range}`,
  );
}

/** The bar on top of each page. `includeVars` hands on the cluster, `keepTime` the time range. */
export function navigation(current: keyof typeof DASHBOARD_UIDS): readonly JsonObject[] {
  const pages = [
    { page: "fleet", title: "Fleet" },
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
      includeVars: true,
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
