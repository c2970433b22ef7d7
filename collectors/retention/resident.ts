/** Runs retention once an hour for as long as the process lives; no failure ends it. */
import { describeError } from "../../model/errors.ts";
import { sleep } from "../schedule.ts";
import { steadySince } from "./clock.ts";
import type { Health } from "./health.ts";
import type { RunResult } from "./run.ts";

const HOUR_MS = 3_600_000;
/** Several environments on one Elasticsearch need not come at once. */
const JITTER = 0.1;
/** Before the first document: what it made must be joined by the next windows soon. */
const EMPTY_MS = 60_000;
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 900_000;

export type ResidentOptions = {
  readonly run: (clock: { nowMs: number; steadySinceMs: number | null }) => Promise<RunResult>;
  readonly health: Health;
  readonly say: {
    readonly done: (result: RunResult) => void;
    readonly failed: (reason: string, waitMs: number) => void;
    readonly clockJumped: () => void;
  };
  readonly clock: () => { readonly wallMs: number; readonly monotonicMs: number };
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** @default a real one */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** Returns when the signal aborts. */
export async function keepRetention(options: ResidentOptions): Promise<void> {
  const { health, say, clock, signal, wait = sleep } = options;
  let failures = 0;
  let before = clock();
  let steadySinceMs: number | null = null;
  while (!signal.aborted) {
    const now = clock();
    const known: number | null = steadySinceMs;
    steadySinceMs = steadySince(known, before, now);
    if (steadySinceMs !== known) say.clockJumped();
    before = now;
    let waitMs: number;
    try {
      const result = await options.run({ nowMs: now.wallMs, steadySinceMs });
      failures = 0;
      health.succeeded(result, clock().wallMs);
      say.done(result);
      waitMs = jittered(result.state === "empty" ? EMPTY_MS : HOUR_MS, options.random());
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : describeError(error);
      waitMs = jittered(Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), options.random());
      failures += 1;
      health.failed(reason);
      say.failed(describeError(error), waitMs);
    }
    health.nextTurnMonotonicMs = clock().monotonicMs + waitMs;
    await wait(waitMs, signal);
  }
}

function jittered(ms: number, random: number): number {
  return Math.round(ms * (1 + JITTER * (2 * random - 1)));
}
