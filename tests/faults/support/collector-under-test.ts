/**
 * The whole collector of one cluster in this process: real scraper, analysis, spool, shipper, metrics and health server
 * against fake servers on loopback. Simulated: the clock (ticks and log limits follow it, deadlines and back-off do not),
 * and the back-off's bounds, which are shortened.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { DeliveryTiming } from "../../../collectors/adapters.ts";
import { createAnalyser } from "../../../collectors/analysis/index.ts";
import { openScraper } from "../../../collectors/burrow/open.ts";
import { type DocumentSink, createCollector } from "../../../collectors/collector.ts";
import { openDelivery } from "../../../collectors/delivery.ts";
import { CollectorEvents } from "../../../collectors/events.ts";
import { startHealthServer } from "../../../collectors/health.ts";
import { createRepeatLimiter } from "../../../collectors/log.ts";
import { createMetrics } from "../../../collectors/metrics.ts";
import type { TickSummary } from "../../../collectors/pipeline.ts";
import { burrowSource } from "../../../collectors/settings.ts";
import type { SpoolBatch } from "../../../collectors/spool/contract.ts";
import { parseConfig } from "../../../config/load.ts";
import type { ScrapeProblem } from "../../../model/snapshot.ts";
import type { FakeBurrow } from "../../fakes/fake-burrow.ts";
import { identityOf } from "../../fakes/fake-elasticsearch.ts";
import type { Account } from "../../support/conservation.ts";
import { TEST_POLICY } from "../../support/policy.ts";
import { type Auditor, startAuditor } from "./auditor.ts";

export type LogLine = { readonly level: string; readonly code?: string; readonly message: string };

export type CollectorSetup = {
  readonly burrow: FakeBurrow;
  /** `elasticsearch.external` of the configuration. */
  readonly elasticsearch: Readonly<Record<string, unknown>>;
  /** Changes to `collector` of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly timing?: DeliveryTiming;
  /** Milliseconds between two readings of /metrics. @default 10 */
  readonly auditMs?: number;
  /** @default 30 s */
  readonly intervalMs?: number;
  /** Keep no document that was read: for runs of hours. */
  readonly forget?: boolean;
  /** Folder that stays when the collector stops. @default a new one that goes with it */
  readonly directory?: string;
  /** An earlier run on the same folder: its clock and what it read go on. */
  readonly after?: Pick<CollectorUnderTest, "nowMs" | "read">;
};

const INTERVAL_MS = 30_000;
/** A kind of log line repeats at most this often. */
export const LOG_PERIOD_MS = 300_000;
export const CLUSTER = "local";

export type CollectorUnderTest = {
  readonly directory: string;
  readonly nowMs: () => number;
  advance(ms: number): void;
  /** Moves the clock by one interval and runs the cycle of that tick. */
  tick(): Promise<TickSummary>;
  /** Every document that the spool accepted: identity to JSON line. */
  readonly read: ReadonlyMap<string, string>;
  readonly lines: readonly LogLine[];
  said(code: string): readonly LogLine[];
  metrics(): Promise<string>;
  account(): Promise<Account>;
  readonly auditor: Auditor;
  readonly ready: () => boolean;
  deadLetters(): Promise<readonly { readonly document: unknown; readonly error_type: string }[]>;
  stop(): Promise<void>;
};

export async function startCollector(setup: CollectorSetup): Promise<CollectorUnderTest> {
  const intervalMs = setup.intervalMs ?? INTERVAL_MS;
  const directory = setup.directory ?? (await mkdtemp(join(tmpdir(), "lagline-faults-")));
  const config = configOf(setup, directory);
  const clock = { ms: setup.after?.nowMs() ?? Math.floor(Date.now() / intervalMs) * intervalMs };
  const nowMs = (): number => clock.ms;
  const lines: LogLine[] = [];
  const log = memoryLog(lines);
  const metrics = await createMetrics();
  const repeats = createRepeatLimiter({ periodMs: LOG_PERIOD_MS, now: nowMs });
  const events = new CollectorEvents({ log, metrics, repeats });
  const timing = { now: nowMs, monotonicMs: nowMs, ...setup.timing };
  const backOff = { baseMs: 5, maxMs: 40, ...setup.timing?.backOff };
  const delivery = await openDelivery({
    config,
    cluster: CLUSTER,
    version: "test",
    log,
    metrics,
    timing: { ...timing, backOff },
  });
  const read = new Map<string, string>(setup.after?.read);
  const sink = setup.forget === true ? delivery.sink : teeInto(read, delivery.sink);
  const scraper = openScraper(burrowSource(config, CLUSTER));
  const parts = {
    identity: { cluster: CLUSTER, name: "one", version: "test", intervalSeconds: intervalMs / 1000 },
    pipeline: {
      scraper,
      analyser: createAnalyser({
        cluster: CLUSTER,
        intervalSeconds: intervalMs / 1000,
        minimumComplete: 1,
        resolvePolicy: () => TEST_POLICY,
      }),
      batch: {
        maximumDocuments: config.collector.bulk_documents,
        maximumBytes: config.collector.bulk_bytes,
      },
      now: nowMs,
      onProblem: (problem: ScrapeProblem) => {
        events.scrapeProblem(problem);
      },
    },
    sink,
    events,
    jitterMs: 0,
    standbyMs: 0,
    hasHistory: () => true,
    leaveAfterUnreachable: null,
    bulkRetries: () => delivery.bulkRetries(),
    now: nowMs,
    monotonicMs: nowMs,
    random: Math.random,
  };
  const collector = createCollector(parts);
  const health = await startHealthServer({
    address: "127.0.0.1",
    port: 0,
    metrics,
    liveness: () => collector.liveness(),
    readiness: () => collector.readiness(),
  });
  delivery.start();
  const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${health.port}/metrics`)).text();
  const auditor = startAuditor(ask, setup.auditMs ?? 10);
  const never = new AbortController().signal;
  return {
    directory,
    nowMs,
    advance: (ms) => {
      clock.ms += ms;
    },
    tick: async () => {
      clock.ms += intervalMs;
      return collector.runOnce(never);
    },
    read,
    lines,
    said: (code) => lines.filter((line) => line.code === code),
    metrics: ask,
    account: async () => auditor.look(),
    auditor,
    ready: () => collector.readiness().ready,
    deadLetters: async () => readDeadLetters(join(directory, "spool", CLUSTER, "dead-letter")),
    stop: async () => {
      await auditor.stop();
      scraper.close();
      await delivery.close();
      await health.close();
      if (setup.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

function configOf(setup: CollectorSetup, directory: string) {
  const text = JSON.stringify({
    environment: "test",
    clusters: { [CLUSTER]: { burrow: { external: { servers: [setup.burrow.url] } } } },
    elasticsearch: { external: setup.elasticsearch },
    collector: {
      interval_seconds: (setup.intervalMs ?? INTERVAL_MS) / 1000,
      spool_directory: join(directory, "spool"),
      // Far above what a busy machine needs.
      request_timeout_seconds: 10,
      ...setup.settings,
    },
  });
  return parseConfig(text, "lagline.yaml");
}

function memoryLog(lines: LogLine[]) {
  const write = (text: string): void => {
    lines.push(JSON.parse(text));
  };
  return pino({ messageKey: "message", formatters: { level: (level) => ({ level }) } }, { write });
}

/** Remembers what the spool accepted, and only that. */
function teeInto(read: Map<string, string>, sink: DocumentSink): DocumentSink {
  return {
    stats: () => sink.stats(),
    async append(batches) {
      const lines: string[] = [];
      await sink.append(copyLines(batches, lines));
      for (const line of lines) read.set(identityOf(JSON.parse(line)), line);
    },
  };
}

async function* copyLines(
  batches: AsyncIterable<SpoolBatch> | Iterable<SpoolBatch>,
  lines: string[],
): AsyncGenerator<SpoolBatch, void, undefined> {
  for await (const batch of batches) {
    lines.push(...batch.ndjson.toString("utf8").split("\n").slice(0, -1));
    yield batch;
  }
}

async function readDeadLetters(
  folder: string,
): Promise<readonly { readonly document: unknown; readonly error_type: string }[]> {
  const texts = await Promise.all(
    (await readdir(folder)).map(async (name) => readFile(join(folder, name), "utf8")),
  );
  return texts.flatMap((text) =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line): { document: unknown; error_type: string } => JSON.parse(line)),
  );
}
