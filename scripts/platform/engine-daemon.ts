/** A `dockerd` of our own for hosts without a service manager: started detached, recorded, stopped only by us. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import { probeCommand } from "./commands.ts";
import { createContext, type PlatformContext, type PlatformOptions } from "./context.ts";
import { asRoot } from "./root.ts";

const STOP_TIMEOUT_MS = 60_000;
const ADMIN_PATH = "/usr/sbin:/sbin";

/** `startTicks` tells our process from a later one with the same number. */
const RecordSchema = z.strictObject({ pid: z.int().positive(), startTicks: z.string() });
type DaemonRecord = z.infer<typeof RecordSchema>;

export type Daemon = { readonly logFile: string; readonly pid: () => number };

export async function startDaemon(context: PlatformContext): Promise<Daemon> {
  const folder = engineFolder(context.root);
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, "dockerd.log");
  const pidFile = join(folder, "dockerd.pid");
  await rm(pidFile, { force: true });
  const command = await asRoot({ file: "dockerd", args: ["--pidfile", pidFile] }, context.signal);
  const log = await open(logFile, "a");
  const child = spawn(command.file, command.args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:${ADMIN_PATH}` },
  });
  await onceSpawned(child);
  await log.close();
  child.unref();
  await recordDaemon(folder, pidFile, context.signal);
  return { logFile: relative(process.cwd(), logFile), pid: () => Number(readFileSync(pidFile, "utf8")) };
}

/** Stops the engine that this repository started in the background; any other engine is left alone. */
export async function stopDockerEngine(options: PlatformOptions): Promise<{ readonly stopped: boolean }> {
  const context = createContext(options);
  const folder = engineFolder(context.root);
  const record = await readRecord(folder);
  if (record === undefined || (await readStartTicks(record.pid)) !== record.startTicks)
    return { stopped: false };
  await context.progress.step("Stop the Docker engine", async (step) => {
    await step.run(await asRoot({ file: "kill", args: ["-TERM", String(record.pid)] }, step.signal));
    await waitForExit(record, context.signal);
  });
  await rm(join(folder, "engine.json"), { force: true });
  return { stopped: true };
}

/** The engine we started earlier and that still runs. */
export async function findOwnDaemon(root: string): Promise<number | undefined> {
  const record = await readRecord(engineFolder(root));
  if (record === undefined) return undefined;
  return (await readStartTicks(record.pid)) === record.startTicks ? record.pid : undefined;
}

function engineFolder(root: string): string {
  return join(root, "var", "engine");
}

async function onceSpawned(child: ReturnType<typeof spawn>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
}

/** dockerd writes its own number early; through sudo it is not the number of the process we spawned. */
async function recordDaemon(folder: string, pidFile: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!existsSync(pidFile)) {
    if (performance.now() > deadline) throw startFailed(folder);
    await sleep(100, undefined, { signal });
  }
  const pid = Number(await readFile(pidFile, "utf8"));
  const startTicks = await readStartTicks(pid);
  if (startTicks === undefined) throw startFailed(folder);
  const record: DaemonRecord = { pid, startTicks };
  await writeFile(join(folder, "engine.json"), `${JSON.stringify(record)}\n`);
}

async function readRecord(folder: string): Promise<DaemonRecord | undefined> {
  const text = await readFile(join(folder, "engine.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return RecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat, counted after the name, which may hold spaces. */
async function readStartTicks(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

async function waitForExit(record: DaemonRecord, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while ((await readStartTicks(record.pid)) === record.startTicks) {
    if (performance.now() > deadline) {
      throw new LaglineError({
        code: "LAGLINE_ENGINE_NOT_STOPPED",
        message: `The Docker engine (process ${record.pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s.`,
        hint: `Stop its containers first, or end it by hand with "kill -9 ${record.pid}".`,
      });
    }
    await probeCommand({ file: "sleep", args: ["0.2"] }, signal);
  }
}

function startFailed(folder: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ENGINE_NOT_STARTED",
    message: '"dockerd" was started in the background, but ended at once.',
    hint: `Read ${relative(process.cwd(), join(folder, "dockerd.log"))}, remove the cause and run the command again.`,
  });
}
