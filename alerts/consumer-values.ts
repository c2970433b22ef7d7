/**
 * The numbers that consumer rules compare and messages show: one query and one reduce per field, all with the same
 * filter, so that they are empty only together (an extra query that finds nothing turns the whole rule to NoData).
 */
import { ask, reduce } from "./expressions.ts";
import { UNKNOWN_VALUE } from "./text.ts";
import type { AlertingConfig } from "./types.ts";
import { lacksFlag, where } from "../dashboards/lucene.ts";
import type { JsonObject } from "../dashboards/types.ts";
import type { FieldName } from "../model/fields.ts";

/** The letter is the value's name in templates: `$values.V`. Its query is called `qV`. */
export const VALUE_FIELDS = {
  V: "verdict_code",
  R: "objective_ratio",
  T: "time_lag_seconds",
  O: "objective_seconds",
  L: "total_lag",
  P: "produce_rate",
  Q: "consume_rate",
  E: "eta_seconds",
  X: "breach_in_seconds",
  A: "commit_age_seconds",
  S: "partitions_stalled",
  W: "worst_partition",
  G: "verdict_seconds",
} as const satisfies Record<string, FieldName>;
export type ValueRef = keyof typeof VALUE_FIELDS;

/**
 * Fields that repeat their last trusted value while the data is suspect. Conditions compare nothing else, so that an alert
 * neither begins nor is called over on doubtful data; messages may show every field.
 */
export const HELD_FIELDS: readonly FieldName[] = ["verdict_code", "objective_ratio"];

/**
 * Groups that may be idle are left out. Groups that the monitoring doubts stay in: without their documents a firing alert
 * would count as missing after the window, and Grafana would call it resolved.
 */
export const CONSUMER_FILTER = where("group", lacksFlag("expected_idle"));

/**
 * One tick, but ten seconds at least: groups × buckets must stay below Elasticsearch's 65,536, and `max` over a few ticks
 * of one bucket differs from the newest value by seconds only.
 */
export function bucketSeconds(intervalSeconds: number): number {
  return Math.max(10, intervalSeconds);
}

/** Ticks in a rule's window: 120 s at least, so that several ticks may be missing or late (measured). */
export function windowSeconds(intervalSeconds: number): number {
  return Math.max(120, 5 * intervalSeconds);
}

export function consumerValues(config: AlertingConfig, refs: readonly ValueRef[]): readonly JsonObject[] {
  return refs.flatMap((ref) => [
    ask({
      ref: `q${ref}`,
      datasourceUid: config.datasourceUid,
      filter: CONSUMER_FILTER,
      metric: { statistic: "max", field: VALUE_FIELDS[ref], missing: UNKNOWN_VALUE },
      by: [
        { field: "cluster", size: Math.max(10, config.clusters.length), order: "name" },
        { field: "group", size: config.maximumGroups, order: "name" },
      ],
      bucketSeconds: bucketSeconds(config.intervalSeconds),
      windowSeconds: windowSeconds(config.intervalSeconds),
    }),
    reduce(ref, `q${ref}`, "last"),
  ]);
}
