/**
 * When to run. Ticks lie on multiples of the interval in UTC. A cycle that takes longer than the interval skips the
 * ticks it ran over: they are counted, never made up for. The wall clock may be set forward or back at any time.
 */
export type NextTickInput = {
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Tick of the last cycle; null before the first. */
  readonly lastTickMs: number | null;
};

export type NextTick = {
  /** Aligned time of the tick, becomes `@timestamp`. */
  readonly tickMs: number;
  /** Ticks between the last and this one that will never run. */
  readonly skipped: number;
  /** True when the clock was set back so far that ticks start again from it. */
  readonly clockWentBack: boolean;
};

/** A clock this many intervals behind the last tick was set back; less is small correction, waited out. */
const BACK_STEP_INTERVALS = 3;

/** The next tick after `lastTickMs` that is not in the past by a whole interval; pure. */
export function nextTick({ nowMs, intervalMs, lastTickMs }: NextTickInput): NextTick {
  const upcoming = Math.ceil(nowMs / intervalMs) * intervalMs;
  if (lastTickMs === null) {
    return { tickMs: upcoming, skipped: 0, clockWentBack: false };
  }
  if (nowMs < lastTickMs - BACK_STEP_INTERVALS * intervalMs) {
    return { tickMs: upcoming, skipped: 0, clockWentBack: true };
  }
  const following = lastTickMs + intervalMs;
  if (following >= nowMs) {
    return { tickMs: following, skipped: 0, clockWentBack: false };
  }
  // The cycle overran: wait for the next aligned tick instead of starting one late with an old timestamp.
  return { tickMs: upcoming, skipped: Math.round((upcoming - following) / intervalMs), clockWentBack: false };
}

export type WaitOptions = {
  readonly untilMs: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
};

/** Longest single sleep: a clock that was set is noticed within this time. */
const LONGEST_SLEEP_MS = 1000;

/**
 * Waits until the wall clock has reached `untilMs`. Returns false when the signal aborted, and early when the clock
 * was set back, so that the caller plans again.
 */
export async function waitUntil({
  untilMs,
  now,
  signal,
}: WaitOptions): Promise<"due" | "clock_back" | "aborted"> {
  let before = now();
  for (;;) {
    const current = now();
    if (signal.aborted) {
      return "aborted";
    }
    if (current >= untilMs) {
      return "due";
    }
    if (current < before - LONGEST_SLEEP_MS) {
      return "clock_back";
    }
    before = current;
    await sleep(Math.min(untilMs - current, LONGEST_SLEEP_MS), signal);
  }
}

/** Sleeps, or returns at once when the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return;
  }
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
