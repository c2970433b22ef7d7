/** Adds up the partitions of a group: sums of lag, maxima of time, the slowest to catch up, and who is to blame. */
import type { GroupReading } from "../../model/snapshot.ts";
import type { ResolvedPolicy } from "../../model/policy.ts";
import { VERDICT_NAMES, VERDICTS, type Verdict } from "../../model/verdicts.ts";
import type { LagExpectation } from "./batch-window.ts";
import { etaSeconds } from "./documents.ts";
import type { Culprits, GroupFacts, GroupState, WorstPartition } from "./group-state.ts";
import { isLate, isShrinking, type GroupContext } from "./partition-verdict.ts";
import type { PartitionView } from "./partition-view.ts";
import { addMessages } from "./sums.ts";

export type FactsOf = {
  readonly state: GroupState;
  readonly policy: ResolvedPolicy;
  readonly expectation: LagExpectation | null;
};

export function newFacts({ state, policy, expectation }: FactsOf, reading: GroupReading): GroupFacts {
  return {
    state,
    policy,
    expectation,
    status: reading.status,
    complete: reading.complete,
    partitionCount: reading.partitions.length,
    topics: [],
    owners: [],
    known: 0,
    stale: 0,
    totalLag: 0,
    maxLag: 0,
    lagging: 0,
    verdicts: VERDICT_NAMES.map(() => 0),
    late: 0,
    lateShrinking: 0,
    lateUnknown: 0,
    lateLag: 0,
    withoutOwner: 0,
    beyondEnd: 0,
    moved: 0,
    produceRate: Number.NaN,
    consumeRate: Number.NaN,
    velocity: Number.NaN,
    growingMs: 0,
    maxProduceRate: 0,
    eta: Number.NaN,
    breachIn: Number.NaN,
    ratio: 0,
    newestCommitMs: 0,
    fresh: 0,
    worst: null,
    culprits: null,
    rewoundMessages: 0,
    rewoundPartitions: 0,
    skippedMessages: 0,
    skippedPartitions: 0,
    alive: false,
  };
}

export function addToFacts(facts: GroupFacts, view: PartitionView, context: GroupContext): void {
  if (view.stale) facts.stale++;
  if (view.beyondEnd) facts.beyondEnd++;
  if (!Number.isNaN(view.produceRate)) {
    facts.produceRate = plus(facts.produceRate, view.produceRate);
    if (view.produceRate > facts.maxProduceRate) facts.maxProduceRate = view.produceRate;
  }
  if (!view.known) return;
  facts.known++;
  facts.totalLag = addMessages(facts.totalLag, view.lag);
  if (view.moved) facts.moved++;
  if (view.fresh) facts.fresh++;
  if (view.lag > facts.maxLag) facts.maxLag = view.lag;
  if (!Number.isNaN(view.consumeRate)) facts.consumeRate = plus(facts.consumeRate, view.consumeRate);
  if (!Number.isNaN(view.lagVelocity)) facts.velocity = plus(facts.velocity, view.lagVelocity);
  if (view.commitAtMs > facts.newestCommitMs) facts.newestCommitMs = view.commitAtMs;
  if (view.rewoundBy > 0) {
    facts.rewoundMessages += view.rewoundBy;
    facts.rewoundPartitions++;
  }
  if (view.skipped > 0) {
    facts.skippedMessages += view.skipped;
    facts.skippedPartitions++;
  }
  if (view.lag < context.partitionFloor) return;
  facts.lagging++;
  if (context.hasOwners && view.reading.owner === null) facts.withoutOwner++;
  addLateness(facts, view, context);
}

function addLateness(facts: GroupFacts, view: PartitionView, context: GroupContext): void {
  const objective = context.policy.objective_seconds;
  const seconds = view.timeLag.seconds;
  if (!Number.isNaN(seconds) && objective > 0) facts.ratio = Math.max(facts.ratio, seconds / objective);
  if (isLate(view, context)) {
    facts.late++;
    facts.lateLag = addMessages(facts.lateLag, view.lag);
    if (Number.isNaN(view.lagVelocity)) facts.lateUnknown++;
    else if (isShrinking(view, context)) {
      facts.lateShrinking++;
      const eta = etaSeconds(view);
      if (!Number.isNaN(eta) && !(facts.eta >= eta)) facts.eta = eta;
    }
    return;
  }
  // Time lag grows by velocity ÷ produce rate seconds per second.
  if (view.lagVelocity > 0 && view.produceRate > 0 && !Number.isNaN(seconds)) {
    const breach = ((objective - seconds) * view.produceRate) / view.lagVelocity;
    if (!(facts.breachIn <= breach)) facts.breachIn = breach;
  }
}

function plus(sum: number, value: number): number {
  return Number.isNaN(sum) ? value : sum + value;
}

/** The partition with the highest time lag, or the highest lag where no time lag is known. */
export function worstOf(views: readonly PartitionView[]): WorstPartition | null {
  let worst: PartitionView | null = null;
  for (const view of views) {
    if (!view.known) continue;
    if (worst === null || isWorse(view, worst)) worst = view;
  }
  if (worst === null) return null;
  return {
    topic: worst.reading.topic,
    partition: worst.reading.partition,
    owner: worst.reading.owner,
    lag: worst.lag,
    timeLag: worst.timeLag.seconds,
    timeLagError: worst.timeLag.errorSeconds,
    method: worst.timeLag.method,
    commitAge: worst.commitAge,
    produceRate: worst.produceRate,
    consumeRate: worst.consumeRate,
  };
}

/** Ties are broken by name, so that the order of a reading does not matter. */
function isWorse(view: PartitionView, than: PartitionView): boolean {
  const a = Number.isNaN(view.timeLag.seconds) ? -1 : view.timeLag.seconds;
  const b = Number.isNaN(than.timeLag.seconds) ? -1 : than.timeLag.seconds;
  if (a !== b) return a > b;
  if (view.lag !== than.lag) return view.lag > than.lag;
  if (view.reading.topic !== than.reading.topic) return view.reading.topic < than.reading.topic;
  return view.reading.partition < than.reading.partition;
}

/** At most this many partitions are named in a sentence. */
const NAMED = 3;

export function culpritsOf(
  views: readonly PartitionView[],
  isCulprit: (index: number) => boolean,
  verdict: Verdict,
): Culprits | null {
  const found = views.filter((_, index) => isCulprit(index));
  if (found.length === 0) return null;
  found.sort((a, b) => (isWorse(a, b) ? -1 : 1));
  const owners = [
    ...new Set(found.flatMap((view) => (view.reading.owner === null ? [] : [view.reading.owner]))),
  ];
  const sum = (of: (view: PartitionView) => number) =>
    found.reduce((total, view) => total + (Number.isNaN(of(view)) ? 0 : of(view)), 0);
  return {
    verdict,
    partitions: found.slice(0, NAMED).map((view) => `${view.reading.topic}/${view.reading.partition}`),
    count: found.length,
    lag: sum((view) => view.lag),
    owners: owners.toSorted(),
    unowned: found.filter((view) => view.reading.owner === null).length,
    commitAge: least(found, (view) => view.commitAge),
    unmoved: least(found, (view) => view.unmoved),
    offset: found.find((view) => view.known)?.committed ?? Number.NaN,
    commitsComing: found.some((view) => view.commitAge < view.patience),
    produceRate: sum((view) => view.produceRate),
    consumeRate: sum((view) => view.consumeRate),
  };
}

/** Smallest known value; NaN when none is known. */
function least(views: readonly PartitionView[], of: (view: PartitionView) => number): number {
  let smallest = Number.NaN;
  for (const view of views) if (view.known && !(smallest <= of(view))) smallest = of(view);
  return smallest;
}

/** The worst verdict any partition has, by code. */
export function worstVerdict(verdicts: readonly number[]): Verdict {
  for (let code = verdicts.length - 1; code >= 0; code--) {
    if ((verdicts[code] ?? 0) > 0) return VERDICT_NAMES[code] ?? "unknown";
  }
  return "unknown";
}

export function countOf(facts: GroupFacts, verdict: Verdict): number {
  return facts.verdicts[VERDICTS[verdict].code] ?? 0;
}
