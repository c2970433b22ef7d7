/**
 * Keeps verdicts from flapping: a new one must be the finding of several ticks in a row before it is given. Findings that
 * have their own waiting time built in (stopped, stalled, no owner, vanished) count at once; getting better takes two
 * ticks, so that a consumer in a crash loop does not resolve its alert at every start.
 */
import { VERDICT_NAMES, VERDICTS, type Verdict } from "../../model/verdicts.ts";

export type Settled = { verdict: Verdict; pending: Verdict; pendingTicks: number };

const AT_ONCE: ReadonlySet<Verdict> = new Set(["stopped", "stalled", "no_owner", "vanished", "suspect_data"]);

/**
 * From a failure to another warning, four ticks: in a crash loop the consumer lives for a moment again and again.
 */
const TICKS_WITHIN_FAILURE = 4;

/** Ticks in a row that `next` must be found before it replaces `current`. */
export function ticksNeeded(current: Verdict, next: Verdict): number {
  if (AT_ONCE.has(next) || current === "unknown" || current === "suspect_data") return 1;
  if (isFailing(current) && VERDICTS[next].severity === "warning") return TICKS_WITHIN_FAILURE;
  return next === "idle" ? 3 : 2;
}

/** Changes `state`; true when the verdict changed. */
export function settle(state: Settled, found: Verdict): boolean {
  if (found === state.verdict) {
    state.pending = found;
    state.pendingTicks = 0;
    return false;
  }
  state.pending = found;
  state.pendingTicks = Math.min(255, state.pendingTicks + 1);
  if (state.pendingTicks < ticksNeeded(state.verdict, found)) return false;
  state.verdict = found;
  state.pendingTicks = 0;
  return true;
}

/** Verdicts are stored as their codes in one byte. */
export function verdictOf(code: number): Verdict {
  return VERDICT_NAMES[code] ?? "unknown";
}

export function isFailing(verdict: Verdict): boolean {
  return VERDICTS[verdict].severity === "critical";
}
