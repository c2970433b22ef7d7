/** The collector's document about itself: written after each cycle, so that it can say what the cycle cost. */
import type { LagDocument } from "../model/documents.ts";
import type { TickSummary } from "./pipeline.ts";
import type { SpoolStats } from "./spool/contract.ts";

export type CollectorIdentity = {
  readonly cluster: string;
  /** Tells two collectors of one cluster apart; must stay the same over a restart. */
  readonly name: string;
  readonly version: string;
  readonly intervalSeconds: number;
};

export type CollectorRecordInput = {
  readonly identity: CollectorIdentity;
  readonly summary: TickSummary;
  readonly cycleSeconds: number;
  readonly ticksSkipped: number;
  /** Null where nothing is spooled (`--print`). */
  readonly spool: SpoolStats | null;
  readonly bulkRetries: number;
  readonly nowMs: number;
  readonly residentBytes: number;
};

export function buildCollectorRecord(input: CollectorRecordInput): LagDocument {
  const { identity, summary, spool } = input;
  return {
    "@timestamp": new Date(summary.tickMs).toISOString(),
    record: "collector",
    cluster: identity.cluster,
    collector: identity.name,
    collector_version: identity.version,
    interval_seconds: identity.intervalSeconds,
    cycle_seconds: round(input.cycleSeconds),
    scrape_seconds: round(summary.scrapeSeconds),
    burrow_requests: summary.requests,
    burrow_errors: summary.failures,
    ticks_skipped: input.ticksSkipped,
    resident_bytes: input.residentBytes,
    ...(spool === null ? {} : { ...spoolFields(spool, input.nowMs), bulk_retries: input.bulkRetries }),
  };
}

function spoolFields(spool: SpoolStats, nowMs: number): Partial<LagDocument> {
  return {
    spool_documents: spool.documents,
    spool_bytes: spool.bytes,
    spool_age_seconds: spool.oldestMs === null ? 0 : round(Math.max(0, nowMs - spool.oldestMs) / 1000),
    documents_accepted: spool.accepted,
    documents_stored: spool.stored,
    documents_duplicate: spool.duplicate,
    documents_dead_lettered: spool.deadLettered,
    documents_dropped: spool.dropped,
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
