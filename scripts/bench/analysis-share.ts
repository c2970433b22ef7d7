/**
 * The analysis' share of a running collector's CPU: it reads a large cluster from a fake Burrow whose offsets move,
 * analyses, spools with fsync and sends to a sink, tick after tick; its own /metrics tell both times.
 *
 *   node scripts/bench/analysis-share.ts --groups 1000 --ticks 8
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Servers, startServers } from "./serving.ts";
import { freePort } from "../../tests/support/free-port.ts";

const bundle = fileURLToPath(new URL("../../dist/lagline.js", import.meta.url));
const HELP = `Measures the analysis' share of the CPU of a running collector (dist/lagline.js).

Options: --groups N (1000)  --partitions N per group (100)  --topics N (100)  --ticks N (8)  --interval SECONDS (15)  --json
Example: npm run bench:analysis-share -- --groups 1000 --ticks 8
`;
/** History fills and code is compiled in the first ticks. */
const WARM_UP_TICKS = 3;

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: "1000" },
    partitions: { type: "string", default: "100" },
    topics: { type: "string", default: "100" },
    ticks: { type: "string", default: "8" },
    interval: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else if (existsSync(bundle)) {
  await main();
} else {
  throw new Error("dist/lagline.js is missing. Run `npm run build` first.");
}

type Reading = {
  readonly ticks: number;
  readonly analysisSeconds: number;
  readonly cpuSeconds: number;
  readonly documents: number;
  readonly residentBytes: number;
};

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "lagline-bench-"));
  const servers = await startServers({
    groups: Number(values.groups),
    partitionsPerGroup: Number(values.partitions),
    topics: Number(values.topics),
    partitionsPerTopic: Number(values.partitions),
  });
  const healthPort = await freePort();
  const file = join(directory, "lagline.yaml");
  writeFileSync(file, JSON.stringify(configuration(directory, servers, healthPort)));
  const collector = spawn(process.execPath, [bundle, "collect", "--config", file], { stdio: "inherit" });
  try {
    const first = await readAt(healthPort, servers, WARM_UP_TICKS);
    const last = await readAt(healthPort, servers, WARM_UP_TICKS + Number(values.ticks));
    report(first, last);
  } finally {
    collector.kill("SIGTERM");
    await new Promise((resolve) => collector.once("close", resolve));
    servers.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function configuration(directory: string, servers: Servers, healthPort: number) {
  return {
    environment: "bench",
    clusters: { bench: { burrow: { external: { servers: [`http://127.0.0.1:${servers.burrowPort}`] } } } },
    elasticsearch: { external: { url: `http://127.0.0.1:${servers.elasticsearchPort}` } },
    collector: {
      interval_seconds: Number(values.interval),
      spool_directory: join(directory, "spool"),
      health_port: healthPort,
      log_level: "warn",
    },
  };
}

/** Waits until so many ticks are spooled and sent; Burrow's offsets move on meanwhile. */
async function readAt(healthPort: number, servers: Servers, ticks: number): Promise<Reading> {
  const deadline = performance.now() + (ticks + 4) * Number(values.interval) * 1000;
  for (;;) {
    await sleep(1000);
    await servers.ask("refresh");
    const reading = await readMetrics(healthPort);
    if (reading !== null && reading.ticks >= ticks) return reading;
    if (performance.now() > deadline) {
      throw new Error(`The collector did not end ${ticks} ticks in time; it ended ${reading?.ticks ?? 0}.`);
    }
  }
}

async function readMetrics(healthPort: number): Promise<Reading | null> {
  const answer = await fetch(`http://127.0.0.1:${healthPort}/metrics`).catch(() => null);
  if (answer === null) return null;
  const text = await answer.text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return {
    ticks: value("lagline_analysis_seconds_count"),
    analysisSeconds: value("lagline_analysis_seconds_sum"),
    cpuSeconds: value("process_cpu_seconds_total"),
    documents: value("lagline_documents_total"),
    residentBytes: value("process_resident_memory_bytes"),
  };
}

function report(first: Reading, last: Reading): void {
  const ticks = last.ticks - first.ticks;
  const analysis = (last.analysisSeconds - first.analysisSeconds) / ticks;
  const cpu = (last.cpuSeconds - first.cpuSeconds) / ticks;
  const result = {
    partitions: Number(values.groups) * Number(values.partitions),
    ticks,
    documents_per_tick: Math.round((last.documents - first.documents) / ticks),
    cpu_seconds_per_tick: round(cpu),
    analysis_seconds_per_tick: round(analysis),
    analysis_adds_percent: round((100 * analysis) / (cpu - analysis)),
    resident_megabytes: Math.round(last.residentBytes / 1e6),
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(result)}\n`
      : `${Object.entries(result)
          .map(([name, value]) => `${name.padEnd(28)} ${value}`)
          .join("\n")}\n`,
  );
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
