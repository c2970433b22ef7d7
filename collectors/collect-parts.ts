/** The parts of a collector, opened from the configuration and put together. */
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Writable } from "node:stream";
import type { Config } from "../config/schema.ts";
import type { Adapters, Delivery } from "./adapters.ts";
import { openScraper } from "./burrow/open.ts";
import type { BurrowScraper } from "./burrow/scrape.ts";
import { type Collector, type DocumentSink, createCollector } from "./collector.ts";
import type { CollectorEvents } from "./events.ts";
import { type HistoryFile, createHistoryFile } from "./history.ts";
import type { Logger } from "./log.ts";
import type { MetricsRegistry } from "./metrics.ts";
import { hasLostNamespace } from "./namespace.ts";
import { createPrintSink } from "./print-sink.ts";
import { burrowSource } from "./settings.ts";
import { type Shape, createShape } from "./shape.ts";
import { type ShardRole, createShardRole } from "./shard.ts";

export type CollectOptions = {
  /** Which cluster of the configuration to read. */
  readonly cluster: string;
  /** One cycle, delivered, then the end. */
  readonly once: boolean;
  /** Documents to standard output instead of the spool and Elasticsearch. */
  readonly print: boolean;
  /** Build of the collector. */
  readonly version?: string;
  /** True in a container that shares Burrow's network namespace: leaving is then the way to get the new one. */
  readonly sidecar?: boolean;
  /** Ends the run with "reload". */
  readonly reloadRequested?: AbortSignal;
  readonly output?: Writable;
  readonly adapters?: Adapters;
};

export type Parts = {
  readonly config: Config;
  readonly options: CollectOptions;
  readonly name: string;
  readonly version: string;
  readonly events: CollectorEvents;
  readonly scraper: BurrowScraper;
  readonly shape: Shape;
  readonly shard: ShardRole | undefined;
  readonly sink: DocumentSink;
  readonly delivery: Delivery | null;
  /** Null with `--print`, and in a shape without history. */
  readonly history: HistoryFile | null;
};

type Voice = {
  /** Of the collector, in its records. */
  readonly name: string;
  readonly log: Logger;
  readonly events: CollectorEvents;
  /** Null where nobody asks for metrics. */
  readonly metrics: MetricsRegistry | null;
};

/** @throws LaglineError for a file or directory that cannot be used. */
export async function openParts(config: Config, options: CollectOptions, voice: Voice): Promise<Parts> {
  const { name, log, events, metrics } = voice;
  const { cluster } = options;
  const adapters = options.adapters ?? (await import("./adapters.ts")).adapters;
  const scraper = openScraper(burrowSource(config, cluster));
  const shape = await createShape(config, { cluster, hostName: hostname(), adapters });
  const version = options.version ?? "dev";
  const delivery = options.print
    ? null
    : await adapters.openDelivery({ config, cluster, version, log, metrics });
  const file = join(config.collector.spool_directory, historyName(config, cluster));
  const history = shape.analyser === null || options.print ? null : createHistoryFile(file, shape.analyser);
  const sink = delivery?.sink ?? createPrintSink(options.output ?? process.stdout);
  const shard = shardRole(config, options, events);
  return { config, options, name, version, events, scraper, shape, shard, sink, delivery, history };
}

/** With `--print` nobody is asked: it shows what this shard alone knows. */
function shardRole(config: Config, options: CollectOptions, events: CollectorEvents): ShardRole | undefined {
  const { shard, interval_seconds: interval } = config.collector;
  if (shard === undefined || options.print) return undefined;
  return createShardRole({
    shard,
    cluster: options.cluster,
    peers: shard.peers,
    intervalMs: interval * 1000,
    onMissing: (sentence) => {
      events.shardMissing(sentence);
    },
  });
}

/** Another share of the groups is another history: in this one, groups that left would be missed. */
function historyName({ collector: { shard } }: Config, cluster: string): string {
  return shard === undefined
    ? `history-${cluster}.bin`
    : `history-${cluster}.${shard.index}-of-${shard.of}.bin`;
}

export function wire(parts: Parts, hasHistory: () => boolean): Collector {
  const { config, options, name, version, events, scraper, shape, shard, sink, delivery } = parts;
  const { collector: settings } = config;
  return createCollector({
    identity: {
      cluster: options.cluster,
      name,
      version,
      intervalSeconds: settings.interval_seconds,
    },
    pipeline: {
      scraper,
      analyser: shape.documents,
      batch: { maximumDocuments: settings.bulk_documents, maximumBytes: settings.bulk_bytes },
      now: Date.now,
      ...(shard !== undefined && { shard }),
      onProblem: (problem) => {
        events.scrapeProblem(problem);
      },
    },
    ownRecord: shape.ownRecord,
    sink,
    events,
    hasHistory,
    standbyMs: settings.standby_seconds * 1000,
    jitterMs: settings.jitter_seconds * 1000,
    leaveAfterUnreachable: () =>
      hasLostNamespace(config, options.sidecar) ? settings.exit_after_unreachable_ticks : null,
    bulkRetries: () => delivery?.bulkRetries() ?? 0,
    now: Date.now,
    monotonicMs: () => performance.now(),
    random: Math.random,
  });
}
