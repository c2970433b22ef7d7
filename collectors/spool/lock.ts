/**
 * One process per spool directory. The lock file names its holder by pid, start time and boot id, so that a lock left
 * behind by a crash, a reboot or a reused pid is broken. A holder in another container cannot be seen by pid; it
 * answers on a socket beside the lock.
 */
import { randomUUID } from "node:crypto";
import { link, open, readFile, readlink, rename, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LaglineError } from "../../model/errors.ts";
import { errorCode } from "./disk.ts";

export type SpoolLock = {
  /** Set when the lock of a process that is gone was broken. */
  readonly broke: string | null;
  release(): Promise<void>;
};

type Holder = {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  /** Tells two locks of the same process apart. */
  readonly id: string;
};

const LOCK = "lock";
const SOCKET = "lock.socket";
/** A holder is given this long between creating the lock and listening. */
const SOCKET_GRACE_MS = 200;

/** @throws LaglineError `LAGLINE_SPOOL_LOCKED` when another process uses the directory. */
export async function lockDirectory(directory: string): Promise<SpoolLock> {
  const me = await identify();
  const text = `${JSON.stringify(me)}\n`;
  let broke: string | null = null;
  for (let attempt = 0; attempt < 10; attempt += 1) {
    if (await createLock(directory, text)) {
      const server = await listen(directory);
      return {
        broke,
        release: async () => {
          await release({ directory, text, server });
        },
      };
    }
    const found = await readLock(directory);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && (await isAlive(directory, { holder, me }))) throw lockedBy(directory, holder);
    if (await breakLock(directory, found))
      broke = holder === undefined ? "an unreadable lock" : `pid ${holder.pid}`;
  }
  throw lockedBy(directory, undefined);
}

async function identify(): Promise<Holder> {
  return {
    pid: process.pid,
    startTicks: (await startTicks(process.pid)) ?? "",
    bootId: await readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
      (id) => id.trim(),
      () => "",
    ),
    pidNamespace: await readlink("/proc/self/ns/pid").catch(() => ""),
    id: randomUUID(),
  };
}

/** Field 22 of `/proc/<pid>/stat`: when the process started, in ticks since boot. */
async function startTicks(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in field 2 may hold spaces and brackets; count from behind its end.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

async function createLock(directory: string, text: string): Promise<boolean> {
  try {
    const handle = await open(join(directory, LOCK), "wx", 0o600);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function readLock(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, LOCK), "utf8").catch(() => undefined);
  if (text !== "") return text;
  // Created but not written yet, or written by a process that died in between.
  await sleep(SOCKET_GRACE_MS);
  return readFile(join(directory, LOCK), "utf8").catch(() => undefined);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("pid" in value) || typeof value.pid !== "number") return undefined;
    const word = (name: string): string => {
      const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
      return typeof found === "string" ? found : "";
    };
    return {
      pid: value.pid,
      startTicks: word("startTicks"),
      bootId: word("bootId"),
      pidNamespace: word("pidNamespace"),
      id: word("id"),
    };
  } catch {
    return undefined;
  }
}

async function isAlive(
  directory: string,
  who: { readonly holder: Holder; readonly me: Holder },
): Promise<boolean> {
  const { holder, me } = who;
  if (holder.bootId !== me.bootId) return false;
  if (holder.pidNamespace === me.pidNamespace) {
    const ticks = await startTicks(holder.pid);
    if (ticks !== undefined) return ticks === holder.startTicks;
    if (holder.startTicks !== "") return false;
    return signalReaches(holder.pid);
  }
  if (await answers(directory)) return true;
  await sleep(SOCKET_GRACE_MS);
  return answers(directory);
}

/** For systems without /proc. */
function signalReaches(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/** Moves the lock away if it is still the one that was judged. */
async function breakLock(directory: string, judged: string): Promise<boolean> {
  const aside = join(directory, `${LOCK}.${randomUUID()}`);
  try {
    await rename(join(directory, LOCK), aside);
  } catch {
    return false;
  }
  const moved = await readFile(aside, "utf8");
  if (moved !== judged) {
    // Somebody else was quicker and holds a new lock: put it back, unless there is a third one by now.
    await link(aside, join(directory, LOCK)).catch(() => undefined);
    await rm(aside, { force: true });
    return false;
  }
  await rm(aside, { force: true });
  return true;
}

async function listen(directory: string): Promise<Server | undefined> {
  return inDirectory(directory, async (short) => {
    await rm(join(directory, SOCKET), { force: true });
    const server = createServer((socket) => socket.destroy());
    server.unref();
    return new Promise<Server | undefined>((resolve) => {
      // A file system without sockets: the pid alone has to do.
      server.once("error", () => {
        resolve(undefined);
      });
      server.listen(join(short, SOCKET), () => {
        resolve(server);
      });
    });
  });
}

async function answers(directory: string): Promise<boolean> {
  return inDirectory(
    directory,
    async (short) =>
      new Promise<boolean>((resolve) => {
        const socket = connect(join(short, SOCKET));
        socket.once("connect", () => {
          socket.destroy();
          resolve(true);
        });
        socket.once("error", () => {
          resolve(false);
        });
      }),
  );
}

/** Socket addresses end at 107 bytes; through an open directory any path is short. */
async function inDirectory<T>(directory: string, run: (short: string) => Promise<T>): Promise<T> {
  if (join(directory, SOCKET).length < 100) return run(directory);
  const handle = await open(directory, "r");
  try {
    return await run(`/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}

async function release(lock: { directory: string; text: string; server: Server | undefined }): Promise<void> {
  lock.server?.close();
  const path = join(lock.directory, LOCK);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text !== lock.text) return;
  await rm(join(lock.directory, SOCKET), { force: true });
  await rm(path, { force: true });
}

function lockedBy(directory: string, holder: Holder | undefined): LaglineError {
  return new LaglineError({
    code: "LAGLINE_SPOOL_LOCKED",
    message: `The spool ${directory} is in use by ${holder === undefined ? "another process" : `the process with pid ${holder.pid}`}.`,
    hint: "Stop that collector, or give each collector a spool_directory of its own.",
  });
}
