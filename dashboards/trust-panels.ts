/** Two tiles on top of every page: stale data must never look like health. */
import { COLOURS, trustMappings } from "./appearance.ts";
import { statPanel } from "./panels.ts";
import { seriesQuery } from "./queries.ts";
import type { DashboardConfig, PanelDraft } from "./types.ts";

export type TrustTile = {
  readonly id: number;
  readonly width: number;
  /** Filter over cluster records. */
  readonly filter: string;
  readonly config: DashboardConfig;
};

/** Looks at the last moments only: no document in them means that nobody is watching, whatever the rest shows. */
export function trust({ id, width, filter, config }: TrustTile): PanelDraft {
  return statPanel({
    id,
    title: "Data trusted?",
    description: `"suspect": the monitoring doubts itself, do not blame consumers yet; "BLIND": no data for ${config.staleAfterSeconds} s, everything below is old.`,
    empty: "BLIND: no data",
    width,
    height: 4,
    unit: "none",
    steps: [{ color: COLOURS.critical, value: null }],
    mappings: trustMappings(),
    textSize: 24,
    lastSeconds: config.staleAfterSeconds,
    targets: [seriesQuery({ filter, metric: { statistic: "max", field: "suspect" } })],
  });
}

export function newestData({ id, width, filter, config }: TrustTile): PanelDraft {
  return statPanel({
    id,
    title: "Newest data",
    description: `Time of the newest tick; more than ${config.staleAfterSeconds} s ago means that collector, Burrow or Elasticsearch is down.`,
    empty: "none in this time range",
    width,
    height: 4,
    unit: "dateTimeFromNow",
    textSize: 20,
    background: false,
    targets: [seriesQuery({ filter, metric: { statistic: "max", field: "@timestamp" } })],
  });
}
