/** Every threshold of the analysis in one place, derived from the tick interval and Burrow's refresh, with reasons. */

export type Settings = {
  readonly intervalMs: number;
  /** How old an end offset can be when Burrow serves it: its `offset-refresh`, 10 s when Burrow did not say. */
  readonly refreshMs: number;
  /**
   * Messages must wait this long without a commit before anything is called stopped or stalled. Longer than the default
   * session timeout of Kafka clients (45 s), so that a rebalance or a rolling deploy does not look like a stop; at least
   * three ticks, so that one late scrape cannot decide; at least four refreshes, so that the lag itself is not stale.
   */
  readonly silentMs: number;
  /** Nothing at all moved in the cluster for this long: shorter than `silentMs`, so that no group is blamed first. */
  readonly freezeMs: number;
  /** Time constant of smoothed rates: three ticks, at least 90 s; short enough to follow a consumer that stops. */
  readonly smoothingMs: number;
  /** Time constant of the lag's velocity: quick, so that the turn from growing to shrinking is seen in two ticks. */
  readonly velocityMs: number;
  /** A forecast must hold this long before it is a warning: bursts and deploys do not. */
  readonly forecastMs: number;
  /** Span over which produce rates are taken: several refreshes, because each end offset is up to one refresh old. */
  readonly produceWindowMs: number;
  /** Span over which the lag of a group must grow before it is called falling behind. */
  readonly trendMs: number;
  /** How far ahead a coming breach of the objective is worth a warning. */
  readonly breachHorizonSeconds: number;
  /** After Burrow caught up its cached answers can still be wrong for `expire-cache` seconds (10 by default). */
  readonly replayHoldMs: number;
  /** A commit this much older than one already seen means that Burrow replays, not that time went back. */
  readonly staleCommitMs: number;
  /** Observed later than committed by more than this: read again from the offsets topic, not seen live. */
  readonly liveCommitMs: number;
  /** A group must be gone this long before it is called vanished. */
  readonly vanishAfterMs: number;
  /** A vanished group keeps its document per tick for this long, so that its absence stays visible. */
  readonly vanishedKeepMs: number;
  /** State of groups and topics that were not seen for this long is dropped. */
  readonly forgetAfterMs: number;
};

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** At most this many vanished groups keep documents; short-lived groups with random names must not pile up. */
export const MAX_VANISHED_GROUPS = 1000;

export function deriveSettings(intervalSeconds: number, offsetRefreshSeconds: number | null): Settings {
  const intervalMs = Math.max(1, intervalSeconds) * SECOND;
  const refreshMs = Math.max(1, offsetRefreshSeconds ?? 10) * SECOND;
  return {
    intervalMs,
    refreshMs,
    silentMs: Math.max(60 * SECOND, 3 * intervalMs, 4 * refreshMs),
    freezeMs: Math.max(40 * SECOND, 2 * intervalMs, 2.5 * refreshMs),
    smoothingMs: Math.max(90 * SECOND, 3 * intervalMs),
    velocityMs: Math.max(45 * SECOND, 1.5 * intervalMs),
    forecastMs: Math.max(MINUTE, 2 * intervalMs),
    produceWindowMs: Math.max(MINUTE, 2 * intervalMs, 3 * refreshMs),
    trendMs: Math.max(5 * MINUTE, 5 * intervalMs),
    breachHorizonSeconds: 15 * 60,
    replayHoldMs: Math.max(15 * SECOND, intervalMs / 2),
    staleCommitMs: Math.max(30 * SECOND, 2 * refreshMs),
    liveCommitMs: Math.max(30 * SECOND, 2 * refreshMs),
    vanishAfterMs: Math.max(2 * MINUTE, 3 * intervalMs),
    vanishedKeepMs: 6 * HOUR,
    forgetAfterMs: 24 * HOUR,
  };
}
