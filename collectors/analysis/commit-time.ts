/**
 * When a commit happened, on the collector's clock. Three clocks speak: the broker's (`timestampMs`), Burrow's
 * (`observedAtMs`, whole seconds) and ours; a commit that Burrow merged into a slot keeps the slot's first timestamp but
 * renews `observedAtMs`, and a commit that Burrow read again after a restart has a fresh `observedAtMs` and an old stamp.
 */
import type { CommitReading } from "../../model/snapshot.ts";
import { isTime } from "./format.ts";
import type { Settings } from "./settings.ts";

/** The Date header has whole seconds and travels: below this a difference is not a wrong clock. */
const MIN_SKEW_MS = 2000;
/** Brokers a little ahead of Burrow are normal, because Burrow cuts to seconds. */
const BROKER_AHEAD_MS = 2000;

export type CommitClock = {
  readonly nowMs: number;
  /** Burrow's clock minus ours, 0 when small or unknown. */
  readonly skewMs: number;
  readonly settings: Settings;
};

export function usableSkew(skewMs: number | null): number {
  return skewMs === null || Math.abs(skewMs) < MIN_SKEW_MS ? 0 : skewMs;
}

/** True when Burrow saw the commit as it happened, so that its `observedAtMs` and `lag` belong to that moment. */
export function isLive(commit: CommitReading, settings: Settings): boolean {
  if (commit.observedAtMs === null) return true;
  return commit.observedAtMs - commit.timestampMs <= settings.liveCommitMs;
}

/** Best estimate in epoch ms of our clock, never after now. */
export function commitTime(commit: CommitReading, clock: CommitClock): number {
  const { nowMs, skewMs } = clock;
  const observed = commit.observedAtMs;
  const stamp = isTime(commit.timestampMs) ? commit.timestampMs : (observed ?? nowMs);
  if (observed === null) return Math.min(nowMs, stamp);
  const live = observed - stamp <= clock.settings.liveCommitMs;
  if (!live) return Math.min(nowMs, stamp);
  // A broker whose clock runs ahead must not make commits look fresher than Burrow's sight of them.
  const best = stamp - observed > BROKER_AHEAD_MS ? observed : Math.max(stamp, observed);
  return Math.min(nowMs, best - skewMs);
}
