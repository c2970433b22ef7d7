/** The running collector: ticks on time, each spooled as a whole; says when it must stop. Sending is the shipper's. */
import type { CollectorEvents } from "./events.ts";
import type { Readiness } from "./health.ts";
import { type CollectorIdentity, buildCollectorRecord } from "./collector-record.ts";
import { createBatchEncoder } from "./encode.ts";
import { type PipelineOptions, type TickSummary, createTick } from "./pipeline.ts";
import { nextTick, sleep, waitUntil } from "./schedule.ts";
import type { SpoolBatch, SpoolStats } from "./spool/contract.ts";

/** Where a cycle's documents go: the spool, or standard output. */
export interface DocumentSink {
  /** All batches or none. */
  append(batches: AsyncIterable<SpoolBatch> | Iterable<SpoolBatch>): Promise<void>;
  stats(): SpoolStats | null;
}

export type CollectorOptions = {
  readonly identity: CollectorIdentity;
  readonly pipeline: PipelineOptions;
  readonly sink: DocumentSink;
  readonly events: CollectorEvents;
  /** Random delay before each scrape, at most this; the tick keeps its time. */
  readonly jitterMs: number;
  /** Ticks without a connection to Burrow after which `run` returns; null: never. */
  readonly leaveAfterUnreachable: (() => number | null) | null;
  readonly bulkRetries: () => number;
  /** Epoch ms, and ms that never jump. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly random: () => number;
};

export type StopReason = "stopped" | "namespace_lost";

export interface Collector {
  /** One cycle for the tick that is running now. Rejects when the sink does not take it. */
  runOnce(signal: AbortSignal): Promise<TickSummary>;
  /** Ticks until `stopping` aborts; a cycle in progress may end until `forced` aborts. */
  run(stopping: AbortSignal, forced: AbortSignal): Promise<StopReason>;
  liveness(): Readiness;
  readiness(): Readiness;
}

/** A scrape that takes longer is cut, and what was not read is reported as unreadable. */
const SCRAPE_INTERVALS = 2;
const SHORTEST_SCRAPE_DEADLINE_MS = 20_000;
/** Without a finished cycle for this long, the loop itself is taken for stuck. */
const STUCK_INTERVALS = 10;
const SHORTEST_STUCK_MS = 300_000;

export function createCollector(options: CollectorOptions): Collector {
  const { identity, events, now, monotonicMs } = options;
  const intervalMs = identity.intervalSeconds * 1000;
  const bornMs = monotonicMs();
  let lastEndMs: number | undefined;
  let ticksSkipped = 0;
  let unreachable = 0;
  let lastProblem: string | null = "No cycle has finished yet.";

  async function cycle(tickMs: number, signal: AbortSignal): Promise<TickSummary> {
    const startedMs = monotonicMs();
    const deadlineMs = Math.max(SHORTEST_SCRAPE_DEADLINE_MS, SCRAPE_INTERVALS * intervalMs);
    const tick = createTick(options.pipeline, { tickMs, signal, deadlineMs });
    try {
      await options.sink.append(tick.batches);
    } catch (error) {
      lastProblem = "The spool did not accept the last cycle.";
      if (!signal.aborted) {
        events.tickLost(error, tick.summary().documents);
      }
      throw error;
    } finally {
      lastEndMs = monotonicMs();
    }
    const summary = tick.summary();
    const cycleSeconds = (monotonicMs() - startedMs) / 1000;
    events.burrowState(summary);
    events.tickSpooled(summary, cycleSeconds);
    lastProblem = summary.failure?.detail ?? null;
    await appendOwnRecord(summary, cycleSeconds);
    return summary;
  }

  async function appendOwnRecord(summary: TickSummary, cycleSeconds: number): Promise<void> {
    const encoder = createBatchEncoder(options.pipeline.batch);
    const record = buildCollectorRecord({
      identity,
      summary,
      cycleSeconds,
      ticksSkipped,
      spool: options.sink.stats(),
      bulkRetries: options.bulkRetries(),
      nowMs: now(),
      residentBytes: process.memoryUsage.rss(),
    });
    encoder.add([record]);
    const batch = encoder.flush();
    try {
      await options.sink.append(batch === null ? [] : [batch]);
    } catch (error) {
      events.tickLost(error, 1);
    }
  }

  /** Waits for the next tick; null when stopping. */
  async function plan(
    last: { tickMs: number; startedMs: number } | null,
    stopping: AbortSignal,
  ): Promise<number | null> {
    for (;;) {
      const next = nextTick({ nowMs: now(), intervalMs, lastTickMs: last?.tickMs ?? null });
      const waited = await waitUntil({ untilMs: next.tickMs, now, signal: stopping });
      if (waited === "aborted") {
        return null;
      }
      if (waited === "clock_back") {
        continue;
      }
      if (next.clockWentBack) {
        events.clockWentBack();
      }
      // A clock that was set forward skips no tick: nothing was missed in the time that did not pass.
      const passed = last === null ? 0 : Math.floor((monotonicMs() - last.startedMs) / intervalMs);
      const skipped = Math.min(next.skipped, passed);
      if (skipped > 0) {
        ticksSkipped += skipped;
        events.ticksSkipped(skipped, identity.intervalSeconds);
      }
      return next.tickMs;
    }
  }

  function mustLeave(summary: TickSummary | null): boolean {
    const gone = summary !== null && !summary.reachable && summary.failure?.kind === "connect";
    unreachable = gone ? unreachable + 1 : 0;
    const limit = options.leaveAfterUnreachable?.() ?? null;
    return limit !== null && unreachable >= limit;
  }

  return {
    async runOnce(signal) {
      return cycle(Math.floor(now() / intervalMs) * intervalMs, signal);
    },

    async run(stopping, forced) {
      let last: { tickMs: number; startedMs: number } | null = null;
      for (;;) {
        const tickMs = await plan(last, stopping);
        if (tickMs === null) {
          return "stopped";
        }
        await sleep(options.random() * options.jitterMs, stopping);
        if (stopping.aborted) {
          return "stopped";
        }
        last = { tickMs, startedMs: monotonicMs() };
        const summary = await cycle(tickMs, forced).catch(() => null);
        if (mustLeave(summary)) {
          events.leavingNamespace(unreachable);
          return "namespace_lost";
        }
      }
    },

    liveness() {
      const quietMs = monotonicMs() - (lastEndMs ?? bornMs);
      const limitMs = Math.max(SHORTEST_STUCK_MS, STUCK_INTERVALS * intervalMs);
      return quietMs <= limitMs
        ? { ready: true, reasons: [] }
        : { ready: false, reasons: [`No cycle has ended for ${Math.round(quietMs / 1000)} s.`] };
    },

    readiness() {
      return lastProblem === null ? { ready: true, reasons: [] } : { ready: false, reasons: [lastProblem] };
    },
  };
}
