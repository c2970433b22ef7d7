/** Turns the outcomes of a batch into what the spool has to write down. Pure. */
import type { DeadLetter, LeasedBatch, Settlement, SpoolBatch } from "../spool/contract.ts";
import type { Delivery } from "./bulk.ts";
import type { Outcome, RetryReason } from "./outcomes.ts";

/**
 * How long a timestamp may be refused as too new. After an outage Elasticsearch opens the next index of a time series
 * within `time_series.poll_interval` (5 min); three times that.
 */
export const TOO_NEW_LIMIT_MS = 15 * 60_000;

export type Tally = {
  readonly settlement: Settlement;
  /** Documents to be sent again, by reason. */
  readonly retried: Readonly<Partial<Record<RetryReason, number>>>;
  /** True when nothing about the batch changed, so that it can simply be given back. */
  readonly unchanged: boolean;
};

export function settle(lease: LeasedBatch, delivery: Delivery, nowMs: number): Tally {
  let stored = 0;
  let duplicate = 0;
  const deadLetters: DeadLetter[] = [];
  const remaining: number[] = [];
  const retried: Partial<Record<RetryReason, number>> = {};
  let index = -1;
  for (const answered of delivery.outcomes) {
    index += 1;
    const outcome = answered.kind === "retry" ? giveUpTooNew(answered, { lease, nowMs }) : answered;
    if (outcome.kind === "stored") stored += 1;
    else if (outcome.kind === "duplicate") duplicate += 1;
    else if (outcome.kind === "retry") {
      remaining.push(index);
      retried[outcome.reason] = (retried[outcome.reason] ?? 0) + 1;
    } else deadLetters.push(letterOf(delivery.lines.text(index), { outcome, lease }));
  }
  const refused = (retried.too_new ?? 0) > 0;
  const settlement: Settlement = {
    stored,
    duplicate,
    deadLetters,
    remaining: remaining.length === 0 ? null : rest(lease, delivery, remaining),
    refusedSinceMs: refused ? (lease.refusedSinceMs ?? nowMs) : null,
  };
  const counts = (retried.unknown_answer ?? 0) > 0 || refused;
  return { settlement, retried, unchanged: remaining.length === lease.documents && !counts };
}

function giveUpTooNew(
  outcome: Extract<Outcome, { kind: "retry" }>,
  context: { lease: LeasedBatch; nowMs: number },
): Outcome {
  if (outcome.reason !== "too_new") return outcome;
  const sinceMs = context.lease.refusedSinceMs ?? context.nowMs;
  if (context.nowMs - sinceMs < TOO_NEW_LIMIT_MS) return outcome;
  return { kind: "dead", errorType: "timestamp_too_new", reason: outcome.detail, status: outcome.status };
}

function letterOf(
  document: string,
  about: { outcome: Extract<Outcome, { kind: "dead" }>; lease: LeasedBatch },
): DeadLetter {
  const { errorType, reason, status } = about.outcome;
  const { acceptedAtMs, attempts } = about.lease;
  return { document, errorType, reason, status, firstSeenMs: acceptedAtMs, attempts: attempts + 1 };
}

function rest(lease: LeasedBatch, delivery: Delivery, indexes: readonly number[]): SpoolBatch {
  return {
    ndjson: delivery.lines.pick(indexes),
    documents: indexes.length,
    minTimestampMs: lease.minTimestampMs,
    maxTimestampMs: lease.maxTimestampMs,
  };
}
