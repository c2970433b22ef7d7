/**
 * Clock of Burrow's host minus ours, from `Date` headers. A header holds whole seconds, so one answer only says that
 * the difference lies in an interval of one second plus the time of the exchange; several answers narrow it.
 */
export type ClockSample = {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly dateMs: number | null;
};

/** The difference in ms: 0 while the headers allow "no difference", else the middle of what they allow; null without any. */
export function clockSkewMs(samples: readonly ClockSample[]): number | null {
  let low = Number.NEGATIVE_INFINITY;
  let high = Number.POSITIVE_INFINITY;
  let seen = 0;
  for (const { sentMs, receivedMs, dateMs } of samples) {
    if (dateMs === null) {
      continue;
    }
    seen += 1;
    low = Math.max(low, dateMs - receivedMs);
    high = Math.min(high, dateMs + 999 - sentMs);
  }
  if (seen === 0) {
    return null;
  }
  if (low <= 0 && high >= 0) {
    return 0;
  }
  return Math.round((low + high) / 2);
}
