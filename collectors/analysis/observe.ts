/** One reading of one partition against its state: updates the state, fills the view. */
import type { CommitReading, PartitionReading } from "../../model/snapshot.ts";
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
/** After this many older readings the older clock is believed: the broker's clock was set back. */
const MAX_STALE_TICKS = 20;

/** Commit times are in part whole seconds, of another host's clock. */
const CLOCK_SLACK_MS = 3000;

export function observe(o: Observer, reading: PartitionReading, view: PartitionView): void {
  const { table, clock } = o;
  const row = view.row;
  view.reading = reading;
  view.stale = false;
  view.beyondEnd = false;
  view.moved = false;
  view.fresh = false;
  view.rewoundBy = 0;
  view.skipped = 0;
  view.produceRate = o.history.rate(view.slot, o.settings.produceWindowMs);
  const end = reading.end;
  view.known = end !== null && end.offset >= 0;
  if (end === null || end.offset < 0) {
    forgetCommit(view);
    return;
  }
  const first = table.readAtMs[row] === 0;
  if (!first && isStale(o, row, end.timestampMs)) {
    holdStale(o, view);
    return;
  }
  table.staleTicks[row] = 0;
  view.committed = end.offset;
  view.lag = reading.currentLag;
  view.fresh = !first && isFresh(o, row, end);
  const commitAt = clampToSight(o, row, { at: commitTime(end, clock), reading });
  noteHead(o, view, commitAt);
  if (!o.suspect) {
    if (first) begin(o, view, commitAt);
    else advance(o, view, commitAt);
    table.committed[row] = end.offset;
    table.commitStampMs[row] = end.timestampMs;
    table.observedMs[row] = end.observedAtMs ?? 0;
    table.commitAtMs[row] = commitAt;
    table.readAtMs[row] = clock.nowMs;
    table.lag[row] = view.lag;
    if ((table.ticks[row] ?? 0) < 65_535) table.ticks[row] = (table.ticks[row] ?? 0) + 1;
  }
  finishView(o, view, commitAt);
}

function forgetCommit(view: PartitionView): void {
  view.committed = Number.NaN;
  view.head = Number.NaN;
  view.lag = 0;
  view.commitAge = Number.NaN;
  view.commitAtMs = 0;
  view.rewindLeft = 0;
  view.consumeRate = Number.NaN;
  view.lagVelocity = Number.NaN;
  view.timeLag.seconds = Number.NaN;
  view.timeLag.errorSeconds = Number.NaN;
  view.timeLag.method = "none";
}

function isStale(o: Observer, row: number, stampMs: number): boolean {
  const known = o.table.commitStampMs[row] ?? 0;
  return stampMs < known - o.settings.staleCommitMs && (o.table.staleTicks[row] ?? 0) < MAX_STALE_TICKS;
}

/** An older commit than one already seen: keep to what was known. */
function holdStale(o: Observer, view: PartitionView): void {
  const { table } = o;
  const row = view.row;
  table.staleTicks[row] = (table.staleTicks[row] ?? 0) + 1;
  view.stale = true;
  view.committed = table.committed[row] ?? Number.NaN;
  const head = o.history.newestOffset(view.slot);
  view.lag = Number.isNaN(head) ? (table.lag[row] ?? 0) : Math.max(0, head - view.committed);
  view.head = view.committed + view.lag;
  finishView(o, view, table.commitAtMs[row] ?? 0);
}

/** The group's answer carries an end offset of its own, sometimes newer than the topic's, sometimes the only one. */
function noteHead(o: Observer, view: PartitionView, commitAt: number): void {
  const implied = view.committed + view.lag;
  const newest = o.history.newestOffset(view.slot);
  if (view.lag === 0 && newest < view.committed) {
    view.beyondEnd = isBeyondEnd(o, view, commitAt);
    view.head = view.beyondEnd ? newest : view.committed;
    return;
  }
  view.head = Number.isNaN(newest) ? implied : Math.max(implied, newest);
  if (o.suspect) return;
  if (Number.isNaN(newest) || (implied >= newest && view.lag > 0)) {
    o.history.record(view.slot, o.clock.nowMs, implied);
  }
}

/**
 * An end offset sampled after a commit and still below it: the log does not reach that far any more. A commit that is
 * new in this tick proves nothing, because its time rests on clocks; then the one before it is asked.
 */
function isBeyondEnd(o: Observer, view: PartitionView, commitAt: number): boolean {
  const { table } = o;
  const row = view.row;
  const newest = o.history.newestOffset(view.slot);
  const sampledAt = o.history.newestMs(view.slot) - o.settings.refreshMs;
  const before = table.committed[row] ?? Number.NaN;
  if (Number.isNaN(before)) return commitAt + CLOCK_SLACK_MS < sampledAt;
  if (before <= newest || before > view.committed) return false;
  const since = before === view.committed ? (table.movedAtMs[row] ?? 0) : (table.readAtMs[row] ?? 0);
  return since + CLOCK_SLACK_MS < sampledAt;
}

/** A new slot or a renewed one; an old commit that was only read again is not fresh. */
function isFresh(o: Observer, row: number, end: CommitReading): boolean {
  if (o.table.committed[row] !== end.offset || end.timestampMs > (o.table.commitStampMs[row] ?? 0))
    return true;
  return isLive(end, o.settings) && (end.observedAtMs ?? 0) > (o.table.observedMs[row] ?? 0);
}

/** A commit first seen in this tick and not in the one before happened between the two, whatever the clocks say. */
function clampToSight(o: Observer, row: number, seen: { at: number; reading: PartitionReading }): number {
  const { table, clock } = o;
  const end = seen.reading.end;
  const before = table.readAtMs[row] ?? 0;
  if (before === 0 || end === null) return seen.at;
  const same =
    table.committed[row] === end.offset &&
    table.commitStampMs[row] === end.timestampMs &&
    (table.observedMs[row] ?? 0) === (end.observedAtMs ?? 0);
  if (same) return table.commitAtMs[row] ?? seen.at;
  // Burrow's cached answer may be older than our reading of it, by `expire-cache` (10 s by default).
  const slackMs = 10_000;
  const replayed = !isLive(end, o.settings) && table.committed[row] === end.offset;
  if (replayed) return Math.max(table.commitAtMs[row] ?? 0, Math.min(seen.at, clock.nowMs));
  return Math.min(clock.nowMs, Math.max(seen.at, before - slackMs));
}

/** First sight: Burrow's window is the only past there is. */
function begin(o: Observer, view: PartitionView, commitAt: number): void {
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

function advance(o: Observer, view: PartitionView, commitAt: number): void {
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
    // A rebalance puts back what was not committed yet: some seconds of traffic are no rewind.
    const usual = (view.produceRate || 0) * Math.max(30, o.settings.intervalMs / 1000);
    if (-step <= usual && Number.isNaN(from)) return;
    view.rewoundBy = -step;
    if (!(from > view.committed - step)) table.rewindFrom[row] = view.committed - step;
  } else if (view.committed >= from || view.beyondEnd) {
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

function finishView(o: Observer, view: PartitionView, commitAt: number): void {
  const { table, clock, settings } = o;
  const row = view.row;
  view.commitAtMs = commitAt;
  view.commitAge = Math.max(0, clock.nowMs - commitAt) / 1000;
  view.unmoved = Math.max(0, clock.nowMs - (table.movedAtMs[row] || commitAt)) / 1000;
  view.consumeRate = table.consumeRate[row] ?? Number.NaN;
  view.lagVelocity = table.lagVelocity[row] ?? Number.NaN;
  view.rewindLeft = Math.max(0, (table.rewindFrom[row] ?? Number.NaN) - view.committed || 0);
  view.patience = Math.max(settings.silentMs / 1000, 3 * (table.commitGap[row] ?? 0));
  if (view.beyondEnd) {
    view.timeLag.seconds = Number.NaN;
    view.timeLag.errorSeconds = Number.NaN;
    view.timeLag.method = "none";
    return;
  }
  o.finder.find(
    {
      committed: view.committed,
      lag: view.lag,
      head: view.head,
      slot: view.slot,
      nowMs: clock.nowMs,
      refreshMs: settings.refreshMs,
    },
    view.timeLag,
  );
}
