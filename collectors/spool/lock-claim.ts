/**
 * The right to replace one stale lock. A lock cannot be removed "if it is still the one that was judged": between the
 * look and the removal another starter may have replaced it. So whoever wants to replace a lock first creates a file
 * whose name belongs to that very lock, which only one process can; it then looks again and renames its own lock over
 * the stale one. There is no moment without a lock file in which a third starter could slip in.
 */
import { createHash } from "node:crypto";
import { link, readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "./disk.ts";
import { type Holder, lookFor, parseHolder } from "./lock-holder.ts";

const PREFIX = "lock.break.";
/** A claimant in another container cannot be seen; after this long between two system calls it is taken for dead. */
const UNSEEN_CLAIM_MS = 30_000;
/** Claimants that died one after the other; more than one is hard to bring about. */
const LONGEST_CHAIN = 100;
/** The file with which a starter comes; a start takes milliseconds. */
const STARTER = /^lock\.[0-9a-f]{8}-[0-9a-f-]{27}$/;
const LEFT_BEHIND_MS = 60_000;

export type ClaimOptions = {
  readonly directory: string;
  /** Names the stale lock: differs for every lock there ever was. */
  readonly of: string;
  readonly me: Holder;
  /** A file with `me` in it. */
  readonly mine: string;
};

export type Claim = { readonly giveUp: () => Promise<void> };

/** Set when this process, and no other, may replace the lock. */
export async function claim(options: ClaimOptions): Promise<Claim | undefined> {
  let key = options.of;
  for (let dead = 0; dead < LONGEST_CHAIN; dead += 1) {
    const path = join(
      options.directory,
      PREFIX + createHash("sha256").update(key).digest("hex").slice(0, 32),
    );
    if (await tryLink(options.mine, path)) return { giveUp: async () => rm(path, { force: true }) };
    const text = await readFile(path, "utf8").catch(() => undefined);
    // Gone: the claimant is done, and the lock is another one by now.
    if (text === undefined) return undefined;
    const claimant = parseHolder(text);
    if (claimant === undefined || (await mayAct(path, { claimant, me: options.me }))) return undefined;
    // It died before it was done. Its claim stays, so that only one can succeed it.
    key = `${key} ${claimant.id}`;
  }
  return undefined;
}

/** Removes all claims, and what starters left behind that died; only for the holder of the lock. */
export async function removeClaims(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const isLeft = STARTER.test(name) && (await ageMs(path)) > LEFT_BEHIND_MS;
    if (name.startsWith(PREFIX) || isLeft) await rm(path, { force: true });
  }
}

/** Since the last write; 0 when the file is gone. */
export async function ageMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Math.max(0, Date.now() - mtimeMs),
    () => 0,
  );
}

/** False when the name is taken. The file appears with its whole content. */
export async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function mayAct(path: string, who: { claimant: Holder; me: Holder }): Promise<boolean> {
  const seen = await lookFor(who.claimant, who.me);
  if (seen !== "elsewhere") return seen === "alive";
  return (await ageMs(path)) < UNSEEN_CLAIM_MS;
}
