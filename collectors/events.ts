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

export type CollectorEvents = ReturnType<typeof createEvents>;

export function createEvents({ log, metrics, repeats }: EventSinks) {
  let failing: string | null = null;
  let host: string | null = null;

  /** Writes a line unless one of its kind was written a moment ago. */
  const limited = (
    level: "info" | "warn" | "error",
    code: string,
    line: { text: string; detail?: object },
  ): void => {
    const { write, suppressed } = repeats.admit(code);
    if (!write) {
      metrics.add("lagline_log_lines_suppressed_total");
      return;
    }
    log[level]({ code, ...line.detail, ...(suppressed > 0 ? { suppressed } : {}) }, line.text);
  };

  return {
    started(detail: {
      version: string;
      intervalSeconds: number;
      servers: readonly string[];
      waiting: number;
    }): void {
      metrics.set("lagline_build_info", 1, { version: detail.version });
      log.info(
        { code: "LAGLINE_COLLECT_STARTED", ...detail },
        `Collector started: a tick every ${detail.intervalSeconds} s, ${detail.waiting} documents wait in the spool.`,
      );
    },

    stopped(detail: { waiting: number; reason: string }): void {
      log.info(
        { code: "LAGLINE_COLLECT_STOPPED", ...detail },
        detail.waiting === 0
          ? `Collector stopped (${detail.reason}); the spool is empty.`
          : `Collector stopped (${detail.reason}); ${detail.waiting} documents stay in the spool for the next start.`,
      );
    },

    tickSpooled(summary: TickSummary, cycleSeconds: number): void {
      metrics.add("lagline_ticks_total", 1, { result: summary.failure === null ? "ok" : "burrow_failed" });
      metrics.set("lagline_last_tick_timestamp_seconds", summary.tickMs / 1000);
      metrics.observe("lagline_cycle_seconds", cycleSeconds);
      metrics.observe("lagline_scrape_seconds", summary.scrapeSeconds);
      metrics.add("lagline_documents_total", summary.documents);
      metrics.add("lagline_burrow_requests_total", summary.requests);
      metrics.set("lagline_groups", summary.groups);
      metrics.set("lagline_groups_unreadable", summary.groupsUnreadable);
      metrics.set("lagline_topics", summary.topics);
      metrics.set("lagline_partitions", summary.partitions);
      log.debug({ ...summary, cycleSeconds }, `Tick of ${new Date(summary.tickMs).toISOString()} spooled.`);
    },

    /** The state of Burrow in this tick; says something when it changes. */
    burrowState(summary: TickSummary): void {
      const { burrow, failure } = summary;
      metrics.set("lagline_burrow_up", failure === null ? 1 : 0, { server: burrow.server });
      metrics.set("lagline_burrow_ready", burrow.ready ? 1 : 0);
      if (burrow.selfLag !== null) {
        metrics.set("lagline_burrow_self_lag", burrow.selfLag);
      }
      if (failure !== null) {
        failing = failure.kind;
        limited("warn", "LAGLINE_BURROW_UNREADABLE", {
          text: `${failure.detail} This tick has no lag data; the next one tries again.`,
          detail: { kind: failure.kind },
        });
      } else if (failing !== null) {
        failing = null;
        log.info({ code: "LAGLINE_BURROW_RECOVERED" }, `Burrow at ${burrow.server} can be read again.`);
      }
      if (host !== null && burrow.host !== null && burrow.host !== host) {
        metrics.add("lagline_burrow_host_changes_total");
        limited("warn", "LAGLINE_BURROW_HOST_CHANGED", {
          text: `Another Burrow answers at ${burrow.server}: ${burrow.host} instead of ${host}. If it was restarted this is normal; if it repeats, several instances sit behind one address.`,
        });
      }
      host = burrow.host ?? host;
    },

    scrapeProblem(problem: ScrapeProblem): void {
      metrics.add("lagline_burrow_problems_total", 1, { kind: problem.kind, scope: problem.scope });
      const isData = problem.kind === "not_found" && problem.scope !== "cluster";
      if (isData) {
        log.debug({ code: "LAGLINE_BURROW_NOT_FOUND" }, problem.detail);
        return;
      }
      const code = `LAGLINE_BURROW_${problem.kind.toUpperCase()}`;
      limited("warn", `${code}.${problem.scope}`, { text: problem.detail, detail: { scope: problem.scope } });
    },

    ticksSkipped(skipped: number, intervalSeconds: number): void {
      metrics.add("lagline_ticks_skipped_total", skipped);
      limited("warn", "LAGLINE_COLLECT_TICKS_SKIPPED", {
        text: `${skipped} ${skipped === 1 ? "tick was" : "ticks were"} skipped, because a cycle took longer than ${intervalSeconds} s. Raise collector.interval_seconds or collector.concurrent_requests.`,
        detail: { skipped },
      });
    },

    clockWentBack(): void {
      metrics.add("lagline_clock_steps_total");
      log.warn(
        { code: "LAGLINE_COLLECT_CLOCK_BACK" },
        "The clock of this host was set back; ticks follow the new time.",
      );
    },

    /** The spool did not take a tick: its documents are gone, because the next tick brings newer ones. */
    tickLost(error: unknown, documents: number): void {
      metrics.add("lagline_ticks_total", 1, { result: "lost" });
      metrics.add("lagline_documents_lost_total", documents);
      const code = error instanceof LaglineError ? error.code : "LAGLINE_COLLECT_TICK_LOST";
      limited("error", code, {
        text: `A tick was lost before it reached the spool: ${describeError(error)}`,
        detail: { documents },
      });
    },

    historySaved(bytes: number): void {
      metrics.add("lagline_history_saves_total", 1, { result: "ok" });
      log.debug({ bytes }, "History saved.");
    },

    historyNotSaved(error: unknown): void {
      metrics.add("lagline_history_saves_total", 1, { result: "failed" });
      limited("warn", "LAGLINE_COLLECT_HISTORY_UNSAVED", {
        text: `History could not be written, so rates start anew after a restart: ${describeError(error)}`,
      });
    },

    historyLoaded(result: "loaded" | "none" | "refused"): void {
      if (result === "refused") {
        log.warn(
          { code: "LAGLINE_COLLECT_HISTORY_REFUSED" },
          "The saved history is of another version or damaged; rates and time lag start anew.",
        );
      } else {
        log.info(
          { history: result },
          result === "loaded" ? "History of the last run loaded." : "No history yet.",
        );
      }
    },

    leavingNamespace(ticks: number): void {
      log.error(
        { code: "LAGLINE_COLLECT_NAMESPACE_LOST", ticks },
        `No connection to Burrow for ${ticks} ticks. Its container was probably replaced and took the shared network namespace along; leaving, so that the restart policy joins the new one.`,
      );
    },

    stopForced(): void {
      log.warn(
        { code: "LAGLINE_COLLECT_STOP_FORCED" },
        "Second signal: leaving at once. The spool is safe on disk.",
      );
    },
  };
}
