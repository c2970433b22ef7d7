/**
 * Whether an all-clear of Grafana may be believed. Measured on Grafana 9.4: when Elasticsearch or the collector dies,
 * firing lag alerts are sent as resolved, and a reload of alert provisioning does the same while all data is well. So
 * the newest stored document of the group decides, read at the time of the all-clear, and not the state of the
 * data-stale alert: that one fires minutes after the false all-clear has come.
 */
import type { FieldValues } from "../../model/fields.ts";
import { VERDICTS } from "../../model/verdicts.ts";
import type { Verdict } from "../../model/verdicts.ts";

/** The newest trusted document of a group, as far as the decision needs it. */
export type GroupEvidence = {
  /** Its tick, epoch ms. */
  readonly tickMs: number;
  readonly verdict: Verdict;
} & Partial<Pick<FieldValues, "objective_ratio" | "partitions_stalled">>;

/** What Elasticsearch said when it was asked about one group. */
export type Reading =
  | { readonly kind: "unreadable"; readonly reason: string }
  | {
      readonly kind: "read";
      /** Newest trusted tick of the whole cluster, epoch ms; null where there is none. */
      readonly clusterTickMs: number | null;
      /** Why fresh documents are not trusted, where that is so. */
      readonly doubt?: string;
      /** Null where the group has no trusted document in the window that was read. */
      readonly group: GroupEvidence | null;
      /** Newest tick of the group, trusted or not; left out: as `group`. */
      readonly groupTickMs?: number | null;
    };

export type Sight =
  /** Elasticsearch, Burrow or the collector is away: nothing can be said about the group. */
  | { readonly kind: "blind"; readonly reason: string }
  /** The data is fresh and still shows the problem: Grafana gave the alert up for a reason of its own. */
  | { readonly kind: "still_true"; readonly evidence: GroupEvidence }
  /** The cluster is seen, the group is not: deleted, or left out by a filter. No recovery. */
  | { readonly kind: "gone" }
  /** The group is reported, but nothing can be said about it yet, as after a restart of the collector. */
  | { readonly kind: "unclear" }
  | { readonly kind: "recovered"; readonly evidence: GroupEvidence };

/**
 * Age above which a tick proves nothing: three ticks, 60 s at least. It must stay below the rules' own window (120 s or
 * five ticks), because that is how old the newest document is when a dead collector makes Grafana resolve.
 */
export function freshnessMs(intervalSeconds: number): number {
  return Math.max(60, 3 * intervalSeconds) * 1000;
}

export type AllClear = {
  /** Name of the rule that Grafana calls resolved. */
  readonly alertName: string;
  readonly nowMs: number;
  readonly intervalSeconds: number;
};

/** Whether the cluster is seen at all: the reason why not, or null. */
export function blindReason(
  reading: Reading,
  { nowMs, intervalSeconds }: Pick<AllClear, "nowMs" | "intervalSeconds">,
): string | null {
  if (reading.kind === "unreadable") return reading.reason;
  const { clusterTickMs, doubt } = reading;
  if (clusterTickMs === null) return doubt ?? "There is no trusted document of the cluster.";
  if (clusterTickMs >= nowMs - freshnessMs(intervalSeconds)) return null;
  const age = Math.round((nowMs - clusterTickMs) / 1000);
  return `The newest trusted document of the cluster is ${age} s old.${doubt === undefined ? "" : ` ${doubt}`}`;
}

/** Judges one all-clear. Pure; a time in the future counts as fresh, because clocks differ by a little. */
export function judgeAllClear(reading: Reading, about: AllClear): Sight {
  const reason = blindReason(reading, about);
  if (reading.kind === "unreadable" || reason !== null) return { kind: "blind", reason: reason ?? "" };
  const oldestMs = about.nowMs - freshnessMs(about.intervalSeconds);
  const { group, groupTickMs = null } = reading;
  if (group === null || group.tickMs < oldestMs) {
    return groupTickMs !== null && groupTickMs >= oldestMs ? { kind: "unclear" } : { kind: "gone" };
  }
  return { kind: showsProblem(about.alertName, group) ? "still_true" : "recovered", evidence: group };
}

/** Whether the document still shows what the rule told about; for rules without a line here, any bad verdict does. */
function showsProblem(alertName: string, evidence: GroupEvidence): boolean {
  const { verdict, objective_ratio: ratio = 0, partitions_stalled: stalled = 0 } = evidence;
  const nothingConsumed = verdict === "no_owner" || verdict === "stopped" || verdict === "vanished";
  switch (alertName) {
    case "KafkaConsumerGroupStopped":
      return nothingConsumed;
    case "KafkaConsumerPartitionStalled":
      return nothingConsumed || stalled > 0 || verdict === "stalled";
    case "KafkaConsumerObjectiveMissed":
      return nothingConsumed || ratio > 1;
    case "KafkaConsumerLagGrowing":
      return nothingConsumed || ratio > 1 || verdict === "falling_behind";
    default:
      return ratio > 1 || ["warning", "critical"].includes(VERDICTS[verdict].severity);
  }
}

/**
 * Whether the rule would fire on this document, clearly. Narrower than the question whether the problem is over: Grafana
 * rightly ends the alert of a group that is late when the group stops, because then another rule tells of it.
 */
export function meetsCondition(alertName: string, evidence: GroupEvidence): boolean {
  const { verdict, objective_ratio: ratio = 0 } = evidence;
  switch (alertName) {
    case "KafkaConsumerPartitionStalled":
      return verdict === "stalled";
    case "KafkaConsumerOffsetsRewound":
      return verdict === "rewound";
    case "KafkaConsumerObjectiveMissed":
      return ratio >= CLEARLY_LATE && LATENESS.has(verdict);
    case "KafkaConsumerLagGrowing":
      return verdict === "falling_behind" && ratio <= 1;
    default:
      return showsProblem(alertName, evidence);
  }
}

/** A group that hovers at its objective ends and begins by itself. */
const CLEARLY_LATE = 1.2;

/** Verdicts under which being late is the news; a batch run that catches up may be late. */
const LATENESS: ReadonlySet<Verdict> = new Set(["ok", "hot_partition", "falling_behind"]);
