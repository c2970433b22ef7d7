/** One program under a steady load, watched from outside: real collector or Telegraf, fake Burrow, counting sink. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { checkAccount, readAccount } from "../../tests/support/conservation.ts";
import { CONTAINER_FLAGS } from "./contenders.ts";
import type { Servers } from "./serving.ts";
import { telegrafConfig } from "./telegraf.ts";
import { type ProcessSummary, type Sample, sample, summarise } from "./watch-process.ts";
import { freePort } from "../../tests/support/free-port.ts";

export type Sustained = {
  /** The bundled command, `lagline.js`. */
  readonly bundle: string;
  readonly servers: Servers;
  /** Folder for configuration, spool and history. */
  readonly directory: string;
  readonly intervalSeconds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** The sink turns requests away for 10 s of each minute. */
  readonly trouble: boolean;
};

export type SustainedResult = ProcessSummary & {
  readonly documents: number;
  readonly documentsPerSecond: number;
};

export type CollectorResult = SustainedResult & {
  /** Documents that the collector made and that the sink received, over the whole life of the process. */
  readonly made: number;
  readonly received: number;
  /** These four since the warm-up. */
  readonly ticksSkipped: number;
  readonly meanCycleSeconds: number;
  /** Every cycle took less than this bound of the histogram. */
  readonly cycleSecondsBelow: number;
  readonly bulkRetries: number;
  /** What does not add up at the end; empty when everything does. */
  readonly faults: readonly string[];
};

const TROUBLE_EVERY_MS = 60_000;
const TROUBLE_MS = 10_000;
/** After the load: time for what waits to be sent, above the longest back-off. */
const SETTLE_MS = 60_000;

/** Runs the collector (bundled). */
export async function runCollector(options: Sustained): Promise<CollectorResult> {
  const { servers, directory, intervalSeconds } = options;
  const healthPort = await freePort();
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "lagline.yaml");
  const configuration = {
    environment: "bench",
    clusters: { bench: { burrow: { external: { servers: [`http://127.0.0.1:${servers.burrowPort}`] } } } },
    elasticsearch: { external: { url: `http://127.0.0.1:${servers.elasticsearchPort}` } },
    collector: {
      interval_seconds: intervalSeconds,
      spool_directory: join(directory, "spool"),
      health_port: healthPort,
      log_level: "warn",
    },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const before = (await servers.ask("refresh")).documents;
  const child = spawn(
    process.execPath,
    [...CONTAINER_FLAGS, options.bundle, "collect", "--cluster", "bench", "--config", file],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  try {
    const url = `http://127.0.0.1:${healthPort}/metrics`;
    let warm = readCycles("");
    const watched = await watch(child, {
      ...options,
      onWarm: async () => {
        warm = readCycles(await (await fetch(url)).text());
      },
    });
    const cycles = cyclesSince(warm, readCycles(await (await fetch(url)).text()));
    const last = await settled(url, servers, before);
    const exitCode = await end(child);
    return {
      ...watched,
      ...cycles,
      ...last,
      faults: [...last.faults, ...(exitCode === 0 ? [] : [`It ended with exit code ${exitCode}.`])],
    };
  } finally {
    await end(child);
  }
}

/** Runs Telegraf as a service with the same interval. */
export async function runTelegraf(program: string, options: Sustained): Promise<SustainedResult> {
  mkdirSync(options.directory, { recursive: true });
  const file = join(options.directory, "telegraf.conf");
  const { burrowPort, elasticsearchPort } = options.servers;
  const { intervalSeconds } = options;
  writeFileSync(file, telegrafConfig({ burrowPort, elasticsearchPort, gzip: true, intervalSeconds }));
  const child = spawn(program, ["--config", file], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    return await watch(child, options);
  } finally {
    await end(child);
  }
}

type Watch = Sustained & { readonly onWarm?: () => Promise<void> };

async function watch(child: ChildProcess, options: Watch): Promise<SustainedResult> {
  const { servers, intervalSeconds, warmUpSeconds, seconds, trouble } = options;
  const { pid } = child;
  if (pid === undefined) throw new Error("The program did not start.");
  const startedMs = performance.now();
  const samples: Sample[] = [];
  let first = 0;
  let counted = 0;
  let nextTroubleMs = startedMs + warmUpSeconds * 1000 + TROUBLE_EVERY_MS / 2;
  while (performance.now() - startedMs < (warmUpSeconds + seconds) * 1000) {
    await sleep(Math.min(1000, intervalSeconds * 500));
    if (child.exitCode !== null) throw new Error(`The program ended with ${child.exitCode}.`);
    counted = (await servers.ask("refresh")).documents;
    const now = sample(pid, startedMs);
    if (now.atSeconds < warmUpSeconds) continue;
    if (samples.push(now) === 1) {
      first = counted;
      await options.onWarm?.();
    }
    if (trouble && performance.now() >= nextTroubleMs) {
      nextTroubleMs += TROUBLE_EVERY_MS;
      await servers.ask(`trouble ${TROUBLE_MS}`);
    }
  }
  const documents = counted - first;
  return { ...summarise(samples), documents, documentsPerSecond: documents / seconds };
}

/** Waits for a moment between two ticks in which nothing waits, and compares both ends. */
async function settled(
  url: string,
  servers: Servers,
  before: number,
): Promise<Pick<CollectorResult, "made" | "received" | "faults">> {
  const untilMs = performance.now() + SETTLE_MS;
  for (;;) {
    const account = readAccount(await (await fetch(url)).text());
    const received = (await servers.ask("counts")).documents - before;
    const isQuiet = account.waiting === 0 && account.stored === received;
    if (isQuiet || performance.now() > untilMs) {
      const faults = [...checkAccount(account)];
      if (account.stored !== received || account.made !== received) {
        faults.push(
          `The collector made ${account.made} documents and says that ${account.stored} are stored; the sink received ${received}, ${account.waiting} wait.`,
        );
      }
      return { made: account.made, received, faults };
    }
    await sleep(50);
  }
}

type Cycles = {
  readonly count: number;
  readonly seconds: number;
  readonly skipped: number;
  readonly retries: number;
  /** Cycles that took no longer, by the bounds of the histogram. */
  readonly within: ReadonlyMap<number, number>;
};

function readCycles(text: string): Cycles {
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  const buckets = text.matchAll(/^lagline_cycle_seconds_bucket\{le="([\d.]+)"\} (\d+)$/gm);
  return {
    count: value("lagline_cycle_seconds_count"),
    seconds: value("lagline_cycle_seconds_sum"),
    skipped: value("lagline_ticks_skipped_total"),
    retries: value("lagline_bulk_retries_total"),
    within: new Map([...buckets].map(([, bound, count]) => [Number(bound), Number(count)])),
  };
}

function cyclesSince(before: Cycles, after: Cycles) {
  const count = after.count - before.count;
  const below = [...after.within].find(
    ([bound, within]) => within - (before.within.get(bound) ?? 0) === count,
  );
  return {
    ticksSkipped: after.skipped - before.skipped,
    bulkRetries: after.retries - before.retries,
    meanCycleSeconds: (after.seconds - before.seconds) / count,
    cycleSecondsBelow: below?.[0] ?? Number.POSITIVE_INFINITY,
  };
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  }
  return child.exitCode;
}
