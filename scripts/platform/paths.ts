/** Where the platform scripts read and write: the repository, its `var/`, and the cache that outlives a clone. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { LaglineError } from "../../model/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder with `package.json`, `scripts/` and `stacks/`, found upwards from this file. */
export function findRepositoryRoot(start: string = import.meta.dirname): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json")) && existsSync(join(folder, "stacks"))) return folder;
  }
  throw new LaglineError({
    code: "LAGLINE_PLATFORM_NO_REPOSITORY",
    message: "This command builds images from the Lagline repository, but it does not run inside one.",
    hint: "Change into a clone of the repository and run it again.",
  });
}

/** `LAGLINE_CACHE_DIR`, else `lagline` below the XDG cache folder. */
export function cacheDirectory(environment: Environment): string {
  const chosen = environment["LAGLINE_CACHE_DIR"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const base = environment["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "lagline");
}
