/** What a reading teaches: rates, usual gaps between commits, rewinds, jumps, and the past that Burrow's window holds. */
import { commitTime, isLive, type CommitClock } from "./commit-time.ts";
import type { HeadHistory } from "./head-history.ts";
import type { PartitionTable } from "./partition-table.ts";
import type { PartitionView } from "./partition-view.ts";
import type { Settings } from "./settings.ts";
import type { TimeLagFinder } from "./time-lag.ts";

export type Observer = {
  readonly table: PartitionTable;
  readonly history: HeadHistory;
  readonly finder: TimeLagFinder;
  readonly settings: Settings;
  readonly clock: CommitClock;
  /** While the monitoring is suspect nothing is learned. */
  readonly suspect: boolean;
};

/** Burrow keeps 10 commits by default and does not tell another setting on this endpoint. */
const WINDOW_SLOTS = 10;

/** A window with a long idle gap must not make a fresh start patient for ever. */
const MAX_BOOTSTRAP_GAP_SECONDS = 1800;

/** First sight: Burrow's window is the only past there is. */
export function begin(o: Observer, view: PartitionView, commitAt: number): void {
  const { table, clock } = o;
  const row = view.row;
  const { start, end, complete } = view.reading;
  table.movedAtMs[row] = commitAt;
  if (start === null || end === null) return;
  seedHistory(o, view);
  const startAt = commitTime(start, clock);
  const windowSeconds = (commitAt - startAt) / 1000;
  if (windowSeconds <= 0) return;
  if (start.offset === end.offset) table.movedAtMs[row] = startAt;
  const slots = Math.round(complete * WINDOW_SLOTS);
  if (slots >= 3) {
    table.commitGap[row] = Math.min(MAX_BOOTSTRAP_GAP_SECONDS, windowSeconds / (slots - 1));
    if (end.offset >= start.offset && windowSeconds >= 20) {
      table.consumeRate[row] = (end.offset - start.offset) / windowSeconds;
    }
  }
}

/** Lag at the moment of a commit tells the end offset of that moment; replayed entries tell today's instead. */
function seedHistory(o: Observer, view: PartitionView): void {
  if (o.history.count(view.slot) > 2) return;
  const { start, end } = view.reading;
  for (const commit of [end, start]) {
    if (commit === null || commit.observedAtMs === null || commit.lag === null) continue;
    if (!isLive(commit, o.settings)) continue;
    o.history.seed(view.slot, commit.observedAtMs - o.clock.skewMs, commit.offset + commit.lag);
  }
}

export function advance(o: Observer, view: PartitionView, commitAt: number): void {
  const { table, clock, settings } = o;
  const row = view.row;
  const before = table.committed[row] ?? view.committed;
  const dtMs = clock.nowMs - (table.readAtMs[row] ?? clock.nowMs);
  const step = view.committed - before;
  view.moved = step !== 0;
  noteRewind(o, view, step);
  const gapSeconds = (commitAt - (table.commitAtMs[row] ?? commitAt)) / 1000;
  if (step !== 0) {
    table.movedAtMs[row] = commitAt;
    learnGap(o, view, gapSeconds);
    if (step > 0 && Number.isNaN(table.rewindFrom[row] ?? Number.NaN)) noteSkip(o, view, step);
    if (step > 0 && view.skipped === 0) {
      const span = Math.max(1000, gapSeconds >= 1 ? gapSeconds * 1000 : dtMs);
      table.consumeRate[row] = smooth(
        table.consumeRate[row] ?? Number.NaN,
        (step * 1000) / span,
        span / settings.smoothingMs,
      );
    }
  } else if (dtMs > 0) {
    const quiet = (clock.nowMs - commitAt) / 1000;
    const usual = Math.max((2 * settings.intervalMs) / 1000, 2 * (table.commitGap[row] ?? 0));
    if (view.lag === 0 || quiet > usual || commitAt > (table.commitAtMs[row] ?? 0)) {
      table.consumeRate[row] = smooth(table.consumeRate[row] ?? Number.NaN, 0, dtMs / settings.smoothingMs);
    }
  }
  if (dtMs > 0) {
    const change = ((view.lag - (table.lag[row] ?? 0)) * 1000) / dtMs;
    const known = table.lagVelocity[row] ?? Number.NaN;
    table.lagVelocity[row] =
      view.rewoundBy > 0 || view.skipped > 0 ? Number.NaN : smooth(known, change, dtMs / settings.velocityMs);
  }
}

/** Exponential smoothing that is right for uneven steps; `weight` is the step in time constants. */
function smooth(known: number, sample: number, weight: number): number {
  return Number.isNaN(known) ? sample : known + (sample - known) * (1 - Math.exp(-weight));
}

function noteRewind(o: Observer, view: PartitionView, step: number): void {
  const { table } = o;
  const row = view.row;
  const from = table.rewindFrom[row] ?? Number.NaN;
  if (step < 0) {
    // What was committed before lies beyond the end: that log is gone, nothing is read again.
    const sampledAt = o.history.newestMs(view.slot) - o.settings.refreshMs;
    if (view.committed - step > view.head && (table.readAtMs[row] ?? 0) < sampledAt) return;
    // A rebalance puts back what was not committed yet: some seconds of traffic are no rewind.
    const usual = (view.produceRate || 0) * Math.max(30, o.settings.intervalMs / 1000);
    if (-step <= usual && Number.isNaN(from)) return;
    view.rewoundBy = -step;
    if (!(from > view.committed - step)) table.rewindFrom[row] = view.committed - step;
  } else if (view.committed >= from || from > view.head || view.beyondEnd) {
    table.rewindFrom[row] = Number.NaN;
  }
}

/** A jump to the end after silence is a reset or a seek, not consumption. */
function noteSkip(o: Observer, view: PartitionView, step: number): void {
  const { table, clock, settings } = o;
  const row = view.row;
  const silent = clock.nowMs - (table.commitAtMs[row] ?? clock.nowMs) > settings.silentMs;
  const usual = Math.max(table.consumeRate[row] ?? 0, view.produceRate || 0, 1);
  const seconds = settings.intervalMs / 1000;
  if (silent && step > 100 && step > 20 * usual * seconds) view.skipped = step;
}

/** Only gaps while messages waited count: an idle consumer commits when it likes. */
function learnGap(o: Observer, view: PartitionView, gapSeconds: number): void {
  const { table, settings } = o;
  const row = view.row;
  if ((table.lag[row] ?? 0) <= 0 || gapSeconds <= 0) return;
  const known = table.commitGap[row] ?? 0;
  // A silence that was judged a stop must not become the usual.
  if (gapSeconds > Math.max(settings.silentMs / 1000, 3 * known)) return;
  table.commitGap[row] =
    known === 0 ? gapSeconds : known + (gapSeconds - known) * (gapSeconds > known ? 0.3 : 0.05);
}
