/** Places panels in rows of 24 columns and puts the page around them. */
import { DASHBOARD_TAG, DASHBOARD_UIDS, navigation } from "./links.ts";
import type { BuiltDashboard, JsonObject, PanelDraft } from "./types.ts";

export const COLUMNS = 24;

export type Page = {
  readonly page: keyof typeof DASHBOARD_UIDS;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly JsonObject[];
  readonly annotations?: readonly JsonObject[];
  readonly rows: readonly (readonly PanelDraft[])[];
  readonly from: string;
  readonly refreshSeconds: number;
};

export function buildPage(page: Page): BuiltDashboard {
  const uid = DASHBOARD_UIDS[page.page];
  const json = {
    uid,
    title: page.title,
    description: page.description,
    tags: [DASHBOARD_TAG],
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: 1,
    timezone: "",
    weekStart: "",
    fiscalYearStartMonth: 0,
    liveNow: false,
    time: { from: page.from, to: "now" },
    refresh: `${page.refreshSeconds}s`,
    timepicker: {},
    links: navigation(page.page),
    templating: { list: page.variables },
    annotations: { list: page.annotations ?? [] },
    panels: placeRows(page.rows),
  };
  return { uid, title: page.title, fileName: `${uid}.json`, json };
}

/** Panels of a row stand side by side; the next row starts below the highest of them. */
export function placeRows(rows: readonly (readonly PanelDraft[])[]): readonly JsonObject[] {
  let y = 0;
  return rows.flatMap((row) => {
    let x = 0;
    const placed = row.map((panel) => {
      const gridPos = { x, y, w: panel.width, h: panel.height };
      x += panel.width;
      return { ...panel.body, id: panel.id, gridPos };
    });
    y += Math.max(0, ...row.map((panel) => panel.height));
    return placed;
  });
}
