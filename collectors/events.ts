/**
 * What happens in the collector, one function per event: each writes its log line and moves its metric, so that the two
 * cannot disagree. INFO: start, stop, recovery. WARN: unexpected, nothing lost. ERROR: data lost or a person must act.
 */
import { describeError, LaglineError } from "../model/errors.ts";
import type { ScrapeProblem } from "../model/snapshot.ts";
import type { Logger, RepeatLimiter } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { TickSummary } from "./pipeline.ts";

export type EventSinks = { readonly log: Logger; readonly metrics: Metrics; readonly repeats: RepeatLimiter };

export class CollectorEvents {
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #repeats: RepeatLimiter;
  #failing: string | null = null;
  #host: string | null = null;
  #server: string | null = null;

  constructor({ log, metrics, repeats }: EventSinks) {
    this.#log = log;
    this.#metrics = metrics;
    this.#repeats = repeats;
  }

  started(detail: {
    name: string;
    version: string;
    intervalSeconds: number;
    servers: readonly string[];
    waiting: number;
  }): void {
    this.#metrics.set("lagline_build_info", 1, {
      version: detail.version,
      collector: detail.name,
    });
    this.#log.info(
      { code: "LAGLINE_COLLECT_STARTED", ...detail },
      `Collector started: a tick every ${detail.intervalSeconds} s, ${detail.waiting} documents wait in the spool.`,
    );
  }

  stopped(detail: { waiting: number; reason: string }): void {
    this.#log.info(
      { code: "LAGLINE_COLLECT_STOPPED", ...detail },
      detail.waiting === 0
        ? `Collector stopped (${detail.reason}); the spool is empty.`
        : `Collector stopped (${detail.reason}); ${detail.waiting} documents stay in the spool for the next start.`,
    );
  }

  flushRequested(waiting: number): void {
    this.#log.info(
      { code: "LAGLINE_COLLECT_FLUSH", waiting },
      waiting === 0
        ? "SIGUSR1: nothing waits in the spool."
        : `SIGUSR1: ${waiting} documents wait in the spool; Elasticsearch is tried now.`,
    );
  }

  tickSpooled(summary: TickSummary, cycleSeconds: number): void {
    this.#metrics.add("lagline_ticks_total", 1, {
      result: summary.failure === null ? "ok" : "burrow_failed",
    });
    this.#metrics.set("lagline_last_tick_timestamp_seconds", summary.tickMs / 1000);
    this.#metrics.observe("lagline_cycle_seconds", cycleSeconds);
    this.#metrics.observe("lagline_scrape_seconds", summary.scrapeSeconds);
    this.#metrics.observe("lagline_analysis_seconds", summary.analysisSeconds);
    this.#metrics.add("lagline_documents_total", summary.documents);
    this.#metrics.add("lagline_burrow_requests_total", summary.requests);
    this.#metrics.set("lagline_groups", summary.groups);
    this.#metrics.set("lagline_groups_unreadable", summary.groupsUnreadable);
    this.#metrics.set("lagline_topics", summary.topics);
    this.#metrics.set("lagline_partitions", summary.partitions);
    this.#log.debug(
      { ...summary, cycleSeconds },
      `Tick of ${new Date(summary.tickMs).toISOString()} spooled.`,
    );
  }

  /** The collector's own document is one more of those that were made and accepted. */
  ownRecordSpooled(): void {
    this.#metrics.add("lagline_documents_total", 1);
  }

  /** The state of Burrow in this tick; says something when it changes. */
  burrowState(summary: TickSummary): void {
    const { burrow, failure } = summary;
    this.#metrics.set("lagline_burrow_up", failure === null ? 1 : 0, { server: burrow.server });
    this.#serverChosen(burrow.server);
    this.#metrics.set("lagline_burrow_ready", burrow.ready ? 1 : 0);
    if (burrow.selfLag !== null) {
      this.#metrics.set("lagline_burrow_self_lag", burrow.selfLag);
    }
    if (failure !== null) {
      this.#failing = failure.kind;
      this.#limited("warn", "LAGLINE_BURROW_UNREADABLE", {
        text: `${failure.detail} This tick has no lag data; the next one tries again.`,
        detail: { kind: failure.kind },
      });
    } else if (this.#failing !== null) {
      this.#failing = null;
      this.#log.info({ code: "LAGLINE_BURROW_RECOVERED" }, `Burrow at ${burrow.server} can be read again.`);
    }
    if (this.#host !== null && burrow.host !== null && burrow.host !== this.#host) {
      this.#metrics.add("lagline_burrow_host_changes_total");
      this.#limited("warn", "LAGLINE_BURROW_HOST_CHANGED", {
        text: `Another Burrow answers at ${burrow.server}: ${burrow.host} instead of ${this.#host}. If it was restarted this is normal; if it repeats, several instances sit behind one address.`,
      });
    }
    this.#host = burrow.host ?? this.#host;
  }

  /** The one that was read before this one could not be read now, so that another host answering is no surprise. */
  #serverChosen(server: string): void {
    if (this.#server !== null && this.#server !== server) {
      this.#metrics.set("lagline_burrow_up", 0, { server: this.#server });
      this.#log.info(
        { code: "LAGLINE_BURROW_FAILOVER" },
        `Burrow at ${server} is read instead of the one at ${this.#server}.`,
      );
      this.#host = null;
    }
    this.#server = server;
  }

  scrapeProblem(problem: ScrapeProblem): void {
    this.#metrics.add("lagline_burrow_problems_total", 1, { kind: problem.kind, scope: problem.scope });
    const isData = problem.kind === "not_found" && problem.scope !== "cluster";
    if (isData) {
      this.#log.debug({ code: "LAGLINE_BURROW_NOT_FOUND" }, problem.detail);
      return;
    }
    const { detail, kind, limit, scope } = problem;
    const code = `LAGLINE_BURROW_${kind.toUpperCase()}.${scope}`;
    if (limit === undefined) {
      this.#limited("warn", code, { text: detail, detail: { scope } });
      return;
    }
    this.#metrics.add("lagline_limit_exceeded_total", 1, { limit });
    this.#limited("warn", code, {
      key: `${code}.${limit}`,
      text: `${detail} The bound is collector.limits.${limit}: raise it if this is meant to be.`,
      detail: { scope, limit },
    });
  }

  ticksSkipped(skipped: number, intervalSeconds: number): void {
    this.#metrics.add("lagline_ticks_skipped_total", skipped);
    this.#limited("warn", "LAGLINE_COLLECT_TICKS_SKIPPED", {
      text: `${skipped} ${skipped === 1 ? "tick was" : "ticks were"} skipped, because a cycle took longer than ${intervalSeconds} s. Raise collector.interval_seconds or collector.concurrent_requests.`,
      detail: { skipped },
    });
  }

  clockWentBack(): void {
    this.#metrics.add("lagline_clock_steps_total");
    this.#log.warn(
      { code: "LAGLINE_COLLECT_CLOCK_BACK" },
      "The clock of this host was set back; ticks follow the new time.",
    );
  }

  /** The spool did not take a tick: its documents are gone, because the next tick brings newer ones. */
  tickLost(error: unknown, documents: number): void {
    this.#metrics.add("lagline_ticks_total", 1, { result: "lost" });
    this.#metrics.add("lagline_documents_lost_total", documents);
    const code = error instanceof LaglineError ? error.code : "LAGLINE_COLLECT_TICK_LOST";
    this.#limited("error", code, {
      text: `A tick was lost before it reached the spool: ${describeError(error)}`,
      detail: { documents },
    });
  }

  historySaved(bytes: number): void {
    this.#metrics.add("lagline_history_saves_total", 1, { result: "ok" });
    this.#log.debug({ bytes }, "History saved.");
  }

  shardMissing(sentence: string): void {
    this.#limited("warn", "LAGLINE_COLLECT_SHARD_MISSING", { text: sentence });
  }

  historyNotSaved(error: unknown): void {
    this.#metrics.add("lagline_history_saves_total", 1, { result: "failed" });
    this.#limited("warn", "LAGLINE_COLLECT_HISTORY_UNSAVED", {
      text: `History could not be written, so rates start anew after a restart: ${describeError(error)}`,
    });
  }

  historyLoaded(result: "loaded" | "none" | "refused"): void {
    if (result === "refused") {
      this.#log.warn(
        { code: "LAGLINE_COLLECT_HISTORY_REFUSED" },
        "The saved history is of another version or damaged; rates and time lag start anew.",
      );
    } else {
      this.#log.info(
        { history: result },
        result === "loaded" ? "History of the last run loaded." : "No history yet.",
      );
    }
  }

  certificateSeen(of: string, endsMs: number): void {
    this.#metrics.set("lagline_certificate_expires_timestamp_seconds", endsMs / 1000, { certificate: of });
  }

  /** Comes once a day for each certificate, so it is never held back. */
  certificateEnds(sentence: string, hasEnded: boolean): void {
    const level = hasEnded ? "error" : "warn";
    this.#log[level]({ code: "LAGLINE_COLLECT_CERTIFICATE_ENDS" }, sentence);
  }

  leavingNamespace(ticks: number): void {
    this.#log.error(
      { code: "LAGLINE_COLLECT_NAMESPACE_LOST", ticks },
      `No connection to Burrow for ${ticks} ticks. Its container was probably replaced and took the shared network namespace along; leaving, so that the restart policy joins the new one.`,
    );
  }

  stopForced(): void {
    this.#log.warn(
      { code: "LAGLINE_COLLECT_STOP_FORCED" },
      "Second signal: leaving at once. The spool is safe on disk.",
    );
  }

  /** Writes a line unless one of its kind was written a moment ago. */
  #limited(
    level: "info" | "warn" | "error",
    code: string,
    line: { text: string; detail?: object; key?: string },
  ): void {
    const { write, suppressed } = this.#repeats.admit(line.key ?? code);
    if (!write) {
      this.#metrics.add("lagline_log_lines_suppressed_total", 1, { code });
      return;
    }
    this.#log[level]({ code, ...line.detail, ...(suppressed > 0 ? { suppressed } : {}) }, line.text);
  }
}
