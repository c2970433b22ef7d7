/** `lagline keys create` and `lagline keys rotate`. */
import { setTimeout as sleep } from "node:timers/promises";
import { LaglineError } from "../../model/errors.ts";
import { issueKey } from "./issue.ts";
import type { KeyRun } from "./issue.ts";
import { lackingPrivileges, listKeys, revokeKeys } from "./key-api.ts";
import type { StoredKey } from "./key-api.ts";
import { heldKeyId, readKey, requireWritable } from "./key-file.ts";
import { withKeyLock } from "./lock.ts";
import type { KeyTarget } from "./programs.ts";
import { superseded } from "./states.ts";

const DAY_MS = 86_400_000;

/**
 * Makes the keys whose files are missing; a key that is there and works stays.
 * @throws LaglineError `LAGLINE_KEYS_UNUSABLE` naming every file whose key does not do; nothing is made then.
 */
export async function createKeys(
  run: KeyRun,
  targets: readonly KeyTarget[],
  expiresDays: number | null,
): Promise<void> {
  await prepared(run, targets, async (stored) => {
    const absent = targets.filter(({ file }) => readKey(file) === undefined);
    const problems: string[] = [];
    for (const target of targets.filter((each) => !absent.includes(each))) {
      const problem = await examine(run, target, stored);
      if (problem === undefined) run.log(`${target.program}: the key in ${target.file} works and stays.`);
      else problems.push(`${target.file} (${target.program}): ${problem}`);
    }
    if (problems.length > 0) throw unusable(problems);
    for (const target of absent) await issueKey(run, target, expiresDays);
  });
}

export type RotateOptions = {
  /** Undefined: as long as the key before it; null: without an end. */
  readonly expiresDays?: number | null;
  /** How long the older keys stay valid, for programs on other hosts. */
  readonly graceSeconds: number;
  /** Leaves the older keys to `lagline keys revoke --older`. */
  readonly keepsOlder: boolean;
  /** Called once when all files hold their new key. */
  readonly onWritten: () => Promise<void>;
};

/**
 * New keys for all targets, then an end to those that they replace. Safe to stop and to run again at every point: until
 * the last step both keys work, and only a key that was made for this file on this host, and that the file holds no
 * more, is revoked.
 */
export async function rotateKeys(
  run: KeyRun,
  targets: readonly KeyTarget[],
  options: RotateOptions,
): Promise<void> {
  await prepared(run, targets, async (stored) => {
    for (const target of targets) {
      const before = heldKeyId(target.file);
      const known = stored.find(({ id, name }) => id === before && name === target.name);
      await issueKey(run, target, options.expiresDays === undefined ? lifeOf(known) : options.expiresDays);
      if (before !== undefined && known?.origin?.host !== run.host) {
        run.log(
          `${target.program}: the key ${before} that the file held was not made here and stays valid; \`lagline keys revoke --id\` or its maker ends it.`,
        );
      }
    }
    await options.onWritten();
    const older = superseded(await listKeys(run.http, run.environment, run.signal), targets, run.host);
    if (older.length === 0) return;
    const which = `${older.length} older ${older.length === 1 ? "key" : "keys"}`;
    if (options.keepsOlder) {
      run.log(
        `${which} ${older.length === 1 ? "stays" : "stay"} valid until \`lagline keys revoke --older\`.`,
      );
      return;
    }
    if (options.graceSeconds > 0) {
      run.log(
        `${which} will be revoked in ${options.graceSeconds} s. Stopped before, \`lagline keys revoke --older\` does it.`,
      );
      await sleep(options.graceSeconds * 1000, undefined, { signal: run.signal });
    }
    await revokeOlder(run, targets);
  });
}

/** Revokes what was made for these files on this host and is in them no more. */
export async function revokeOlder(run: KeyRun, targets: readonly KeyTarget[]): Promise<void> {
  // Asked again: somebody may have rotated during the grace.
  const older = superseded(await listKeys(run.http, run.environment, run.signal), targets, run.host);
  const done = await revokeKeys(
    run.http,
    older.map(({ id }) => id),
    run.signal,
  );
  run.log(done.length === 0 ? "No older key is left." : `Revoked: ${done.join(", ")}.`);
}

/** Rights and files are looked at before anything is made. */
async function prepared(
  run: KeyRun,
  targets: readonly KeyTarget[],
  use: (stored: readonly StoredKey[]) => Promise<void>,
): Promise<void> {
  const stored = await listKeys(run.http, run.environment, run.signal);
  const files = targets.map(({ file }) => file);
  for (const file of files) requireWritable(file);
  await withKeyLock(files, () => use(stored));
}

/** Undefined when the key in the target's file does all that it should. */
async function examine(
  run: KeyRun,
  target: KeyTarget,
  stored: readonly StoredKey[],
): Promise<string | undefined> {
  const held = heldKeyId(target.file);
  if (held === undefined) return "what it holds is no API key";
  const known = stored.find(({ id }) => id === held);
  if (known === undefined) return `its key ${held} was revoked, or is not one of ${target.name}`;
  if (known.expiresMs !== null && known.expiresMs <= Date.now()) return `its key ${held} has expired`;
  const http = await run.openWithKey(readKey(target.file) ?? "");
  try {
    const lacks = await lackingPrivileges(http, target.descriptors, run.signal);
    return lacks.length === 0 ? undefined : `its key ${held} lacks ${lacks.join(", ")}`;
  } finally {
    await http.close();
  }
}

function lifeOf(key: StoredKey | undefined): number | null {
  if (key === undefined || key.expiresMs === null) return null;
  return Math.max(1, Math.round((key.expiresMs - key.createdMs) / DAY_MS));
}

function unusable(problems: readonly string[]): LaglineError {
  return new LaglineError({
    code: "LAGLINE_KEYS_UNUSABLE",
    message: `Keys that are there already do not do:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    hint: "`lagline keys rotate` replaces them. No key was made.",
  });
}
