/** The life of the collector process: health server, delivery, history, ticks; one signal stops it, a second forces. */
import { withDeadline } from "../model/deadline.ts";
import process from "node:process";
import type { Delivery } from "./adapters.ts";
import type { Collector } from "./collector.ts";
import type { CollectorEvents } from "./events.ts";
import { type HealthServer, startHealthServer } from "./health.ts";
import type { HistoryFile } from "./history.ts";
import type { MetricsRegistry } from "./metrics.ts";
import type { RunResult } from "./reload.ts";
import { sleep } from "./schedule.ts";

export type SuperviseOptions = {
  /** Aborted when a signal came before the supervision began. */
  readonly stopRequested: AbortSignal;
  /** Ends this life so that the next one begins with another configuration; what waits stays in the spool. */
  readonly reloadRequested?: AbortSignal;
  readonly collector: Collector;
  /** Null with `--print`. */
  readonly delivery: Delivery | null;
  readonly history: HistoryFile | null;
  readonly historyIntervalMs: number;
  readonly events: CollectorEvents;
  /** Runs beside the ticks until the signal aborts; never rejects. */
  readonly beside: (signal: AbortSignal) => Promise<void>;
  /** From the first signal to the end. */
  readonly stopDeadlineMs: number;
  readonly health: {
    readonly address: string;
    readonly port: number;
    readonly metrics: MetricsRegistry;
    readonly parts?: () => string;
  } | null;
  readonly started: {
    readonly name: string;
    readonly version: string;
    readonly intervalSeconds: number;
    readonly servers: readonly string[];
  };
};

/** Share of the stop deadline that a cycle in progress may use; the rest is for delivery and history. */
const CYCLE_SHARE = 0.4;

/** @returns the exit code: 0 after a stop, 1 when the process must be started again by its restart policy. */
export async function supervise(options: SuperviseOptions): Promise<RunResult> {
  const { collector, delivery, events } = options;
  const stopping = new AbortController();
  const forced = new AbortController();
  let isSignalled = false;
  const removeFlush = onFlushSignal(options);
  const removeSignals = onSignals(() => {
    if (isSignalled) {
      events.stopForced();
      process.exit(1);
    }
    isSignalled = true;
    stopping.abort();
  });
  const onReload = (): void => {
    stopping.abort();
  };
  options.reloadRequested?.addEventListener("abort", onReload, { once: true });
  if (options.stopRequested.aborted) {
    stopping.abort();
  }
  const server = await startHealth(options);
  delivery?.start();
  events.started({ ...options.started, waiting: delivery?.waiting() ?? 0 });
  const background = new AbortController();
  const saving = saveHistory(options, background.signal);
  const beside = options.beside(background.signal);
  stopping.signal.addEventListener(
    "abort",
    () => {
      setTimeout(() => {
        forced.abort();
      }, options.stopDeadlineMs * CYCLE_SHARE).unref();
    },
    { once: true },
  );
  try {
    const reason = await collector.run(stopping.signal, forced.signal);
    if (options.reloadRequested?.aborted === true && !isSignalled && reason === "stopped") return "reload";
    await withDeadline({ ms: options.stopDeadlineMs, signals: [] }, async (signal) =>
      delivery?.drain(options.stopDeadlineMs * (1 - CYCLE_SHARE), signal),
    );
    events.stopped({ waiting: delivery?.waiting() ?? 0, reason });
    return reason === "stopped" ? 0 : 1;
  } finally {
    background.abort();
    await saving;
    await beside;
    await saveOnce(options);
    await server?.close();
    options.reloadRequested?.removeEventListener("abort", onReload);
    removeFlush();
    removeSignals();
  }
}

/** As in Telegraf: what waits for the next try is sent now. */
function onFlushSignal({ delivery, events }: SuperviseOptions): () => void {
  const flush = (): void => {
    delivery?.hurry();
    events.flushRequested(delivery?.waiting() ?? 0);
  };
  process.on("SIGUSR1", flush);
  return () => void process.off("SIGUSR1", flush);
}

async function startHealth({ health, collector }: SuperviseOptions): Promise<HealthServer | null> {
  if (health === null) return null;
  return startHealthServer({
    ...health,
    liveness: () => collector.liveness(),
    readiness: () => collector.readiness(),
  });
}

async function saveHistory(
  { history, historyIntervalMs, events }: SuperviseOptions,
  signal: AbortSignal,
): Promise<void> {
  if (history === null) {
    return;
  }
  while (!signal.aborted) {
    await sleep(historyIntervalMs, signal);
    if (!signal.aborted) {
      await saveOnce({ history, events });
    }
  }
}

async function saveOnce({ history, events }: Pick<SuperviseOptions, "history" | "events">): Promise<void> {
  try {
    if (history !== null) {
      events.historySaved(await history.save());
    }
  } catch (error) {
    events.historyNotSaved(error);
  }
}

function onSignals(handle: () => void): () => void {
  process.on("SIGTERM", handle);
  process.on("SIGINT", handle);
  return () => {
    process.off("SIGTERM", handle);
    process.off("SIGINT", handle);
  };
}
