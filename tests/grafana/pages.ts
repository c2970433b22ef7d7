/** Every query of every page with what Grafana knows when it sends it: the panel, its own time range, its bucket width. */
import { buildDashboards } from "../../dashboards/index.ts";
import type { DashboardConfig } from "../../dashboards/index.ts";
import { dashboardView } from "../../dashboards/lint-schema.ts";
import type { DashboardView, PanelView, TargetView } from "../../dashboards/lint-schema.ts";
import { translateAnnotation, translateQuery, translateVariable } from "../../alerts/evaluation/translate.ts";
import type { SearchBody } from "../../alerts/evaluation/translate.ts";
import type { Moment } from "./expected.ts";

export type Range = Pick<Moment, "fromMs" | "toMs" | "values">;

export function viewPages(config: DashboardConfig): readonly DashboardView[] {
  return buildDashboards(config).map(({ json }) => dashboardView.parse(json));
}

export type PanelQuery = { readonly name: string; readonly panel: PanelView; readonly target: TargetView };

export function panelQueries(page: DashboardView): readonly PanelQuery[] {
  return page.panels.flatMap((panel) =>
    panel.targets.map((target) => ({
      name: `${page.uid} panel ${panel.id} "${panel.title}" ${target.refId}`,
      panel,
      target,
    })),
  );
}

/** The laptop of the issue: 1280 px for 24 columns. */
const COLUMN_PX = 1280 / 24;

/** The range a panel's own queries are sent with, as Grafana finds it while the range of the page ends now. */
export function momentOf(panel: PanelView, range: Range, tickSeconds: number): Moment {
  const own = typeof panel["timeFrom"] === "string" ? Number.parseInt(panel["timeFrom"], 10) * 1000 : null;
  const fromMs = own === null ? range.fromMs : range.toMs - own;
  const wanted = (range.toMs - fromMs) / (panel.gridPos.w * COLUMN_PX);
  return { ...range, fromMs, intervalMs: Math.max(tickSeconds * 1000, roundInterval(wanted)) };
}

/** Upper limits of a wish and what it becomes, as Grafana rounds the width of buckets. Milliseconds. */
const ROUNDED: readonly (readonly [number, number])[] = [
  [45_000, 30_000],
  [90_000, 60_000],
  [210_000, 120_000],
  [450_000, 300_000],
  [750_000, 600_000],
  [1_050_000, 900_000],
  [1_500_000, 1_200_000],
  [2_700_000, 1_800_000],
  [5_400_000, 3_600_000],
  [9_000_000, 7_200_000],
  [16_200_000, 10_800_000],
];

function roundInterval(wantedMs: number): number {
  return ROUNDED.find(([limit]) => wantedMs < limit)?.[1] ?? 21_600_000;
}

export function panelSearch(target: TargetView, moment: Moment): SearchBody {
  return translateQuery(target, optionsOf(moment));
}

export function variableSearch(query: string, moment: Moment): SearchBody {
  return translateVariable(query, optionsOf(moment));
}

export function annotationSearch(query: string, moment: Moment): SearchBody {
  return translateAnnotation(query, optionsOf(moment));
}

function optionsOf({ fromMs, toMs, intervalMs, values }: Moment) {
  return { fromMs, toMs, intervalMs, variables: values };
}
