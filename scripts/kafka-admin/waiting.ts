/** Small waiting tools of the Kafka commands: a sleep that ends with its signal, and retries with a deadline. */
import { setTimeout as delay } from "node:timers/promises";
import { LaglineError } from "../../model/errors.ts";
import { isPassing, kafkaReasonText } from "./failures.ts";

/** Node's timers take at most 2^31 − 1 ms. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Sleeps; an abort ends the sleep early and quietly, the caller looks at its signal. */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** Waits for the signal alone. */
export async function forever(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(LONGEST_TIMER_MS, signal);
}

/** Resolves with the promise, or with undefined when it takes too long or fails; for closing things. */
export async function atMost<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise.catch(() => undefined),
      delay(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
  } finally {
    timer.abort();
  }
}

export type RetryOptions = {
  /** What is attempted, for the sentence: "Kafka at 127.0.0.1:9092 did not …". */
  readonly failure: string;
  /** The same for an error that will not pass, where other words fit better: "Kafka at … refused the connection". */
  readonly refusal?: string;
  readonly hint: string;
  readonly deadlineSeconds: number;
  readonly pauseMilliseconds?: number;
  readonly signal: AbortSignal;
  /** Called with the reason the first time an attempt fails and again when the reason changes. */
  readonly onWaiting?: (reason: string) => void;
};

/**
 * Repeats an attempt until it succeeds, an error comes that does not pass by itself, or the deadline is over.
 * @throws LaglineError `LAGLINE_KAFKA_UNREACHABLE` (deadline), `LAGLINE_KAFKA_REFUSED` (will not pass by itself),
 * `LAGLINE_INTERRUPTED` (signal).
 */
export async function retryUntil<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const endsAt = performance.now() + options.deadlineSeconds * 1000;
  let said: string | undefined;
  for (;;) {
    if (options.signal.aborted) throw interrupted(options.failure);
    try {
      return await attempt();
    } catch (error) {
      if (options.signal.aborted) throw interrupted(options.failure);
      if (error instanceof LaglineError && !error.retryable) throw error;
      const reason = error instanceof LaglineError ? error.message : kafkaReasonText(error);
      if (!isPassing(error)) throw refused(options, reason, error);
      if (performance.now() >= endsAt) throw unreachable(options, reason, error);
      if (reason !== said) options.onWaiting?.(reason);
      said = reason;
    }
    await sleep(options.pauseMilliseconds ?? 1000, options.signal);
  }
}

function interrupted(failure: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_INTERRUPTED",
    message: `${failure}: stopped on request.`,
    retryable: true,
  });
}

function refused(
  { failure, refusal = failure, hint }: RetryOptions,
  reason: string,
  cause: unknown,
): LaglineError {
  return new LaglineError({ code: "LAGLINE_KAFKA_REFUSED", message: `${refusal}: ${reason}.`, hint, cause });
}

function unreachable(options: RetryOptions, reason: string, cause: unknown): LaglineError {
  return new LaglineError({
    code: "LAGLINE_KAFKA_UNREACHABLE",
    message: `${options.failure} within ${options.deadlineSeconds} s: ${reason}.`,
    hint: options.hint,
    retryable: true,
    cause,
  });
}
