/**
 * The numbers that consumer rules compare and messages show: one query and one reduce per field, all with the same
 * filter, so that they are empty only together (an extra query that finds nothing turns the whole rule to NoData).
 */
import { ask, math, reduce } from "./expressions.ts";
import { UNKNOWN_VALUE } from "./text.ts";
import type { AlertingConfig } from "./types.ts";
import { lacksFlag, where } from "../dashboards/lucene.ts";
import type { TermsLevel } from "../dashboards/queries.ts";
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
  Z: "suspect",
  B: "lag_expected",
} as const satisfies Record<string, FieldName>;
export type ValueRef = keyof typeof VALUE_FIELDS;

/**
 * Fields that repeat their last trusted value while the data is suspect. Conditions compare nothing else, so that an alert
 * neither begins nor is called over on doubtful data; messages may show every field. Whether lag is expected follows from the
 * clock and the policy alone.
 */
export const HELD_FIELDS: readonly FieldName[] = ["verdict_code", "objective_ratio", "lag_expected"];

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
  const values = refs.flatMap((ref) => [
    ask({
      ref: `q${ref}`,
      datasourceUid: config.datasourceUid,
      filter: CONSUMER_FILTER,
      metric: { statistic: "max", field: VALUE_FIELDS[ref], missing: UNKNOWN_VALUE },
      by: [
        ...groupLevels(config),
        // One policy per group, except in the minutes after a change of the configuration.
        { field: "policy", size: POLICIES_PER_GROUP, order: "name" },
      ],
      bucketSeconds: bucketSeconds(config.intervalSeconds),
      windowSeconds: windowSeconds(config.intervalSeconds),
    }),
    reduce(ref, `q${ref}`, "last"),
  ]);
  // How much more comes than goes, as a share of both; only for the text.
  return [
    ...values,
    ...(refs.includes("P") && refs.includes("Q") ? [math("D", "($P - $Q) / ($P + $Q + 3)")] : []),
  ];
}

/**
 * Seconds for which a mute or a deployment still silences the group, as `K`; 0 and less: none. Two queries: `U` is when the
 * last of them ends (0 where there is none, because the group's own documents count as 0), `N` the newest tick, which
 * stands for now. Joined without the policy, which events do not carry.
 */
export function silence(config: AlertingConfig): readonly JsonObject[] {
  const window = windowSeconds(config.intervalSeconds);
  const bucket = bucketSeconds(config.intervalSeconds);
  const common = { datasourceUid: config.datasourceUid, by: groupLevels(config) };
  return [
    ask({
      ...common,
      ref: "qU",
      filter: `(${where("group", `@timestamp:[now-${window}s TO now]`)}) OR (${where("event", "(event_kind:mute OR event_kind:deployment)")})`,
      metric: { statistic: "max", field: "event_until", missing: 0 },
      bucketSeconds: LONGEST_SILENCE_SECONDS,
      windowSeconds: LONGEST_SILENCE_SECONDS,
    }),
    reduce("U", "qU", "max"),
    ask({
      ...common,
      ref: "qN",
      filter: where("group"),
      metric: { statistic: "max", field: "@timestamp" },
      bucketSeconds: bucket,
      windowSeconds: window,
    }),
    reduce("N", "qN", "max"),
    math("K", "($U - $N) / 1000"),
  ];
}

/** Holds while nobody has silenced the group. */
export const NOT_SILENCED = "$K <= 0";
/** A mute that began earlier is not found by the rules any more. */
export const LONGEST_SILENCE_SECONDS = 7 * 86_400;
const POLICIES_PER_GROUP = 10;

function groupLevels(config: AlertingConfig): readonly TermsLevel[] {
  return [
    { field: "cluster", size: Math.max(10, config.clusters.length), order: "name" },
    { field: "group", size: config.maximumGroups, order: "name" },
  ];
}
