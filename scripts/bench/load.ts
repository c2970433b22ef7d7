/**
 * Sustained load: the real collector (bundled from this tree) reads a cluster from a fake Burrow whose offsets move, spools
 * with fsync and sends to a sink, tick after tick. It is watched from outside, and both ends are compared at the end.
 *
 *   node scripts/bench/load.ts rate --seconds 60 --telegraf full
 *
 * With --check it fails when a bound is missed; CI runs `soak --minutes 10 --check` beside the other suites.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { z } from "zod";
import { type Load, startServers } from "./serving.ts";
import { type CollectorResult, type Sustained, runCollector, runTelegraf } from "./sustained.ts";
import { TELEGRAF_BUILDS, ensureTelegraf } from "./telegraf.ts";

type Scenario = {
  readonly about: string;
  readonly load: Load;
  readonly intervalSeconds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly trouble: boolean;
  /** Bounds that --check holds it to. */
  readonly bounds: Bounds;
};

type Bounds = {
  readonly documentsPerSecond?: number;
  readonly residentMegabytes: number;
  /** One core is 100. These two only where the machine has nothing else to do: `--strict`. */
  readonly cpuPercent?: number;
  readonly cycleSeconds?: number;
  readonly growthMegabytesPerHour?: number;
};

const WARM_UP_SECONDS = 20;
/** Connections of a moment: requests to Burrow and Elasticsearch that are under way when one looks. */
const OPEN_FILES_PLAY = 12;
/** So long must a soak be for its bound of growth to be meant as it stands. */
const FULL_LOOK_SECONDS = 1200;

const SCENARIOS = {
  rate: {
    about: "10,000 documents per second, one tick a second",
    load: { groups: 85, partitionsPerGroup: 100, topics: 10, partitionsPerTopic: 100 },
    intervalSeconds: 1,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: 60,
    trouble: false,
    bounds: { documentsPerSecond: 10_000, residentMegabytes: 200, cpuPercent: 40 },
  },
  cycle: {
    about: "100,000 partitions in one tick",
    load: { groups: 2000, partitionsPerGroup: 50, topics: 100, partitionsPerTopic: 50 },
    intervalSeconds: 10,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: 60,
    trouble: false,
    bounds: { residentMegabytes: 512, cycleSeconds: 5 },
  },
  idle: {
    about: "1,000 partitions every 10 s",
    load: { groups: 20, partitionsPerGroup: 50, topics: 10, partitionsPerTopic: 50 },
    intervalSeconds: 10,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds: 60,
    trouble: false,
    bounds: { residentMegabytes: 128, cpuPercent: 3 },
  },
  soak: {
    about:
      "1,000 partitions a second for a long time; 10 s of each minute Elasticsearch turns everything away",
    load: { groups: 20, partitionsPerGroup: 50, topics: 10, partitionsPerTopic: 50 },
    intervalSeconds: 1,
    // Code is compiled and the heap finds its size: the first minutes always grow.
    warmUpSeconds: 180,
    seconds: 420,
    trouble: true,
    bounds: { residentMegabytes: 160, growthMegabytesPerHour: 30 },
  },
} as const satisfies Record<string, Scenario>;

const NAMES = ["rate", "cycle", "idle", "soak"] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string" },
    minutes: { type: "string" },
    telegraf: { type: "string" },
    check: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help || positionals.length === 0) {
  const lines = NAMES.map((name) => `  ${name.padEnd(8)} ${SCENARIOS[name].about}`);
  process.stdout.write(
    `node scripts/bench/load.ts SCENARIO… [--seconds N | --minutes N] [--telegraf full|slim] [--check] [--strict] [--json]\n${lines.join("\n")}\n` +
      "--check ends with 1 when documents are missing or memory is above its bound; --check --strict, for a quiet machine, also when CPU, rate or the time of a cycle are.\n" +
      "Example: node scripts/bench/load.ts rate idle --check\n",
  );
} else {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "lagline-load-"));
  try {
    // A bundle of its own: nobody else's build takes its chunks away while it runs.
    await execa(process.execPath, ["scripts/build-bundle.ts", join(folder, "bundle")], { cwd: root });
    for (const name of z.array(z.enum(NAMES)).parse(positionals)) {
      await run({ name, folder }, SCENARIOS[name]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run({ name, folder }: { name: string; folder: string }, scenario: Scenario): Promise<void> {
  const bundle = join(folder, "bundle/lagline.js");
  const directory = join(folder, name);
  const servers = await startServers(scenario.load);
  const { warmUpSeconds } = scenario;
  // --minutes is the time of the whole run, as a timetable needs it.
  const seconds =
    values.minutes === undefined
      ? Number(values.seconds ?? scenario.seconds)
      : Math.max(60, Number(values.minutes) * 60 - warmUpSeconds);
  const options: Sustained = { ...scenario, bundle, servers, directory: join(directory, "lagline"), seconds };
  try {
    const result = await runCollector(options);
    const missed = [
      ...result.faults,
      ...(values.check ? missedBounds(result, { ...scenario.bounds, seconds }) : []),
    ];
    report(name, { ...result, missed });
    process.exitCode = missed.length > 0 ? 1 : (process.exitCode ?? 0);
    if (values.telegraf !== undefined) {
      const build = z.enum(TELEGRAF_BUILDS).parse(values.telegraf);
      const program = await ensureTelegraf(build, (line) => process.stderr.write(`${line}\n`));
      const other = await runTelegraf(program, { ...options, directory: join(directory, "telegraf") });
      report(`${name}, telegraf ${build}`, other);
    }
  } finally {
    servers.stop();
  }
}

function missedBounds(
  result: CollectorResult,
  bounds: Bounds & { readonly seconds: number },
): readonly string[] {
  const missed: string[] = [];
  const hold = (what: string, seen: number, bound: number | undefined): void => {
    if (bound !== undefined && !(seen <= bound))
      missed.push(`${what}: ${round(seen)}, the bound is ${bound}.`);
  };
  hold("resident megabytes", result.residentMegabytes.highest, bounds.residentMegabytes);
  if (bounds.growthMegabytesPerHour !== undefined) {
    // The shorter the look, the more of the slope is noise.
    const play = Math.max(1, FULL_LOOK_SECONDS / bounds.seconds);
    hold("growth in megabytes per hour", result.growthMegabytesPerHour, bounds.growthMegabytesPerHour * play);
  }
  hold("open files at the end", result.openFiles.last, result.openFiles.first + OPEN_FILES_PLAY);
  if (values.strict) {
    hold("cycle seconds", result.cycleSecondsBelow, bounds.cycleSeconds);
    hold("CPU percent", result.cpuPercent, bounds.cpuPercent);
    hold("ticks skipped", result.ticksSkipped, 0);
    hold("documents per second missing", (bounds.documentsPerSecond ?? 0) - result.documentsPerSecond, 0);
  }
  return missed;
}

function report(name: string, result: object): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ scenario: name, node: process.version, ...result })}\n`);
    return;
  }
  process.stdout.write(`\n${name}\n`);
  for (const [key, value] of Object.entries(result))
    process.stdout.write(`  ${key.padEnd(24)} ${show(value)}\n`);
}

function show(value: unknown): string {
  if (typeof value === "number") return String(round(value));
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(" ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${show(inner)}`)
      .join(", ");
  }
  return String(value);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
