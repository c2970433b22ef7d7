/**
 * Benchmark of one whole cycle: `lagline collect --once` reads a large cluster from a fake Burrow, analyses it, spools
 * it with fsync and sends it to a sink. With --telegraf the same input goes to Telegraf, run by run in turns:
 * `slim` has just the two plugins for this work, `full` all of them, as packages and image come.
 *
 *   node scripts/bench/collect.ts --runs 5 --telegraf slim
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type Measurement, measure, median } from "./measure.ts";
import { type Servers, startServers } from "./serving.ts";
import { TELEGRAF_BUILDS, TELEGRAF_VERSION, ensureTelegraf, telegrafConfig } from "./telegraf.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bundle = join(root, "dist/lagline.js");

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: "500" },
    partitions: { type: "string", default: "100" },
    topics: { type: "string", default: "100" },
    "topic-partitions": { type: "string", default: "100" },
    runs: { type: "string", default: "3" },
    telegraf: { type: "string" },
    gzip: { type: "boolean", default: false },
    source: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

type Row = Measurement & { readonly documents: number; readonly bytes: number; readonly connections: number };

if (values.help) {
  process.stdout.write(
    "node scripts/bench/collect.ts [--groups 500] [--partitions 100] [--topics 100] [--topic-partitions 100] [--runs 3] [--telegraf full|slim] [--gzip] [--source] [--json]\n" +
      "Measures one cycle of `lagline collect --once`; --source runs it from the sources instead of dist/, --telegraf compares.\n" +
      "Example: node scripts/bench/collect.ts --runs 5 --telegraf slim\n",
  );
} else {
  await main();
}

async function main(): Promise<void> {
  if (!values.source && !existsSync(bundle)) {
    throw new Error("dist/lagline.js is missing. Run `npm run build` first, or use --source.");
  }
  const directory = mkdtempSync(join(tmpdir(), "lagline-bench-"));
  const servers = await startServers({
    groups: Number(values.groups),
    partitionsPerGroup: Number(values.partitions),
    topics: Number(values.topics),
    partitionsPerTopic: Number(values["topic-partitions"]),
  });
  try {
    const telegraf = values.telegraf === undefined ? null : await prepareTelegraf(directory, servers);
    const lagline: Row[] = [];
    const other: Row[] = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      lagline.push(await runOne(servers, await laglineCommand(directory, servers, run), directory));
      if (telegraf !== null) {
        other.push(await runOne(servers, telegraf, directory));
      }
    }
    report(lagline, other);
  } finally {
    servers.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

type Command = { readonly program: string; readonly args: readonly string[] };

async function laglineCommand(directory: string, servers: Servers, run: number): Promise<Command> {
  const file = join(directory, `lagline-${run}.yaml`);
  const config = {
    environment: "bench",
    clusters: { bench: { burrow: { external: { servers: [`http://127.0.0.1:${servers.burrowPort}`] } } } },
    elasticsearch: { external: { url: `http://127.0.0.1:${servers.elasticsearchPort}` } },
    // A fresh spool and no history, as on the first cycle of a new host.
    collector: { spool_directory: join(directory, `spool-${run}`), gzip: values.gzip, log_level: "warn" },
  };
  writeFileSync(file, JSON.stringify(config));
  const entry = values.source ? join(root, "scripts/lagline.ts") : bundle;
  return { program: process.execPath, args: [entry, "collect", "--once", "--config", file] };
}

async function prepareTelegraf(directory: string, servers: Servers): Promise<Command> {
  const build = z.enum(TELEGRAF_BUILDS).parse(values.telegraf);
  const program = await ensureTelegraf(build, (line) => {
    process.stderr.write(`${line}\n`);
  });
  const file = join(directory, "telegraf.conf");
  writeFileSync(file, telegrafConfig({ ...servers, gzip: values.gzip }));
  return { program, args: ["--config", file, "--once"] };
}

async function runOne(servers: Servers, command: Command, directory: string): Promise<Row> {
  const before = await servers.ask("refresh");
  const measured = await measure(command.program, command.args, directory);
  const after = await servers.ask("counts");
  if (measured.exitCode !== 0) {
    throw new Error(
      `${command.program} ${command.args.join(" ")} ended with ${measured.exitCode}: ${measured.stderr}`,
    );
  }
  return {
    ...measured,
    documents: after.documents - before.documents,
    bytes: after.bytes - before.bytes,
    connections: after.connections - before.connections,
  };
}

function report(lagline: readonly Row[], telegraf: readonly Row[]): void {
  const programs = [
    { name: "lagline", rows: lagline },
    ...(telegraf.length > 0
      ? [{ name: `telegraf ${TELEGRAF_VERSION} ${values.telegraf}`, rows: telegraf }]
      : []),
  ];
  const summaries = programs.map(({ name, rows }) => ({
    name,
    documents: median(rows.map((row) => row.documents)),
    megabytes_sent: round(median(rows.map((row) => row.bytes)) / 1e6),
    connections: median(rows.map((row) => row.connections)),
    wall_seconds: round(median(rows.map((row) => row.wallSeconds))),
    cpu_seconds: round(median(rows.map((row) => row.cpuSeconds))),
    peak_megabytes: round(median(rows.map((row) => row.peakMegabytes))),
  }));
  // Each run is compared with the one beside it, so that a busy moment of the machine hits both.
  const ratio = (of: (row: Row) => number): number =>
    round(median(telegraf.map((row, run) => of(lagline[run] ?? row) / of(row))) * 100);
  const ratios =
    telegraf.length === 0
      ? null
      : {
          cpu_percent: ratio((row) => row.cpuSeconds),
          memory_percent: ratio((row) => row.peakMegabytes),
          wall_percent: ratio((row) => row.wallSeconds),
        };
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ node: process.version, runs: lagline.length, summaries, ratios })}\n`,
    );
    return;
  }
  console.table(Object.fromEntries(summaries.map(({ name, ...numbers }) => [name, numbers])));
  if (ratios !== null) {
    process.stdout.write(
      `Lagline needs ${ratios.cpu_percent} % of Telegraf's CPU, ${ratios.memory_percent} % of its memory and ${ratios.wall_percent} % of its time (medians of ${lagline.length} pairs).\n`,
    );
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
