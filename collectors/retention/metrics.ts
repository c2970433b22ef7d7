/** Metrics of `lagline retention`: every name once, with type and help. */
import { type MetricsText, type ReadMetric, createReadMetrics } from "../read-metrics.ts";
import type { Health } from "./health.ts";

export const RETENTION_METRICS = {
  lagline_retention_runs_total: {
    type: "counter",
    help: "Runs, by result.",
    labels: ["result"],
  },
  lagline_retention_deleted_indices_total: { type: "counter", help: "Indices deleted." },
  lagline_retention_opened_indices_total: { type: "counter", help: "Indices opened." },
  lagline_retention_last_success_timestamp_seconds: {
    type: "gauge",
    help: "End of the last run that did what it had to; absent before the first.",
  },
  lagline_retention_indices: { type: "gauge", help: "Indices of this environment after the last run." },
  lagline_retention_due_indices: {
    type: "gauge",
    help: "Indices that are old enough and were not deleted, because the run was bounded or the clock in doubt.",
  },
  lagline_retention_oldest_timestamp_seconds: {
    type: "gauge",
    help: "Start of the oldest index; absent where there is none.",
  },
  lagline_retention_covered_until_timestamp_seconds: {
    type: "gauge",
    help: "Until when a time series takes documents; absent in other modes.",
  },
} as const satisfies Readonly<
  Record<string, { type: "counter" | "gauge"; help: string; labels?: readonly string[] }>
>;

type Name = keyof typeof RETENTION_METRICS;

/** With the process' own metrics beside ours. */
export async function createRetentionMetrics(health: Health): Promise<MetricsText> {
  return createReadMetrics(
    readings(health).map(([name, read]) => ({ name, read, ...RETENTION_METRICS[name] })),
  );
}

function readings(health: Health): readonly (readonly [Name, ReadMetric["read"]])[] {
  const one = (value: () => number | null) => () => [{ value: value() }];
  const seconds = (ms: number | null | undefined): number | null =>
    ms === null || ms === undefined ? null : ms / 1000;
  return [
    [
      "lagline_retention_runs_total",
      () => Object.entries(health.runs).map(([result, value]) => ({ labels: { result }, value })),
    ],
    ["lagline_retention_deleted_indices_total", one(() => health.deleted)],
    ["lagline_retention_opened_indices_total", one(() => health.opened)],
    ["lagline_retention_last_success_timestamp_seconds", one(() => seconds(health.lastSuccessMs))],
    ["lagline_retention_indices", one(() => health.last?.indices ?? null)],
    ["lagline_retention_due_indices", one(() => health.last?.due ?? null)],
    ["lagline_retention_oldest_timestamp_seconds", one(() => seconds(health.last?.oldestMs))],
    ["lagline_retention_covered_until_timestamp_seconds", one(() => seconds(health.last?.coveredUntilMs))],
  ];
}
