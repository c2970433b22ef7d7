/** Files and folders that are expensive to make: made once per key, complete or absent, safe to interrupt. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
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
    await rm(workFolder, { recursive: true, force: true });
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
    if (age > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
