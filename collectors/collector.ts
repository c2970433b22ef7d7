/** The running collector: ticks on time, each spooled as a whole; says when it must stop. Sending is the shipper's. */
import { describeError } from "../model/errors.ts";
import type { CollectorEvents } from "./events.ts";
import type { Readiness } from "./health-answers.ts";
import { type CollectorIdentity, buildCollectorRecord } from "./collector-record.ts";
import { createBatchEncoder, encodeAll } from "./encode.ts";
import { type PipelineOptions, type TickSummary, createTick } from "./pipeline.ts";
import type { OwnRecord } from "./shape.ts";
import { nextTick, sleep, waitUntil } from "./schedule.ts";
import type { SpoolBatch, SpoolStats } from "./spool/contract.ts";

/** Where a cycle's documents go: the spool, or standard output. */
export interface DocumentSink {
  /** All batches or none. */
  append(batches: AsyncIterable<SpoolBatch> | Iterable<SpoolBatch>): Promise<void>;
  stats(): SpoolStats | null;
  /** True when nobody will take documents any more; the collector then ends. */
  readonly closed?: boolean;
}

export type CollectorOptions = {
  readonly identity: CollectorIdentity;
  readonly pipeline: PipelineOptions;
  /** @default buildCollectorRecord */
  readonly ownRecord?: OwnRecord;
  readonly sink: DocumentSink;
  readonly events: CollectorEvents;
  /** True when the history of an earlier run was loaded. */
  readonly hasHistory: () => boolean;
  /** Fixed delay before each scrape, so that another collector of the cluster writes first; the tick keeps its time. */
  readonly standbyMs: number;
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
/** Who knows less than another collector of the cluster might, is held back for this share of the interval. */
const GIVE_WAY = {
  young: { intervals: 1 / 3, longestMs: 10_000 },
  doubtful: { intervals: 3 / 5, longestMs: 18_000 },
} as const;
/** So many ticks after a start without history, verdicts may still change by what is learned. */
const YOUNG_TICKS = 10;
const SHORTEST_SCRAPE_DEADLINE_MS = 20_000;
/** Without a finished cycle for this long, the loop itself is taken for stuck. */
const STUCK_INTERVALS = 10;
const SHORTEST_STUCK_MS = 300_000;

export function createCollector(options: CollectorOptions): Collector {
  return new TickingCollector(options);
}

type LastTick = { readonly tickMs: number; readonly startedMs: number };

class TickingCollector implements Collector {
  readonly #options: CollectorOptions;
  readonly #intervalMs: number;
  /** When the last cycle ended, whatever its result; before the first, when the collector was made. */
  #lastEndMs: number;
  #ticksSkipped = 0;
  /** Ticks with data to be trusted since the start. */
  #ticksRead = 0;
  #unreachableTicks = 0;
  #reasons: readonly string[] = ["No cycle has finished yet."];

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#intervalMs = options.identity.intervalSeconds * 1000;
    this.#lastEndMs = options.monotonicMs();
  }

  async runOnce(signal: AbortSignal): Promise<TickSummary> {
    return this.#cycle(Math.floor(this.#options.now() / this.#intervalMs) * this.#intervalMs, { signal });
  }

  async run(stopping: AbortSignal, forced: AbortSignal): Promise<StopReason> {
    const { random, standbyMs, jitterMs, monotonicMs, events } = this.#options;
    let last: LastTick | null = null;
    for (;;) {
      const tickMs: number | null = await this.#waitForTick(last, stopping);
      if (tickMs === null) {
        return "stopped";
      }
      await sleep(standbyMs + random() * jitterMs, stopping);
      if (stopping.aborted) {
        return "stopped";
      }
      last = { tickMs, startedMs: monotonicMs() };
      const summary = await this.#cycle(tickMs, { signal: forced, stopping }).catch(() => null);
      if (this.#options.sink.closed === true) {
        return "stopped";
      }
      if (this.#mustLeave(summary)) {
        events.leavingNamespace(this.#unreachableTicks);
        return "namespace_lost";
      }
    }
  }

  liveness(): Readiness {
    const quietMs = this.#options.monotonicMs() - this.#lastEndMs;
    const limitMs = Math.max(SHORTEST_STUCK_MS, STUCK_INTERVALS * this.#intervalMs);
    return quietMs <= limitMs
      ? { ready: true, reasons: [] }
      : { ready: false, reasons: [`No cycle has ended for ${Math.round(quietMs / 1000)} s.`] };
  }

  readiness(): Readiness {
    return { ready: this.#reasons.length === 0, reasons: this.#reasons };
  }

  /** `stopping` ends the holding back of a doubtful tick; without it none is held back. */
  async #cycle(
    tickMs: number,
    { signal, stopping }: { signal: AbortSignal; stopping?: AbortSignal },
  ): Promise<TickSummary> {
    const { pipeline, sink, events, monotonicMs } = this.#options;
    const startedMs = monotonicMs();
    const deadlineMs = Math.max(SHORTEST_SCRAPE_DEADLINE_MS, SCRAPE_INTERVALS * this.#intervalMs);
    const tick = createTick(pipeline, {
      tickMs,
      signal,
      deadlineMs,
      ...(stopping === undefined
        ? {}
        : { giveWay: async (doubtful) => this.#giveWay({ tickMs, doubtful, stopping }) }),
    });
    try {
      await sink.append(tick.batches);
    } catch (error) {
      if (!signal.aborted && sink.closed !== true) {
        events.tickLost(error, tick.summary().documents);
      }
      this.#reasons = [`The spool did not accept the last cycle: ${describeError(error)}`];
      throw error;
    } finally {
      this.#lastEndMs = monotonicMs();
    }
    const summary = tick.summary();
    const cycleSeconds = (monotonicMs() - startedMs) / 1000 - summary.heldSeconds;
    events.burrowState(summary);
    events.tickSpooled(summary, cycleSeconds);
    this.#reasons = summary.failure === null ? [] : [summary.failure.detail];
    await this.#appendOwnRecord(summary, cycleSeconds);
    return summary;
  }

  /**
   * Another collector may read the same cluster, and the first document of a series and tick is the one that is stored:
   * who sees nothing, or has no history yet, must not be first.
   */
  async #giveWay(tick: { tickMs: number; doubtful: boolean; stopping: AbortSignal }): Promise<void> {
    const { tickMs, doubtful, stopping } = tick;
    this.#ticksRead += doubtful ? 0 : 1;
    const young = this.#ticksRead <= YOUNG_TICKS && !this.#options.hasHistory();
    if (!doubtful && !young) {
      return;
    }
    const { intervals, longestMs } = GIVE_WAY[doubtful ? "doubtful" : "young"];
    const heldMs = this.#options.standbyMs + Math.min(intervals * this.#intervalMs, longestMs);
    // Bounded on both sides: the wall clock may have been set meanwhile.
    await sleep(Math.max(0, Math.min(heldMs, tickMs + heldMs - this.#options.now())), stopping);
  }

  async #appendOwnRecord(summary: TickSummary, cycleSeconds: number): Promise<void> {
    const {
      identity,
      pipeline,
      sink,
      events,
      bulkRetries,
      now,
      ownRecord = buildCollectorRecord,
    } = this.#options;
    const encoder = createBatchEncoder(pipeline.batch);
    const record = ownRecord({
      identity,
      summary,
      cycleSeconds,
      ticksSkipped: this.#ticksSkipped,
      spool: sink.stats(),
      bulkRetries: bulkRetries(),
      nowMs: now(),
      residentBytes: process.memoryUsage.rss(),
    });
    if (record === null) {
      return;
    }
    try {
      await sink.append(encodeAll(encoder, [record]));
      events.ownRecordSpooled();
    } catch (error) {
      events.tickLost(error, 1);
    }
  }

  /** Waits for the next tick and tells its time; null when stopping. */
  async #waitForTick(last: LastTick | null, stopping: AbortSignal): Promise<number | null> {
    const { now, monotonicMs, events, identity } = this.#options;
    for (;;) {
      const next = nextTick({ nowMs: now(), intervalMs: this.#intervalMs, lastTickMs: last?.tickMs ?? null });
      // A clock that was set forward skips no tick: nothing was missed in time that did not pass.
      const passed = last === null ? 0 : Math.floor((monotonicMs() - last.startedMs) / this.#intervalMs);
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
      const skipped = Math.min(next.skipped, passed);
      if (skipped > 0) {
        this.#ticksSkipped += skipped;
        events.ticksSkipped(skipped, identity.intervalSeconds);
      }
      return next.tickMs;
    }
  }

  #mustLeave(summary: TickSummary | null): boolean {
    const isGone = summary !== null && !summary.reachable && summary.failure?.kind === "connect";
    this.#unreachableTicks = isGone ? this.#unreachableTicks + 1 : 0;
    const limit = this.#options.leaveAfterUnreachable?.() ?? null;
    return limit !== null && this.#unreachableTicks >= limit;
  }
}
