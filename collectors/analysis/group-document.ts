/** The group document: the record that rules, tables and messages read. */
import type { LagDocument } from "../../model/documents.ts";
import { statusCode } from "../../model/statuses.ts";
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import { round, seconds, type Stamp } from "./documents.ts";
import { countOf } from "./group-facts.ts";
import type { GroupFacts, GroupState } from "./group-state.ts";
import { isOutsideWindows } from "./group-verdict.ts";
import type { ResolvedPolicy } from "../../model/policy.ts";

/** Lists of names are bounded, so that one group with thousands of consumers cannot make a document of megabytes. */
export const MAX_LISTED = 100;

export type GroupJudgement = {
  readonly verdict: Verdict;
  readonly verdictCode: number;
  readonly sinceMs: number;
  readonly cause: string;
  readonly objectiveRatio: number | null;
  readonly suspectReason: string | null;
};

export function groupDocument(stamp: Stamp, facts: GroupFacts, judged: GroupJudgement): LagDocument {
  const document: LagDocument = {
    ...head(stamp, facts.state, judged),
    ...policyFields(facts.policy),
    status: facts.status,
    complete: facts.complete,
    partition_count: facts.partitionCount,
    partitions_lagging: facts.lagging,
    partitions_stopped: countOf(facts, "stopped"),
    partitions_stalled: countOf(facts, "stalled"),
    partitions_rewound: countOf(facts, "rewound"),
    topics: facts.topics.slice(0, MAX_LISTED),
  };
  if (facts.expectation !== null) document.lag_expected = isOutsideWindows(facts) ? 1 : 0;
  const code = statusCode(facts.status);
  if (code !== undefined) document.status_code = code;
  addOwners(document, facts);
  addLag(document, stamp, facts);
  if (judged.suspectReason === null) addRates(document, facts);
  else document.time_lag_method = "none";
  return document;
}

/** A group that is gone: what is known of it, and that it is gone. */
export function vanishedDocument(
  stamp: Stamp,
  state: GroupState,
  of: { policy: ResolvedPolicy; judged: GroupJudgement },
): LagDocument {
  const document: LagDocument = {
    ...head(stamp, state, of.judged),
    ...policyFields(of.policy),
    topics: [...state.rows.keys()].toSorted().slice(0, MAX_LISTED),
  };
  return document;
}

function head(stamp: Stamp, state: GroupState, judged: GroupJudgement): LagDocument {
  const document: LagDocument = {
    "@timestamp": stamp.timestamp,
    record: "group",
    cluster: stamp.cluster,
    group: state.group,
    verdict: judged.verdict,
    verdict_code: judged.verdictCode,
    cause: judged.cause,
    verdict_since: stamp.times.format(judged.sinceMs),
    verdict_seconds: seconds(stamp.nowMs - judged.sinceMs),
    suspect: judged.suspectReason === null ? 0 : 1,
  };
  if (judged.suspectReason !== null) document.suspect_reason = judged.suspectReason;
  if (judged.objectiveRatio !== null) {
    document.objective_ratio = round(judged.objectiveRatio);
    // While suspect the ratio is an old one: good enough to hold an alert, not to count time by.
    if (judged.suspectReason === null) document.within_objective = judged.objectiveRatio <= 1 ? 1 : 0;
  }
  return document;
}

function policyFields(policy: ResolvedPolicy): Partial<LagDocument> {
  return {
    policy: policy.name,
    tier: policy.tier,
    ...(policy.team !== null && { team: policy.team }),
    objective_seconds: policy.objective_seconds,
    lag_floor: policy.lag_floor,
    expected_idle: policy.expected_idle ? 1 : 0,
  };
}

function addOwners(document: LagDocument, facts: GroupFacts): void {
  // No owner at all is not evidence: Burrow cannot see the owners of KIP-848 groups and can lose those of others.
  if (facts.owners.length === 0) return;
  document.owners = facts.owners.slice(0, MAX_LISTED);
  document.owner_count = facts.owners.length;
  document.partitions_without_owner = facts.withoutOwner;
}

function addLag(document: LagDocument, stamp: Stamp, facts: GroupFacts): void {
  if (facts.known === 0) return;
  document.total_lag = facts.totalLag;
  document.max_lag = facts.maxLag;
  if (facts.newestCommitMs > 0) {
    document.committed_at = stamp.times.format(facts.newestCommitMs);
    document.commit_age_seconds = seconds(stamp.nowMs - facts.newestCommitMs);
  }
  if (facts.totalLag > 0) document.hot_partition_share = round(facts.maxLag / facts.totalLag);
  const { worst } = facts;
  if (worst === null || worst.lag === 0) return;
  document.worst_topic = worst.topic;
  document.worst_partition = worst.partition;
  if (worst.owner !== null) document.worst_owner = worst.owner;
}

function addRates(document: LagDocument, facts: GroupFacts): void {
  const { worst } = facts;
  document.time_lag_method = worst?.method ?? "none";
  if (worst !== null && !Number.isNaN(worst.timeLag)) document.time_lag_seconds = round(worst.timeLag);
  if (worst !== null && !Number.isNaN(worst.timeLagError))
    document.time_lag_error_seconds = round(worst.timeLagError);
  if (!Number.isNaN(facts.produceRate)) document.produce_rate = round(facts.produceRate);
  if (!Number.isNaN(facts.consumeRate)) document.consume_rate = round(facts.consumeRate);
  if (!Number.isNaN(facts.velocity)) document.lag_velocity = round(facts.velocity);
  // While one lagging partition does not shrink, the group will not be done.
  const allShrink = facts.late > 0 && facts.lateShrinking === facts.late;
  if (allShrink && !Number.isNaN(facts.eta)) document.eta_seconds = round(facts.eta);
  if (isOutsideWindows(facts) || !(facts.velocity > 0) || facts.totalLag < facts.policy.lag_floor) return;
  if (facts.late > 0) document.breach_in_seconds = 0;
  else if (!Number.isNaN(facts.breachIn)) document.breach_in_seconds = round(facts.breachIn);
}

export function codeOf(verdict: Verdict): number {
  return VERDICTS[verdict].code;
}
