/**
 * Seconds late: the age of the first message that was not committed yet, found in the history of end offsets.
 *
 * Message `c` was appended when the end offset went from c to c + 1. With the last point (t0, h0 ≤ c) and the first
 * point (t1, h1 > c), and each point up to one refresh older than its time, the append lies in (t0 − refresh, t1].
 */
import type { TimeLagMethod } from "../../model/verdicts.ts";
import type { HeadHistory, Neighbours } from "./head-history.ts";

/** Reused by the caller for every partition: seconds and error are NaN where they cannot be said. */
export type TimeLag = { seconds: number; errorSeconds: number; method: TimeLagMethod };

export type TimeLagQuery = {
  committed: number;
  lag: number;
  /** The end offset that goes with `lag`, newest knowledge. */
  head: number;
  slot: number;
  nowMs: number;
  refreshMs: number;
};

/** How far before the oldest point a straight line may be drawn: as far as the history is long, at least 10 minutes. */
const MIN_EXTRAPOLATION_MS = 600_000;
/** A line through less than this is noise. */
const MIN_LINE_MS = 45_000;

const none = { beforeMs: 0, beforeOffset: 0, afterMs: 0, afterOffset: 0 };

export class TimeLagFinder {
  readonly #history: HeadHistory;
  readonly #neighbours: Neighbours = { ...none };

  constructor(history: HeadHistory) {
    this.#history = history;
  }

  find(query: TimeLagQuery, into: TimeLag): void {
    if (query.lag <= 0) {
      into.seconds = 0;
      into.errorSeconds = query.refreshMs / 1000;
      into.method = "exact";
      return;
    }
    const found = this.#neighbours;
    this.#history.locate(query.slot, query.committed, found);
    if (Number.isNaN(found.afterMs)) {
      // The group's own answer carried a newer end offset than the topic's.
      found.afterMs = query.nowMs;
      found.afterOffset = Math.max(query.head, query.committed + 1);
    }
    if (Number.isNaN(found.beforeMs)) this.#beforeHistory(query, into);
    else between(query, found, into);
  }

  /** Older than every point: a bound, or a line drawn a bounded way back. */
  #beforeHistory(query: TimeLagQuery, into: TimeLag): void {
    const history = this.#history;
    into.errorSeconds = Number.NaN;
    if (history.count(query.slot) === 0) {
      into.seconds = Number.NaN;
      into.method = "none";
      return;
    }
    const oldestMs = history.timeAt(query.slot, 0);
    const spanMs = history.newestMs(query.slot) - oldestMs;
    const grown = history.newestOffset(query.slot) - history.offsetAt(query.slot, 0);
    const missing = history.offsetAt(query.slot, 0) - query.committed;
    into.seconds = Math.max(0, query.nowMs - oldestMs) / 1000;
    into.method = "lower_bound";
    if (spanMs < MIN_LINE_MS || grown <= 0) return;
    const backMs = (missing / grown) * spanMs;
    if (backMs > Math.max(spanMs, MIN_EXTRAPOLATION_MS)) return;
    into.seconds += backMs / 1000;
    into.method = "estimated";
  }
}

function between(query: TimeLagQuery, found: Neighbours, into: TimeLag): void {
  const { beforeMs, afterMs } = found;
  const share = (query.committed + 1 - found.beforeOffset) / (found.afterOffset - found.beforeOffset);
  const earliest = beforeMs - query.refreshMs;
  // Both ends are on average half a refresh older than their times.
  const appended = beforeMs + Math.min(1, share) * (afterMs - beforeMs) - query.refreshMs / 2;
  const capped = Math.min(appended, query.nowMs);
  into.seconds = (query.nowMs - capped) / 1000;
  into.errorSeconds = Math.max(capped - earliest, afterMs - capped) / 1000;
  into.method = afterMs - beforeMs <= query.refreshMs ? "exact" : "interpolated";
}
