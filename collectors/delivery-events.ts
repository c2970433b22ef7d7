/** What happens between the spool and Elasticsearch, as log lines and metrics; see events.ts for the levels. */
import { describeError } from "../model/errors.ts";
import type { BackingOff, ShipperEvents } from "./elasticsearch/shipper.ts";
import type { Logger, RepeatLimiter } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { FileOutputEvents } from "./outputs/file-output.ts";
import type { SpoolEvents } from "./spool/contract.ts";
import type { RecoveryReport } from "./spool/recover.ts";

export type DeliverySinks = {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly repeats: RepeatLimiter;
};

export function createSpoolEvents(sinks: DeliverySinks): SpoolEvents {
  const { metrics } = sinks;
  return {
    dropped(reason, documents) {
      metrics.add("lagline_spool_dropped_documents_total", documents, { reason });
      limited(sinks, "error", {
        code: "LAGLINE_SPOOL_DROPPED",
        key: reason,
        text: `${documents} documents were dropped from the spool (${reason}). They are lost.`,
      });
    },
    deadLettersDropped(documents) {
      metrics.add("lagline_dead_letters_dropped_total", documents);
      limited(sinks, "error", {
        code: "LAGLINE_SPOOL_DEAD_LETTERS_DROPPED",
        text: `${documents} dead letters were removed, because their store reached its bound.`,
      });
    },
    segmentAbandoned(segment, error) {
      diskError(
        sinks,
        "segment_abandoned",
        `The disk failed on ${segment}; its data was written again: ${error.message}`,
      );
    },
    acknowledgementsNotWritten(error) {
      diskError(sinks, "acknowledgements", `What was sent could not be written down: ${error.message}`);
    },
    readFailed(segment, error) {
      diskError(
        sinks,
        "read",
        `${segment} of the spool could not be read, it is tried again: ${error.message}`,
      );
    },
  };
}

/** An end of a failure that was held back is said all the same when it took this long. */
const WORTH_SAYING_SECONDS = 10;

export function createShipperEvents(sinks: DeliverySinks): ShipperEvents {
  const { log, metrics } = sinks;
  metrics.set("lagline_elasticsearch_up", 1);
  // One node of several that is down fails a request now and then, for days: what was not said is not taken back either.
  let isSaid = false;
  return {
    bulkRequest({ status, bytes, seconds }) {
      metrics.add("lagline_bulk_requests_total", 1, { status: String(status) });
      metrics.add("lagline_bulk_sent_bytes_total", bytes);
      metrics.observe("lagline_bulk_seconds", seconds);
    },
    settled({ retried }) {
      for (const [reason, documents] of Object.entries(retried)) {
        metrics.add("lagline_bulk_retried_documents_total", documents, { reason });
      }
    },
    deadLettered({ errorType, reason, documents }) {
      metrics.add("lagline_dead_letters_total", documents, { error_type: errorType });
      limited(sinks, "error", {
        code: "LAGLINE_ELASTICSEARCH_DEAD_LETTER",
        key: errorType,
        text: `Elasticsearch refused ${documents} documents for good (${errorType}: ${reason}). They are kept in the dead-letter store.`,
      });
    },
    backingOff(about: BackingOff) {
      metrics.set("lagline_elasticsearch_up", 0);
      const isWritten = limited(sinks, "warn", {
        code: "LAGLINE_ELASTICSEARCH_RETRY",
        key: about.reason,
        text: `Documents wait in the spool, because Elasticsearch does not take them: ${about.detail} Next try in ${Math.ceil(about.delayMs / 1000)} s.`,
      });
      isSaid ||= isWritten;
    },
    recovered({ failures, seconds }) {
      metrics.set("lagline_elasticsearch_up", 1);
      if (!isSaid && seconds < WORTH_SAYING_SECONDS) return;
      isSaid = false;
      log.info(
        { code: "LAGLINE_ELASTICSEARCH_RECOVERED", failures },
        `Elasticsearch takes documents again, after ${Math.round(seconds)} s.`,
      );
    },
    credentialsReloaded() {
      log.info({ code: "LAGLINE_ELASTICSEARCH_CREDENTIALS" }, "Changed credential files are in use now.");
    },
    settlementFailed(error) {
      diskError(
        sinks,
        "settlement",
        `An outcome could not be written down, the batch is sent again: ${describeError(error)}`,
      );
    },
  };
}

export function createFileOutputEvents(sinks: DeliverySinks, directory: string): FileOutputEvents {
  const { log, metrics } = sinks;
  return {
    written(documents) {
      metrics.add("lagline_file_output_documents_total", documents);
    },
    lost({ reason, documents, detail }) {
      metrics.add("lagline_file_output_lost_documents_total", documents, { reason });
      limited(sinks, "warn", {
        code: "LAGLINE_FILE_OUTPUT_LOST",
        key: reason,
        text: `${documents} documents are missing in ${directory}: ${detail} Elasticsearch gets them all the same; the next cycle tries the files again.`,
      });
    },
    recovered(missing) {
      log.info(
        { code: "LAGLINE_FILE_OUTPUT_RECOVERED", missing },
        `Documents go to ${directory} again; ${missing} are missing there.`,
      );
    },
  };
}

/** What was found on disk at start, when it was not simply what the last run left. */
export function reportRecovery(
  sinks: DeliverySinks,
  report: RecoveryReport,
  brokeLockOf: string | null,
): void {
  const { log, metrics } = sinks;
  if (brokeLockOf !== null) {
    log.warn(
      { code: "LAGLINE_SPOOL_STALE_LOCK" },
      `The spool was locked by ${brokeLockOf}, which runs no more.`,
    );
  }
  if (report.lostDocuments > 0) {
    metrics.add("lagline_spool_dropped_documents_total", report.lostDocuments, { reason: "corrupt" });
    log.error(
      { code: "LAGLINE_SPOOL_DAMAGED", ...report },
      `${report.lostDocuments} documents of the spool cannot be read any more. They are lost.`,
    );
  } else if (report.quarantined.length > 0 || !report.acknowledgementsReadable) {
    log.warn(
      { code: "LAGLINE_SPOOL_REPAIRED", ...report },
      "The spool was damaged and repaired; no document is lost.",
    );
  }
}

/** An answer that is larger than its bound was cut off; what was asked counts as not answered. */
export function answerTooLarge({ metrics }: DeliverySinks): void {
  metrics.add("lagline_limit_exceeded_total", 1, { limit: "elasticsearch_answer_bytes" });
}

type LimitedLine = { readonly code: string; readonly key?: string; readonly text: string };

/** @returns whether the line was written. */
function limited(
  { log, metrics, repeats }: DeliverySinks,
  level: "warn" | "error",
  line: LimitedLine,
): boolean {
  const { write, suppressed } = repeats.admit(`${line.code}.${line.key ?? ""}`);
  if (write) {
    log[level]({ code: line.code, ...(suppressed > 0 ? { suppressed } : {}) }, line.text);
  } else {
    metrics.add("lagline_log_lines_suppressed_total", 1, { code: line.code });
  }
  return write;
}

function diskError(sinks: DeliverySinks, what: string, text: string): void {
  sinks.metrics.add("lagline_spool_disk_errors_total", 1, { what });
  limited(sinks, "error", { code: "LAGLINE_SPOOL_DISK_ERROR", key: what, text });
}
