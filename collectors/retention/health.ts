/** What the resident process knows about its own runs, and whether that is well. */
import type { Readiness } from "../health-answers.ts";
import { iso } from "./clock.ts";
import type { RunResult } from "./run.ts";

/** Without a good run for so long something is wrong: they come once an hour. */
const SILENCE_MS = 86_400_000;
/** A first run that has not come by then does not come by itself. */
const FIRST_RUN_MS = 600_000;
/** How late a turn of the loop may be; above the sum of the deadlines of a usual run. */
const LATE_MS = 1_800_000;

export class Health {
  readonly runs = { done: 0, failed: 0 };
  deleted = 0;
  opened = 0;
  last: RunResult | null = null;
  lastSuccessMs: number | null = null;
  /** By the clock that nobody sets. */
  nextTurnMonotonicMs: number;
  readonly #startedMs: number;
  #failure: string | null = null;

  constructor(now: { readonly wallMs: number; readonly monotonicMs: number }) {
    this.#startedMs = now.wallMs;
    this.nextTurnMonotonicMs = now.monotonicMs;
  }

  succeeded(result: RunResult, nowMs: number): void {
    this.runs.done += 1;
    this.deleted += result.deleted;
    this.opened += result.opened;
    this.last = result;
    this.lastSuccessMs = nowMs;
    this.#failure = null;
  }

  failed(reason: string): void {
    this.runs.failed += 1;
    this.#failure = reason;
  }

  liveness(monotonicMs: number): Readiness {
    const lateMs = monotonicMs - this.nextTurnMonotonicMs;
    return lateMs < LATE_MS
      ? { ready: true, reasons: [] }
      : { ready: false, reasons: [`A run is late by ${Math.round(lateMs / 60_000)} min.`] };
  }

  readiness(nowMs: number): Readiness {
    const sinceMs = nowMs - (this.lastSuccessMs ?? this.#startedMs);
    if (sinceMs < (this.lastSuccessMs === null ? FIRST_RUN_MS : SILENCE_MS))
      return { ready: true, reasons: [] };
    const when =
      this.lastSuccessMs === null
        ? `since the start at ${iso(this.#startedMs)}`
        : `since ${iso(this.lastSuccessMs)}`;
    const why = this.#failure === null ? "" : ` The last failure: ${this.#failure}`;
    return { ready: false, reasons: [`Retention has not run ${when}.${why}`] };
  }
}
