/**
 * Benchmark of one whole cycle: `lagline collect --once` reads a large cluster from a fake Burrow, analyses it, spools
 * it with fsync and sends it to a sink. With --telegraf the same input goes to Telegraf, run by run in turns: `slim` has
 * just the two plugins for this work, `full` all of them, as packages and image come. With --floor it also goes to a
 * bare script, the least that a program on Node can do with it. The collector is started as its image starts it: the
 * bundle, with its code cache, on Node without flags.
 *
 *   node scripts/bench/collect.ts --runs 5 --telegraf full,slim --floor --documents 242000
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { z } from "zod";
import { measure } from "./measure.ts";
import { type Row, report } from "./report.ts";
import { type Load, type Servers, startServers } from "./serving.ts";
import { TELEGRAF_BUILDS, TELEGRAF_VERSION, ensureTelegraf, telegrafConfig } from "./telegraf.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bundle = join(root, "dist/lagline.js");
/** What Telegraf makes of 500 groups and 100 topics of 100 partitions: a document per group partition, topic partition and group. */
const BASE_DOCUMENTS = 60_500;

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: "500" },
    partitions: { type: "string", default: "100" },
    topics: { type: "string", default: "100" },
    "topic-partitions": { type: "string", default: "100" },
    documents: { type: "string" },
    runs: { type: "string", default: "3" },
    telegraf: { type: "string" },
    floor: { type: "boolean", default: false },
    gzip: { type: "boolean", default: false },
    shape: { type: "string", default: "native" },
    source: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(
    "node scripts/bench/collect.ts [--groups 500] [--partitions 100] [--topics 100] [--topic-partitions 100] [--documents 60500] [--runs 3] [--telegraf full,slim] [--floor] [--gzip] [--shape native|telegraf] [--source] [--json]\n" +
      "Measures one cycle of `lagline collect --once`; --documents sets how many groups and topics there are, --source runs it from the sources instead of dist/, --telegraf and --floor compare.\n" +
      "Example: node scripts/bench/collect.ts --runs 5 --telegraf full,slim --floor\n",
  );
} else {
  await main();
}

async function main(): Promise<void> {
  if (!values.source && !existsSync(bundle)) {
    throw new Error("dist/lagline.js is missing. Run `npm run build` first, or use --source.");
  }
  const directory = mkdtempSync(join(tmpdir(), "lagline-bench-"));
  const servers = await startServers(loadOf());
  try {
    const others = [
      ...(await prepareTelegraf(directory, servers)),
      ...(values.floor ? [await prepareFloor(directory, servers)] : []),
    ].map((contender) => Object.assign(contender, { rows: [] as Row[] }));
    const rows: Row[] = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      rows.push(await runOne(servers, laglineCommand(directory, servers, run), directory));
      for (const contender of others) {
        contender.rows.push(await runOne(servers, contender, directory));
      }
    }
    report([{ name: "lagline", rows }, ...others], values.json);
  } finally {
    servers.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function loadOf(): Load {
  const factor = values.documents === undefined ? 1 : Number(values.documents) / BASE_DOCUMENTS;
  return {
    groups: Math.round(Number(values.groups) * factor),
    partitionsPerGroup: Number(values.partitions),
    topics: Math.round(Number(values.topics) * factor),
    partitionsPerTopic: Number(values["topic-partitions"]),
  };
}

type Command = { readonly program: string; readonly args: readonly string[] };
type Contender = Command & { readonly name: string };

function laglineCommand(directory: string, servers: Servers, run: number): Command {
  const file = join(directory, `lagline-${run}.yaml`);
  // As Telegraf is set for the comparison: no host tag, and none of Lagline's own documents.
  const measurements = ["burrow_group", "burrow_partition", "burrow_topic"];
  const shape =
    values.shape === "telegraf" ? { shape: "telegraf", telegraf: { host_tag: false, measurements } } : {};
  const config = {
    environment: "bench",
    clusters: { bench: { burrow: { external: { servers: [`http://127.0.0.1:${servers.burrowPort}`] } } } },
    elasticsearch: { external: { url: `http://127.0.0.1:${servers.elasticsearchPort}` } },
    // A fresh spool and no history, as on the first cycle of a new host.
    collector: {
      spool_directory: join(directory, `spool-${run}`),
      gzip: values.gzip,
      log_level: "warn",
      ...shape,
    },
  };
  writeFileSync(file, JSON.stringify(config));
  const entry = values.source ? join(root, "scripts/lagline.ts") : bundle;
  return { program: process.execPath, args: [entry, "collect", "--once", "--config", file] };
}

async function prepareTelegraf(directory: string, servers: Servers): Promise<Contender[]> {
  const builds = values.telegraf === undefined ? [] : values.telegraf.split(",");
  const contenders: Contender[] = [];
  for (const kind of z.array(z.enum(TELEGRAF_BUILDS)).parse(builds)) {
    const program = await ensureTelegraf(kind, (line) => {
      process.stderr.write(`${line}\n`);
    });
    const file = join(directory, "telegraf.conf");
    writeFileSync(file, telegrafConfig({ ...servers, gzip: values.gzip }));
    contenders.push({
      name: `telegraf ${TELEGRAF_VERSION} ${kind}`,
      program,
      args: ["--config", file, "--once"],
    });
  }
  return contenders;
}

async function prepareFloor(directory: string, servers: Servers): Promise<Contender> {
  const file = join(directory, "floor.mjs");
  const entry = join(root, "scripts/bench/floor.ts");
  await build({ entryPoints: [entry], outfile: file, format: "esm", logLevel: "warning" });
  const ports = [servers.burrowPort, servers.elasticsearchPort].map(String);
  return { name: "the floor", program: process.execPath, args: [file, ...ports] };
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
