/**
 * Benchmark of the running collector: as a service, cycle after cycle of a large cluster whose offsets move, with everything on
 * (validation, spool with fsync, identities; in the native shape analysis and history). Telegraf and the bare script get the same, one after the other in turns.
 * What a cycle costs is read from outside after it: CPU of the process from the end of the cycle before, time from the first
 * question to Burrow to the last document, the highest memory so far.
 *
 *   npm run bench:running -- --documents 242000 --interval 12 --telegraf full --floor
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { type Command, laglineCommand } from "./contenders.ts";
import { median, readUsage } from "./measure.ts";
import type { Row } from "./report.ts";
import type { Servers } from "./serving.ts";
import { LOAD_OPTIONS, runInTurns } from "./turns.ts";

const { values } = parseArgs({
  options: {
    ...LOAD_OPTIONS,
    interval: { type: "string", default: "5" },
    "warm-up": { type: "string", default: "4" },
    cycles: { type: "string", default: "6" },
  },
});

/** A cycle is over when for so long nothing came; must be longer than Telegraf keeps what is left of a cycle. */
const QUIET_MS = 800;
const LOOK_EVERY_MS = 100;
/** Without a cycle for so many intervals the program is broken. */
const PATIENCE = 5;

if (values.help) {
  process.stdout.write(
    "node scripts/bench/running.ts [--documents 60500] [--interval 5] [--warm-up 4] [--cycles 6] [--runs 3] [--telegraf full,slim] [--floor] [--gzip] [--shape native|telegraf] [--json]\n" +
      "Measures what one cycle costs a collector that goes on running; the interval must leave each program a second of rest.\n" +
      "Example: npm run bench:running -- --telegraf full --floor\n",
  );
} else {
  await runInTurns({
    values,
    intervalSeconds: Number(values.interval),
    lagline: async (task, run) => {
      const command = await laglineCommand(task, run);
      // Without history of an earlier run the first ten ticks are held back, in case another collector knows more.
      await execa(command.program, [...command.args, "--once"], { cwd: task.directory });
      return command;
    },
    measure: measureCycles,
  });
}

/** Medians of the cycles after the warm-up. */
async function measureCycles(servers: Servers, command: Command, directory: string): Promise<Row> {
  await servers.ask("refresh");
  const child = spawn(command.program, [...command.args], {
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    for (let cycle = 0; cycle < Number(values["warm-up"]); cycle += 1) await oneCycle(servers, child);
    const cycles: Row[] = [];
    while (cycles.length < Number(values.cycles)) cycles.push(await oneCycle(servers, child));
    const of = (value: (row: Row) => number): number => median(cycles.map(value));
    return {
      wallSeconds: of((row) => row.wallSeconds),
      // Idle time between two cycles is in it; clock ticks of 10 ms make the mean more exact than the median.
      cpuSeconds: cycles.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / cycles.length,
      peakMegabytes: Math.max(...cycles.map(({ peakMegabytes }) => peakMegabytes)),
      documents: of((row) => row.documents),
      bytes: of((row) => row.bytes),
      connections: of((row) => row.connections),
    };
  } finally {
    await end(child);
  }
}

/** Waits for the next cycle, until nothing more comes of it, and moves Burrow on for the one after. */
async function oneCycle(servers: Servers, child: ChildProcess): Promise<Row> {
  const cpuBefore = usage(child).cpuSeconds;
  const before = await servers.ask("counts");
  const untilMs = performance.now() + PATIENCE * Number(values.interval) * 1000;
  let last = before;
  let sinceMs = performance.now();
  while (last.busySeconds === 0 || performance.now() - sinceMs < QUIET_MS) {
    await sleep(LOOK_EVERY_MS);
    const now = await servers.ask("counts");
    if (now.documents !== last.documents) sinceMs = performance.now();
    last = now;
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}.`);
    if (performance.now() > untilMs) throw new Error(`No whole cycle of ${child.spawnfile} was seen.`);
  }
  const after = usage(child);
  await servers.ask("refresh");
  return {
    wallSeconds: last.busySeconds,
    cpuSeconds: after.cpuSeconds - cpuBefore,
    peakMegabytes: after.peakMegabytes,
    documents: last.documents - before.documents,
    bytes: last.bytes - before.bytes,
    connections: last.connections - before.connections,
  };
}

function usage(child: ChildProcess): { cpuSeconds: number; peakMegabytes: number } {
  const read = child.pid === undefined ? null : readUsage(child.pid);
  if (read === null) throw new Error(`${child.spawnfile} does not run.`);
  return read;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}
