/**
 * One process per spool directory. The lock file names its holder by pid, start time and boot id, so that a lock left
 * behind by a crash, a reboot or a reused pid is replaced. A holder in another container cannot be seen by pid; it
 * answers on a socket beside the lock.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LaglineError } from "../../model/errors.ts";
import { errorCode } from "./disk.ts";
import { ageMs, claim, removeClaims, tryLink } from "./lock-claim.ts";
import { type Holder, identify, lookFor, parseHolder } from "./lock-holder.ts";
import { answersBeside, closeBeside, listenBeside } from "./lock-socket.ts";

export type SpoolLock = {
  /** Set when the lock of a process that is gone was replaced. */
  readonly broke: string | null;
  release(): Promise<void>;
};

/** For tests of races: called between two steps, which then wait for it. */
export type LockPauses = { readonly judged?: () => Promise<void> };

const LOCK = "lock";
/** A holder is given this long between taking the lock and listening. */
const SOCKET_GRACE_MS = 2_000;
const ATTEMPTS = 10;
/** Somebody else is replacing the lock at this moment: then it is somebody's soon. */
const RETRY_MS = 20;

/** @throws LaglineError `LAGLINE_SPOOL_LOCKED` when another process uses the directory. */
export async function lockDirectory(directory: string, pauses: LockPauses = {}): Promise<SpoolLock> {
  const me = await identify();
  const text = `${JSON.stringify(me)}\n`;
  const mine = join(directory, `${LOCK}.${me.id}`);
  await writeWhole(mine, text);
  try {
    const broke = await acquire({ directory, me, mine, pauses });
    await removeClaims(directory);
    const server = await listenBeside(directory);
    return {
      broke,
      release: async () => {
        const found = await readFile(join(directory, LOCK), "utf8").catch(() => undefined);
        if (found !== text) {
          server?.close();
          return;
        }
        // Best effort: on a disk that turned read-only both files stay, and whoever comes next finds their holder gone.
        await closeBeside(directory, server).catch(() => undefined);
        await rm(join(directory, LOCK), { force: true }).catch(() => undefined);
      },
    };
  } finally {
    await rm(mine, { force: true });
  }
}

type Acquisition = {
  readonly directory: string;
  readonly me: Holder;
  readonly mine: string;
  readonly pauses: LockPauses;
};

/** Returns once the lock is ours; says whose it was, when it was somebody's. */
async function acquire(options: Acquisition): Promise<string | null> {
  const { directory, me, mine, pauses } = options;
  const path = join(directory, LOCK);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await tryLink(mine, path)) return null;
    const found = await readLock(path);
    if (found === undefined) continue;
    const holder = parseHolder(found.text);
    if (holder !== undefined && (await isAlive(directory, { holder, me }))) throw lockedBy(directory, holder);
    await pauses.judged?.();
    const right = await claim({ directory, of: found.key, me, mine });
    if (right === undefined) {
      await sleep(RETRY_MS);
      continue;
    }
    // Ours to replace, unless it was replaced before the claim; from here on nobody else may.
    if ((await readLock(path))?.key !== found.key) {
      await right.giveUp();
      continue;
    }
    await rename(mine, path);
    return holder === undefined ? "an unreadable lock" : `pid ${holder.pid}`;
  }
  throw lockedBy(directory, undefined);
}

/** The lock and a word for this very lock: the same text may come again, the same inode and time with it may not. */
async function readLock(path: string): Promise<{ text: string; key: string } | undefined> {
  try {
    const handle = await open(path, "r");
    try {
      const { ino, mtimeMs } = await handle.stat();
      const text = await handle.readFile("utf8");
      return { text, key: `${ino} ${mtimeMs} ${text}` };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function isAlive(directory: string, who: { holder: Holder; me: Holder }): Promise<boolean> {
  const seen = await lookFor(who.holder, who.me);
  if (seen !== "elsewhere") return seen === "alive";
  for (;;) {
    if (await answersBeside(directory)) return true;
    const restMs = SOCKET_GRACE_MS - (await ageMs(join(directory, LOCK)));
    if (restMs <= 0) return false;
    await sleep(Math.min(restMs, 100));
  }
}

function lockedBy(directory: string, holder: Holder | undefined): LaglineError {
  return new LaglineError({
    code: "LAGLINE_SPOOL_LOCKED",
    message: `The spool ${directory} is in use by ${holder === undefined ? "another process" : `the process with pid ${holder.pid}`}.`,
    hint: "Stop that collector, or give each collector a spool_directory of its own.",
  });
}
