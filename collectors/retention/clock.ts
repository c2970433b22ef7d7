/**
 * Whether the clock may be believed when something is to be deleted. What is deleted is gone, and disks fill slowly, so
 * every doubt keeps everything. The only witness is when indices were made: in a pipeline that runs this happens all the
 * time, and after a jump of the clock, or a standstill, there is a gap. Pure.
 */
import type { StoredIndex } from "./types.ts";
import { DAY_MS } from "../elasticsearch/windows.ts";

/** After a gap or a jump nothing is deleted for so long: a wrong clock is noticed and set right in that time. */
export const STEADY_MS = DAY_MS;
/** Clocks of two hosts may differ by this. */
const SKEW_MS = 600_000;
/** Documents of tomorrow are no sign of a wrong clock. */
const AHEAD_MS = DAY_MS;

export type ClockQuestion = {
  readonly nowMs: number;
  readonly indices: readonly StoredIndex[];
  /** Longest time between two new indices while everything runs. */
  readonly longestPauseMs: number;
  /** Whether an index begins only when its documents come, so that a later one tells of later documents. */
  readonly startsTell: boolean;
  /** Since when this process has seen its clock run evenly; null where it has seen no jump. */
  readonly steadySinceMs: number | null;
};

/** Why nothing may be deleted, in one sentence; null where nothing speaks against it. */
export function doubt(question: ClockQuestion): string | null {
  const { nowMs, indices, startsTell, steadySinceMs } = question;
  const newest = latest(indices, ({ createdMs }) => createdMs);
  if (newest !== undefined && newest.createdMs > nowMs + SKEW_MS) {
    return `The clock says ${iso(nowMs)}, but the index ${newest.name} was made at ${iso(newest.createdMs)}: nothing is deleted until the clock is later than that. Where that index was made by a clock that was ahead, delete it.`;
  }
  const last = startsTell ? latest(indices, ({ span }) => span?.startMs ?? 0) : undefined;
  if (last?.span !== undefined && last.span !== null && last.span.startMs > nowMs + AHEAD_MS) {
    return `The clock says ${iso(nowMs)}, but the index ${last.name} has documents of ${iso(last.span.startMs)} or later: nothing is deleted until the clock is later than that. Where the documents are wrong, delete that index.`;
  }
  if (steadySinceMs !== null && nowMs - steadySinceMs < STEADY_MS) {
    return `The clock was set at ${iso(steadySinceMs)}: nothing is deleted before it has run evenly for a day.`;
  }
  return doubtByPause(question);
}

/** The last pause counts: those before it were long ago, or were looked at then. */
function doubtByPause({ nowMs, indices, longestPauseMs }: ClockQuestion): string | null {
  let laterMs = nowMs;
  for (const createdMs of indices.map((index) => index.createdMs).toSorted((a, b) => b - a)) {
    if (laterMs - createdMs > longestPauseMs) {
      if (nowMs - laterMs >= STEADY_MS) return null;
      return `No index was made between ${iso(createdMs)} and ${iso(laterMs)}: either everything stood still, or the clock jumped. Nothing is deleted before new indices have come for a day.`;
    }
    laterMs = Math.min(laterMs, createdMs);
  }
  return null;
}

/**
 * Since when the clock runs evenly, from two looks at it and at one that nobody sets.
 * @returns the time of the later look when the two clocks went apart by more than ten minutes, else what was known.
 */
export function steadySince(
  known: number | null,
  before: { readonly wallMs: number; readonly monotonicMs: number },
  after: { readonly wallMs: number; readonly monotonicMs: number },
): number | null {
  const drift = after.wallMs - before.wallMs - (after.monotonicMs - before.monotonicMs);
  if (Math.abs(drift) > SKEW_MS) return after.wallMs;
  return known;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/:00\.000Z$|\.\d{3}Z$/, "Z");
}

function latest(
  indices: readonly StoredIndex[],
  time: (index: StoredIndex) => number,
): StoredIndex | undefined {
  return indices.toSorted((a, b) => time(a) - time(b)).at(-1);
}
