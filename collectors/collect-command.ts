/** `lagline collect`: wires the collector, starts and stops it. The only place of the collector that knows signals. */
import { hostname } from "node:os";
import process from "node:process";
import type { Config } from "../config/schema.ts";
import { describeError } from "../model/errors.ts";
import { burrowCertificates, elasticsearchCertificates, elasticsearchKeys } from "./certificate-sources.ts";
import { type CollectOptions, type Parts, openParts, wire } from "./collect-parts.ts";
import type { Collector } from "./collector.ts";
import { CollectorEvents } from "./events.ts";
import { createLogger, createRepeatLimiter } from "./log.ts";
import { type MetricsRegistry, NO_METRICS, createMetrics } from "./metrics.ts";
import { type RunResult, runReloading } from "./reload.ts";
import { sleep } from "./schedule.ts";
import { burrowSource, collectorName, logLimit } from "./settings.ts";
import type { ShardRole } from "./shard.ts";
import { supervise } from "./supervise.ts";

/** How often the history is written while running. */
const HISTORY_INTERVAL_MS = 180_000;
/** Time that `--once` may take to deliver what it collected. */
const ONCE_DRAIN_MS = 60_000;

/**
 * Runs the collector.
 *
 * @returns the exit code: 0 done or stopped, 1 failed, something left unsent with `once`, or the namespace was lost;
 * "reload" when it ended because it was asked to begin anew.
 * @throws LaglineError for a configuration, file, directory or port that cannot be used.
 */
export async function runCollect(config: Config, options: CollectOptions): Promise<RunResult> {
  const { collector: settings } = config;
  const name = collectorName(config, options.cluster, hostname());
  const log = createLogger({ level: settings.log_level, cluster: options.cluster, collector: name });
  const isService = !options.once && !options.print;
  const metrics = isService ? await createMetrics() : null;
  const events = new CollectorEvents({
    log,
    metrics: metrics ?? NO_METRICS,
    repeats: createRepeatLimiter(logLimit(config, Date.now)),
  });
  // From here on a signal must not end the process half-way: what starts below has locks and files to close.
  const early = new AbortController();
  const onEarlySignal = (): void => {
    early.abort();
  };
  process.once("SIGTERM", onEarlySignal);
  process.once("SIGINT", onEarlySignal);
  const parts = await openParts(config, options, { name, log, events, metrics });
  const { scraper, shape, shard, delivery, history, version } = parts;
  // A shape without history knows from its first tick on all that it ever will.
  let hasHistory = shape.analyser === null;
  const collector = wire(parts, () => hasHistory);
  try {
    if (history !== null) {
      const found = await history.load();
      hasHistory = found === "loaded";
      events.historyLoaded(found);
    }
    if (options.once) {
      return await runOnce(parts, collector);
    }
    return await supervise({
      stopRequested: early.signal,
      ...(options.reloadRequested === undefined ? {} : { reloadRequested: options.reloadRequested }),
      collector,
      delivery,
      history,
      historyIntervalMs: HISTORY_INTERVAL_MS,
      events,
      beside: async (signal) => watchOwnCertificates(parts, signal),
      stopDeadlineMs: settings.stop_deadline_seconds * 1000,
      health: metrics === null ? null : healthOf(settings, metrics, shard),
      started: {
        version,
        name,
        intervalSeconds: settings.interval_seconds,
        servers: burrowSource(config, options.cluster).servers,
      },
    });
  } finally {
    process.off("SIGTERM", onEarlySignal);
    process.off("SIGINT", onEarlySignal);
    scraper.close();
    await delivery?.close();
  }
}

function healthOf(
  { health_address: address, health_port: port }: Config["collector"],
  metrics: MetricsRegistry,
  shard: ShardRole | undefined,
) {
  return { address, port, metrics, ...(shard !== undefined && { parts: shard.parts }) };
}

/** The same until a signal stops it; SIGHUP reads the configuration again. */
export async function runCollectForEver(
  config: Config,
  options: CollectOptions,
  read: () => Config,
): Promise<number> {
  const name = collectorName(config, options.cluster, hostname());
  const log = createLogger({ level: "info", cluster: options.cluster, collector: name });
  return runReloading(config, {
    read,
    run: (current, reloadRequested) => runCollect(current, { ...options, reloadRequested }),
    say: {
      info: (code, sentence) => {
        log.info({ code }, sentence);
      },
      error: (code, sentence) => {
        log.error({ code }, sentence);
      },
    },
  });
}

/** Nothing is loaded where no connection has TLS or an API key. */
async function watchOwnCertificates({ config, options, events }: Parts, signal: AbortSignal): Promise<void> {
  const sources = [
    ...(options.print
      ? []
      : [...elasticsearchCertificates(config, "collector"), ...elasticsearchKeys(config, "collector")]),
    ...burrowCertificates(config, options.cluster),
  ];
  if (sources.length === 0) return;
  const { watchCertificates } = await import("./certificates/watch.ts");
  const { certificate_warning_days: warningDays } = config.collector;
  await watchCertificates({ sources, warningDays, events, now: Date.now }, sleep, signal);
}

/** One cycle. Says on standard error what is missing, because a person or a timer is waiting for the exit code. */
async function runOnce({ events, sink, delivery, history }: Parts, collector: Collector): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once("SIGTERM", onSignal);
  process.once("SIGINT", onSignal);
  try {
    const summary = await collector.runOnce(stop.signal);
    const left = delivery === null ? 0 : await delivery.drain(ONCE_DRAIN_MS, stop.signal);
    await history?.save().catch((error: unknown) => {
      events.historyNotSaved(error);
    });
    if (left > 0) {
      process.stderr.write(`${left} documents could not be sent; they wait in the spool for the next run.\n`);
    }
    return summary.failure === null && left === 0 ? 0 : 1;
  } catch (error) {
    // The reader has seen enough, as `head` has after its last line.
    if (sink.closed === true) {
      return 0;
    }
    process.stderr.write(`The cycle failed: ${describeError(error)}\n`);
    return 1;
  } finally {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  }
}
