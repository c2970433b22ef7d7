/** Files and folders that are expensive to make: made once per key, complete or absent, safe to interrupt. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const ABANDONED_AFTER_MS = 6 * 60 * 60 * 1000;

export type CacheResult = { readonly path: string; readonly cached: boolean };

/**
 * Returns `path` when it exists; otherwise lets `make` fill a working folder beside it and moves the result there.
 * `make` returns the finished file or folder inside the working folder. Two processes may race: one result wins.
 */
export async function ensureCached(
  path: string,
  make: (workFolder: string) => Promise<string>,
): Promise<CacheResult> {
  if (existsSync(path)) return { path, cached: true };
  await mkdir(dirname(path), { recursive: true });
  await removeAbandoned(dirname(path));
  const workFolder = await mkdtemp(join(dirname(path), `.work-${basename(path)}-`));
  try {
    await moveInto(await make(workFolder), path);
  } finally {
    await removeFolder(workFolder);
  }
  return { path, cached: false };
}

async function moveInto(finished: string, path: string): Promise<void> {
  try {
    await rename(finished, path);
  } catch (error) {
    // Another process finished first; folders cannot be renamed over one that has content.
    if (!existsSync(path)) throw error;
  }
}

/** Working folders of runs that were killed; young ones may belong to a run that still works. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(".work-"));
  for (const name of names) {
    const path = join(folder, name);
    const age = await stat(path).then(
      (found) => Date.now() - found.mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await removeFolder(path);
  }
}

/**
 * A killed mmdebstrap may leave file systems of the host mounted below its folder: such a folder stays. What belongs to
 * root after a run through sudo stays as well; neither is in the way of the next run.
 */
async function removeFolder(folder: string): Promise<void> {
  const mounts = await readFile("/proc/self/mounts", "utf8").catch(() => "");
  if (hasMountBelow(mounts, folder)) return;
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

/** `mounts` is the text of /proc/self/mounts, where spaces in paths are written as \\040. */
export function hasMountBelow(mounts: string, folder: string): boolean {
  const prefix = `${folder.replaceAll(" ", "\\040")}/`;
  return mounts.split("\n").some((line) => (line.split(" ")[1] ?? "").startsWith(prefix));
}
