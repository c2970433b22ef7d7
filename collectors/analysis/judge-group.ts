/** Gives a group its verdict of the tick, with hysteresis, and writes its document and events. */
import type { LagDocument } from "../../model/documents.ts";
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import { seconds, type Stamp } from "./documents.ts";
import { ownersEvent, rewindEvent, verdictEvent } from "./events.ts";
import { groupCause } from "./group-cause.ts";
import { groupDocument, type GroupJudgement } from "./group-document.ts";
import type { GroupFacts, GroupState, Peak } from "./group-state.ts";
import { findGroupVerdict, isGrowing, isOutsideWindows } from "./group-verdict.ts";
import { settle } from "./hysteresis.ts";
import { sameOwners } from "./owners.ts";
import type { Settings } from "./settings.ts";
import type { Slope } from "./trend.ts";

/** What is usual follows slowly, over half an hour, and only while all is well. */
const USUAL_SECONDS = 1800;

export type GroupJudging = {
  readonly stamp: Stamp;
  readonly settings: Settings;
  readonly suspectReason: string | null;
};

export type JudgedGroup = { readonly verdict: Verdict; readonly documents: readonly LagDocument[] };

export function judgeGroup(judging: GroupJudging, facts: GroupFacts): JudgedGroup {
  return judging.suspectReason === null
    ? judgeTrusted(judging, facts)
    : holdSuspect(judging, facts, judging.suspectReason);
}

function judgeTrusted(judging: GroupJudging, facts: GroupFacts): JudgedGroup {
  const { stamp, settings } = judging;
  const { state } = facts;
  const dtSeconds = state.readAtMs === 0 ? 0 : (stamp.nowMs - state.readAtMs) / 1000;
  if (facts.rewoundMessages > 0 || facts.skippedMessages > 0) state.trend.clear();
  if (facts.known > 0) state.trend.push(stamp.nowMs, facts.totalLag);
  const slope = state.trend.slope(settings.trendMs);
  const events = transitions(stamp, facts);
  facts.growingMs = growingFor(judging, facts, slope);
  const found = findGroupVerdict(facts, settings);
  const from = state.settled.verdict;
  const changed = settle(state.settled, found);
  const verdict = state.settled.verdict;
  const cause = groupCause(verdict, facts);
  if (changed || !state.verdictGiven) {
    if (state.verdictGiven && changed) {
      const heldSeconds = seconds(stamp.nowMs - state.verdictSinceMs);
      const { team } = facts.policy;
      events.push(
        verdictEvent(stamp, state.group, { from, to: verdict, heldSeconds, cause, team, peak: state.peak }),
      );
    }
    if (changed) state.peak = null;
    state.verdictSinceMs = stamp.nowMs;
    state.verdictGiven = true;
  }
  // A verdict that is only held says nothing new about how bad it was.
  if (found === verdict) state.peak = worsePeak(facts, verdict, cause);
  if (verdict === "ok" || verdict === "idle") learnUsual(facts, stamp, dtSeconds);
  const ratio = objectiveRatio(facts, verdict);
  state.trusted = { verdict, cause, objectiveRatio: ratio, totalLag: facts.totalLag };
  state.readAtMs = stamp.nowMs;
  const judged: GroupJudgement = {
    verdict,
    verdictCode: VERDICTS[verdict].code,
    sinceMs: state.verdictSinceMs,
    cause,
    objectiveRatio: ratio,
    suspectReason: null,
  };
  return { verdict, documents: [groupDocument(stamp, facts, judged), ...events] };
}

/**
 * Highest time lag and highest lag, each for itself. The sentence is the last one said about the most partitions: at the
 * first commits after a stop lag and time lag are still high, but the sentence speaks of the few that are left.
 */
function worsePeak(facts: GroupFacts, verdict: Verdict, cause: string): Peak | null {
  const { severity } = VERDICTS[verdict];
  if (severity !== "warning" && severity !== "critical") return null;
  const { totalLag, worst } = facts;
  const timeLag = worst?.timeLag ?? Number.NaN;
  const partitions = facts.culprits?.count ?? 0;
  const before = facts.state.peak;
  if (before === null) return { timeLag, lag: totalLag, partitions, cause };
  const saysMore =
    partitions > before.partitions || (partitions === before.partitions && totalLag >= before.lag);
  return {
    timeLag: before.timeLag >= timeLag || Number.isNaN(timeLag) ? before.timeLag : timeLag,
    lag: Math.max(totalLag, before.lag),
    partitions: Math.max(partitions, before.partitions),
    cause: saysMore ? cause : before.cause,
  };
}

/**
 * While the monitoring is suspect the verdict says so, and the numbers that rules read (`verdict_code`,
 * `objective_ratio`) repeat the last trusted ones: an alert that fires is not resolved and none begins.
 */
function holdSuspect(judging: GroupJudging, facts: GroupFacts, reason: string): JudgedGroup {
  const { stamp } = judging;
  const { state } = facts;
  const { trusted } = state;
  const before = trusted === null ? "" : ` Last trusted verdict: ${VERDICTS[trusted.verdict].label}.`;
  const judged: GroupJudgement = {
    verdict: "suspect_data",
    verdictCode: VERDICTS[trusted?.verdict ?? "suspect_data"].code,
    sinceMs: state.verdictGiven ? state.verdictSinceMs : stamp.nowMs,
    cause: `${reason}${before}`,
    objectiveRatio: trusted?.objectiveRatio ?? null,
    suspectReason: reason,
  };
  return { verdict: "suspect_data", documents: [groupDocument(stamp, facts, judged)] };
}

function growingFor(judging: GroupJudging, facts: GroupFacts, slope: Slope): number {
  const { state } = facts;
  const { nowMs } = judging.stamp;
  if (!isGrowing(facts, slope, judging.settings)) state.growingSinceMs = 0;
  else if (state.growingSinceMs === 0) state.growingSinceMs = nowMs;
  return state.growingSinceMs === 0 ? 0 : nowMs - state.growingSinceMs;
}

function objectiveRatio(facts: GroupFacts, verdict: Verdict): number | null {
  if (facts.known === 0) return null;
  if (facts.totalLag < facts.policy.lag_floor || verdict === "idle" || isOutsideWindows(facts)) return 0;
  return facts.ratio;
}

/** A plain mean at first, or the rates of a group's first minutes would be its usual ones for half an hour. */
function learnUsual(facts: GroupFacts, { nowMs }: Stamp, dtSeconds: number): void {
  const { state } = facts;
  const watchedSeconds = Math.max(1, dtSeconds, (nowMs - state.firstSeenMs) / 1000);
  const weight = Math.max(1 - Math.exp(-dtSeconds / USUAL_SECONDS), dtSeconds / watchedSeconds);
  state.usualProduce = blend(state.usualProduce, facts.produceRate, weight);
  state.usualConsume = blend(state.usualConsume, facts.consumeRate, weight);
}

function blend(known: number, sample: number, weight: number): number {
  if (Number.isNaN(sample)) return known;
  return Number.isNaN(known) ? sample : known + (sample - known) * weight;
}

function transitions(stamp: Stamp, facts: GroupFacts): LagDocument[] {
  const { state } = facts;
  const events: LagDocument[] = [];
  noteOwners(stamp, facts, events);
  const back = facts.rewoundMessages > 0;
  if (back || facts.skippedMessages > 0) {
    events.push(
      rewindEvent(stamp, state.group, {
        back,
        messages: back ? facts.rewoundMessages : facts.skippedMessages,
        partitions: back ? facts.rewoundPartitions : facts.skippedPartitions,
      }),
    );
  }
  return events;
}

function noteOwners(stamp: Stamp, facts: GroupFacts, events: LagDocument[]): void {
  const { state, owners } = facts;
  if (sameOwners(state.owners, owners)) return;
  // From none to some can be Burrow learning late; from some to none can be a clean stop or Burrow forgetting.
  if (state.owners.length > 0)
    events.push(ownersEvent(stamp, state.group, { from: state.owners, to: owners }));
  rememberOwners(state, owners, stamp.nowMs);
}

function rememberOwners(state: GroupState, owners: readonly string[], nowMs: number): void {
  if (owners.length === 0) {
    state.lastOwners = state.owners;
    state.ownersLeftMs = nowMs;
  } else {
    state.lastOwners = [];
    state.ownersLeftMs = 0;
  }
  state.owners = owners;
}
