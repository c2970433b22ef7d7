/** The row of numbers of the group page: how late, how much, better or worse, until when. */
import { OBJECTIVE_STEPS } from "./appearance.ts";
import { statPanel } from "./panels.ts";
import { documentsQuery, seriesQuery } from "./queries.ts";
import type { Statistic } from "./queries.ts";
import type { DashboardConfig, JsonObject, PanelDraft, ThresholdStep } from "./types.ts";
import type { FieldName } from "../model/fields.ts";

type NumberTile = {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly field: FieldName;
  readonly unit: string;
  readonly empty: string;
  readonly mappings?: readonly JsonObject[];
  readonly steps?: readonly ThresholdStep[];
  /** `newest`: from the newest document alone, for fields that come and go. */
  readonly source: Statistic | "newest";
};

const NUMBER_TILES: readonly NumberTile[] = [
  {
    id: 5,
    title: "Late by",
    description:
      "Age of the oldest message not yet consumed, on the worst partition; bad when above the objective.",
    field: "time_lag_seconds",
    unit: "s",
    empty: "not known",
    source: "max",
  },
  {
    id: 6,
    title: "× objective",
    description: "Time lag divided by the objective of the group's policy; above 1 the objective is missed.",
    field: "objective_ratio",
    unit: "none",
    empty: "not known",
    steps: OBJECTIVE_STEPS,
    source: "max",
  },
  {
    id: 7,
    title: "Messages",
    description: "Sum of the lag of all partitions; bad when it grows while messages are produced.",
    field: "total_lag",
    unit: "short",
    empty: "not known",
    source: "max",
  },
  {
    id: 8,
    title: "Lag changes",
    description: "Change of lag per second; above 0 it grows, below 0 the group catches up.",
    field: "lag_velocity",
    unit: "suffix: msg/s",
    empty: "not known",
    source: "avg",
  },
  {
    id: 9,
    title: "Gone in",
    description: "Time until the lag is gone at the present rates; no value while it does not shrink.",
    field: "eta_seconds",
    unit: "s",
    empty: "not shrinking",
    source: "newest",
  },
  {
    id: 10,
    title: "Missed in",
    description: "Time until the objective is missed at the present rates; no value while lag does not grow.",
    field: "breach_in_seconds",
    unit: "s",
    empty: "not growing",
    mappings: [{ type: "value", options: { "0": { text: "already missed", index: 0 } } }],
    source: "newest",
  },
  {
    id: 11,
    title: "Last commit",
    description:
      "Time since the last commit on any partition; long while messages wait means that the group stopped.",
    field: "commit_age_seconds",
    unit: "s",
    empty: "never seen",
    source: "max",
  },
  {
    id: 12,
    title: "Verdict for",
    description: "How long this verdict has held; a bad verdict that lasts does not heal by itself.",
    field: "verdict_seconds",
    unit: "s",
    empty: "not known",
    source: "max",
  },
];

/** The row of numbers; `filter` selects the group's own records. */
export function groupNumbers(filter: string, config: DashboardConfig): readonly PanelDraft[] {
  return NUMBER_TILES.map(({ field, source, ...tile }) =>
    statPanel({
      ...tile,
      width: 3,
      height: 4,
      decimals: field === "objective_ratio" || field === "lag_velocity" ? 1 : 0,
      background: field === "objective_ratio",
      textSize: source === "newest" ? 20 : 26,
      lastSeconds: config.staleAfterSeconds,
      ...(source === "newest"
        ? { targets: [documentsQuery(filter, 1)], fields: `/^${field}$/` }
        : { targets: [seriesQuery({ filter: filter, metric: { statistic: source, field } })] }),
    }),
  );
}
