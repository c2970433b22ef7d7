/** Builders of partition, owner and topic documents. Absent stays absent: a number that is unknown (NaN) is left out. */
import type { LagDocument } from "../../model/documents.ts";
import { statusCode } from "../../model/statuses.ts";
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import { isTime, type IsoTimes } from "./format.ts";
import type { PartitionView } from "./partition-view.ts";

/** What all documents of a tick share. */
export type Stamp = {
  readonly timestamp: string;
  readonly cluster: string;
  readonly nowMs: number;
  readonly times: IsoTimes;
};

export type PartitionJudgement = {
  readonly group: string;
  readonly verdict: Verdict;
  /** Code that rules read: while suspect, that of the last trusted verdict. */
  readonly verdictCode: number;
  readonly sinceMs: number;
  readonly cause: string;
  readonly suspect: boolean;
  readonly lastOwner: string | null;
  readonly label: string;
};

export function partitionDocument(
  stamp: Stamp,
  view: PartitionView,
  judged: PartitionJudgement,
): LagDocument {
  const { reading } = view;
  const document: LagDocument = {
    "@timestamp": stamp.timestamp,
    record: "partition",
    cluster: stamp.cluster,
    group: judged.group,
    topic: reading.topic,
    partition: String(reading.partition),
    partition_number: reading.partition,
    partition_label: judged.label,
    status: reading.status,
    complete: reading.complete,
    time_lag_method: view.timeLag.method,
    verdict: judged.verdict,
    verdict_code: judged.verdictCode,
    cause: judged.cause,
    verdict_since: stamp.times.format(judged.sinceMs),
    verdict_seconds: seconds(stamp.nowMs - judged.sinceMs),
    suspect: judged.suspect ? 1 : 0,
  };
  const code = statusCode(reading.status);
  if (code !== undefined) document.status_code = code;
  if (judged.lastOwner !== null) document.partition_owner = judged.lastOwner;
  if (reading.clientId !== null) document.client_id = reading.clientId;
  if (view.known) addCommit(document, stamp, view);
  if (!Number.isNaN(view.produceRate) && !judged.suspect) document.produce_rate = round(view.produceRate);
  return judged.suspect ? document : addRates(document, view);
}

function addCommit(document: LagDocument, stamp: Stamp, view: PartitionView): void {
  const { start, end } = view.reading;
  document.lag = view.lag;
  document.committed_offset = view.committed;
  if (!Number.isNaN(view.head)) document.log_end_offset = view.head;
  document.commit_age_seconds = round(view.commitAge);
  if (end === null || view.stale) return;
  if (isTime(end.timestampMs)) document.committed_at = stamp.times.format(end.timestampMs);
  if (end.observedAtMs !== null && isTime(end.observedAtMs)) {
    document.observed_at = stamp.times.format(end.observedAtMs);
  }
  if (start === null || !isTime(start.timestampMs)) return;
  document.window_start_offset = start.offset;
  document.window_start_at = stamp.times.format(start.timestampMs);
  if (end.timestampMs >= start.timestampMs && isTime(end.timestampMs)) {
    document.window_seconds = (end.timestampMs - start.timestampMs) / 1000;
  }
}

function addRates(document: LagDocument, view: PartitionView): LagDocument {
  if (!view.known) return document;
  if (!Number.isNaN(view.consumeRate)) document.consume_rate = round(view.consumeRate);
  if (!Number.isNaN(view.lagVelocity)) document.lag_velocity = round(view.lagVelocity);
  const { seconds: late, errorSeconds } = view.timeLag;
  if (!Number.isNaN(late)) document.time_lag_seconds = round(late);
  if (!Number.isNaN(errorSeconds)) document.time_lag_error_seconds = round(errorSeconds);
  const eta = etaSeconds(view);
  if (!Number.isNaN(eta)) document.eta_seconds = round(eta);
  return document;
}

/** Seconds until the lag is gone at the present velocity; NaN while it does not shrink. */
export function etaSeconds(view: PartitionView): number {
  if (view.lag <= 0 || !(view.lagVelocity < 0)) return Number.NaN;
  const eta = view.lag / -view.lagVelocity;
  // Beyond a month the velocity is noise, not progress.
  return eta > 30 * 86_400 ? Number.NaN : eta;
}

export function verdictCode(verdict: Verdict): number {
  return VERDICTS[verdict].code;
}

/** Three decimals: finer than any clock in the chain, and shorter on the wire. */
export function round(value: number): number {
  // Ten digits say all that is known; beyond them stands only the order in which floating-point parts were added.
  if (Math.abs(value) >= 1e7) return Number(value.toPrecision(10));
  return Math.round(value * 1000) / 1000;
}

export function seconds(ms: number): number {
  return Math.max(0, ms) / 1000;
}
