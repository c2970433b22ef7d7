/**
 * Windows of a time series where nothing in Elasticsearch makes them: backing indices whose time bounds touch and never
 * overlap, so that old ones can be deleted whole. Elasticsearch itself compares the bounds of a new index with those of
 * the earliest one only (seen on 9.2.0 and 8.19.8), so that they do not overlap is decided here. Pure.
 */

/** A stretch of time in epoch ms; the end is not part of it. */
export type Span = { readonly startMs: number; readonly endMs: number };

export const DAY_MS = 86_400_000;

/** Documents as old as this are taken, as far as retention covers them. */
const DAYS_BACK = 30;
/** Documents are taken for at least 14 days ahead, also when the process has stood still for a week. */
const DAYS_AHEAD = 21;
/** A bound on what one run opens; a new installation needs 42 at most. */
const LONGEST_LIST = 64;

/** Days that one window covers: a tenth of the retention, so that documents live at most a tenth longer. */
export function windowDays(retentionDays: number): number {
  return Math.max(1, Math.floor(retentionDays / 10));
}

/** The window of the first document: what is behind it is not cut, because nothing is there yet. */
export function firstWindow(nowMs: number, retentionDays: number): Span {
  const today = startOfDay(nowMs);
  return {
    startMs: today - Math.min(DAYS_BACK, retentionDays) * DAY_MS,
    endMs: today + (1 + windowDays(retentionDays)) * DAY_MS,
  };
}

/** True where bounds, which no index has yet, suit documents of now and make no window that is too long. */
export function suitsFirst(bounds: Span, nowMs: number, retentionDays: number): boolean {
  const { endMs } = firstWindow(nowMs, retentionDays);
  return bounds.startMs <= nowMs && bounds.endMs >= nowMs + DAY_MS && bounds.endMs <= endMs;
}

/** What has to be opened so that every document of the promised time has exactly one window. */
export function missingWindows(
  known: readonly Span[],
  about: { readonly nowMs: number; readonly retentionDays: number },
): readonly Span[] {
  const { nowMs, retentionDays } = about;
  // Never before what was just deleted: a window that ends by now minus retention would be opened and deleted for ever.
  const fromMs = endOfDay(nowMs - Math.min(DAYS_BACK, retentionDays) * DAY_MS);
  const untilMs = endOfDay(nowMs + DAYS_AHEAD * DAY_MS);
  const length = windowDays(retentionDays) * DAY_MS;
  const missing: Span[] = [];
  let atMs = fromMs;
  while (atMs < untilMs && missing.length < LONGEST_LIST) {
    const holder = known.find((span) => span.startMs <= atMs && atMs < span.endMs);
    if (holder === undefined) {
      const nextMs = Math.min(...known.map(({ startMs }) => startMs).filter((startMs) => startMs > atMs));
      const endMs = Math.min(startOfDay(atMs) + length, nextMs);
      missing.push({ startMs: atMs, endMs });
      atMs = endMs;
    } else {
      atMs = holder.endMs;
    }
  }
  return missing;
}

/** The first time from now on that no window holds; null where now itself has none. */
export function coveredUntil(known: readonly Span[], nowMs: number): number | null {
  let atMs = nowMs;
  for (;;) {
    const holder = known.find((span) => span.startMs <= atMs && atMs < span.endMs);
    if (holder === undefined) return atMs === nowMs ? null : atMs;
    atMs = holder.endMs;
  }
}

/** Longer than any that is opened here: one of an older setup, which had a single index. */
export function isWide({ startMs, endMs }: Span, retentionDays: number): boolean {
  return endMs - startMs > (DAYS_BACK + DAYS_AHEAD + 1 + windowDays(retentionDays)) * DAY_MS;
}

/** Begins later than any that is opened now: made while a clock was ahead. */
export function isFarAhead({ startMs }: Span, nowMs: number, retentionDays: number): boolean {
  return startMs > nowMs + (DAYS_AHEAD + 2 + windowDays(retentionDays)) * DAY_MS;
}

export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

function endOfDay(ms: number): number {
  return Math.ceil(ms / DAY_MS) * DAY_MS;
}
