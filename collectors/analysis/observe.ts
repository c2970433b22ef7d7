/** One reading of one partition against its state: updates the state, fills the view. */
import type { CommitReading, PartitionReading } from "../../model/snapshot.ts";
import { commitTime, isLive } from "./commit-time.ts";
import { advance, begin, type Observer } from "./learn.ts";
import type { PartitionView } from "./partition-view.ts";

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
  view.unmoved = 0;
  view.patience = 0;
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
  const implied = Math.min(Number.MAX_SAFE_INTEGER, view.committed + view.lag);
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
