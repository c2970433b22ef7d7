/** What one tick finds about one partition. Hysteresis and the group's verdict come after. */
import type { ResolvedPolicy } from "../../model/policy.ts";
import type { Verdict } from "../../model/verdicts.ts";
import { isFailing } from "./hysteresis.ts";
import type { PartitionView } from "./partition-view.ts";

/** What a partition's verdict needs to know of its siblings. */
export type GroupContext = {
  policy: ResolvedPolicy;
  /** Lag from which a partition of this group counts. */
  partitionFloor: number;
  /** Some partition's offset moved within its patience. */
  alive: boolean;
  hasOwners: boolean;
  /** Owners (by number) of partitions whose offset moved. */
  readonly movingOwners: Set<number>;
  /** Seconds for which the monitoring has been trusted without a break. */
  trustedSeconds: number;
  refreshSeconds: number;
  /** Seconds for which messages may wait by the batch windows of the policy; Infinity outside, 0 without windows. */
  expectedAge: number;
  /** Outside of the batch windows: messages older than this should have been handled by the last run. */
  overdueAge: number;
};

/** Transaction markers and aborted records leave up to this much lag for ever on a partition at rest. */
const MARKER_LAG = 2;
/** Below the floor a silent group is called stopped only after much longer than usual. */
const QUIET_SECONDS_BELOW_FLOOR = 900;

/**
 * The lag from which one partition counts: its share of the group's floor, but more than transaction markers leave.
 */
export function partitionFloor(policy: ResolvedPolicy, partitions: number): number {
  const share = Math.ceil(policy.lag_floor / Math.max(1, partitions));
  return Math.max(1, Math.min(policy.lag_floor, Math.max(MARKER_LAG + 1, share)));
}

/** Seconds for which messages have waited without any commit, as far as trusted data reach. */
export function quietSeconds(view: PartitionView, context: GroupContext): number {
  return Math.min(view.commitAge, waiting(view), context.trustedSeconds);
}

/** Seconds for which messages have waited while the offset stayed where it is. */
export function stuckSeconds(view: PartitionView, context: GroupContext): number {
  return Math.min(view.unmoved, waiting(view), context.trustedSeconds);
}

/** By its batch windows the group need not have handled what waits here. */
function mayWait(view: PartitionView, context: GroupContext): boolean {
  // Outside of its windows an age that nobody knows is held against no group.
  if (isOutside(context)) return !(view.timeLag.seconds > context.overdueAge);
  return context.expectedAge > 0 && waiting(view) <= context.expectedAge;
}

function isOutside(context: GroupContext): boolean {
  return context.expectedAge === Number.POSITIVE_INFINITY;
}

function waiting(view: PartitionView): number {
  return Number.isNaN(view.timeLag.seconds) ? Number.POSITIVE_INFINITY : view.timeLag.seconds;
}

export function isLate(view: PartitionView, context: GroupContext): boolean {
  return view.lag >= context.partitionFloor && view.timeLag.seconds > context.policy.objective_seconds;
}

/** Lag goes down faster than the sampling of end offsets can pretend. */
export function isShrinking(view: PartitionView, context: GroupContext): boolean {
  const noise = ((view.produceRate || 0) * context.refreshSeconds) / 2;
  return view.lagVelocity < 0 && -view.lagVelocity * 90 > Math.min(noise, view.lag / 10);
}

export function findPartitionVerdict(view: PartitionView, current: Verdict, context: GroupContext): Verdict {
  // Burrow can lose commits (its reaper, a restart from the latest offsets): that heals nothing.
  if (!view.known) return isFailing(current) ? current : "unknown";
  // A topic made anew under a stopped consumer takes its lag away, not its trouble.
  if (view.beyondEnd) return isFailing(current) && !view.moved ? current : "unknown";
  const failure = findFailure(view, context);
  if (failure !== null && mayWait(view, context)) return "idle";
  if (failure !== null) return context.policy.expected_idle && failure !== "stalled" ? "idle" : failure;
  // A failure ends with a sign of life, not because the evidence got younger (a restart of Burrow or of this process).
  const signOfLife = view.moved || view.lag < context.partitionFloor;
  if (isFailing(current) && !signOfLife && !mayWait(view, context) && view.unmoved > view.patience)
    return current;
  return findProgress(view, context);
}

function findFailure(view: PartitionView, context: GroupContext): Verdict | null {
  if (view.lag < context.partitionFloor) {
    const patience = Math.max(QUIET_SECONDS_BELOW_FLOOR, 3 * view.patience);
    const dead = view.lag > MARKER_LAG && !context.alive && quietSeconds(view, context) >= patience;
    return dead ? "stopped" : null;
  }
  if (quietSeconds(view, context) >= view.patience) {
    const unowned = view.reading.owner === null;
    if (unowned && context.hasOwners && context.alive) return "no_owner";
    const ownerMoves = unowned ? context.alive : context.movingOwners.has(view.owner);
    return ownerMoves ? "stalled" : "stopped";
  }
  return stuckSeconds(view, context) >= view.patience && view.commitAge < view.patience ? "stalled" : null;
}

function findProgress(view: PartitionView, context: GroupContext): Verdict {
  if (view.rewindLeft >= context.partitionFloor && view.lag >= context.partitionFloor) return "rewound";
  const expectsIdle = context.policy.expected_idle || isOutside(context) || mayWait(view, context);
  if (expectsIdle && !view.moved && view.lag > 0) return "idle";
  // Who works outside of its windows is ahead of its duty.
  if (isOutside(context) && view.moved) return "ok";
  if (isLate(view, context)) {
    if (Number.isNaN(view.lagVelocity)) return "unknown";
    return isShrinking(view, context) ? "catching_up" : "falling_behind";
  }
  if (view.lag >= context.partitionFloor && view.timeLag.method === "none") return "unknown";
  return view.lag === 0 && !view.moved && view.produceRate === 0 ? "idle" : "ok";
}
