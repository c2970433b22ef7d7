/** The programs that a benchmark compares, each set for the same work: once, or at an interval until it is stopped. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { z } from "zod";
import { V8_FLAGS } from "../../stacks/node-entrypoint.ts";
import { freePort } from "../../tests/support/free-port.ts";
import { TELEGRAF_BUILDS, TELEGRAF_VERSION, ensureTelegraf, telegrafConfig } from "./telegraf.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const BUNDLE = join(root, "dist/lagline.js");

/**
 * How a container starts the collector, and the heap that V8 chooses by itself in one of 256 MB, the default of
 * collector.memory_megabytes (asked there, Node 22: at most 259 MiB).
 */
export const CONTAINER_FLAGS: readonly string[] = [...V8_FLAGS, "--max-old-space-size=256"];

export type Command = { readonly program: string; readonly args: readonly string[] };
export type Contender = Command & { readonly name: string };

/** What all of them are told. */
export type Task = {
  /** For configuration, spool and history. */
  readonly directory: string;
  readonly burrowPort: number;
  readonly elasticsearchPort: number;
  readonly gzip: boolean;
  readonly shape: string;
  /** Seconds between two cycles; null: one cycle, then the end. */
  readonly intervalSeconds: number | null;
};

/**
 * The collector: once as a person starts it, at an interval as its container does. `run` tells runs apart: each has a
 * fresh spool and no history, as on the first cycle of a new host.
 */
export async function laglineCommand(task: Task, run: string, entry: string = BUNDLE): Promise<Command> {
  const { directory, burrowPort, elasticsearchPort, gzip, intervalSeconds } = task;
  const file = join(directory, `lagline-${run}.yaml`);
  // As Telegraf is set for the comparison: no host tag, and none of Lagline's own documents.
  const measurements = ["burrow_group", "burrow_partition", "burrow_topic"];
  const shape =
    task.shape === "telegraf" ? { shape: "telegraf", telegraf: { host_tag: false, measurements } } : {};
  const config = {
    environment: "bench",
    clusters: { bench: { burrow: { external: { servers: [`http://127.0.0.1:${burrowPort}`] } } } },
    elasticsearch: { external: { url: `http://127.0.0.1:${elasticsearchPort}` } },
    collector: {
      spool_directory: join(directory, `spool-${run}`),
      gzip,
      log_level: "warn",
      ...(intervalSeconds === null
        ? {}
        : { interval_seconds: intervalSeconds, health_port: await freePort() }),
      ...shape,
    },
  };
  writeFileSync(file, JSON.stringify(config));
  const [flags, once] = intervalSeconds === null ? [[], ["--once"]] : [CONTAINER_FLAGS, []];
  return { program: process.execPath, args: [...flags, entry, "collect", ...once, "--config", file] };
}

/** @param builds which of Telegraf's builds, comma-separated. */
export async function telegrafContenders(task: Task, builds: string | undefined): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const kind of z.array(z.enum(TELEGRAF_BUILDS)).parse(builds?.split(",") ?? [])) {
    const program = await ensureTelegraf(kind, (line) => {
      process.stderr.write(`${line}\n`);
    });
    const file = join(task.directory, "telegraf.conf");
    writeFileSync(file, telegrafConfig(task));
    const once = task.intervalSeconds === null ? ["--once"] : [];
    contenders.push({
      name: `telegraf ${TELEGRAF_VERSION} ${kind}`,
      program,
      args: ["--config", file, ...once],
    });
  }
  return contenders;
}

export async function floorContender(task: Task): Promise<Contender> {
  const file = join(task.directory, "floor.mjs");
  const entry = join(root, "scripts/bench/floor.ts");
  await build({ entryPoints: [entry], outfile: file, format: "esm", logLevel: "warning" });
  const numbers = [task.burrowPort, task.elasticsearchPort, task.intervalSeconds ?? 0].map(String);
  return { name: "the floor", program: process.execPath, args: [file, ...numbers] };
}
