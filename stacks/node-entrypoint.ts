/** How a container starts our bundle: under Node's permission model. */
import { PATHS } from "./endpoints.ts";

/**
 * In a container of 256 MB V8 keeps 1 MB for what is young, and collects it so often that a third of all CPU goes there; with
 * 4 MB it takes 6 MB more. The bundle has a code cache for exactly these flags. Figures: docs/decisions/0054-what-a-cycle-costs.md.
 */
export const V8_FLAGS: readonly string[] = ["--max-semi-space-size=4"];

/**
 * No other process, no worker, no native code, and of the file system what is needed only: the bundle, configuration and
 * secrets to read, the volume to write. /proc is for the lock of a spool, which knows a process by its start time, and for
 * the process's own metrics. What it costs and what it does not hold is in docs/decisions/0042-permission-model.md.
 */
export const RESTRICTED_ENTRYPOINT = entrypoint([
  ...["/app/", `${PATHS.configuration}/`, `${PATHS.secrets}/`, `${PATHS.spool}/`, "/proc/"].map(
    (path) => `--allow-fs-read=${path}`,
  ),
  `--allow-fs-write=${PATHS.spool}/`,
]);

/** For what keeps nothing on disk. */
export const READING_ENTRYPOINT = entrypoint(
  ["/app/", `${PATHS.configuration}/`, `${PATHS.secrets}/`, "/proc/"].map(
    (path) => `--allow-fs-read=${path}`,
  ),
);

function entrypoint(allowed: readonly string[]): readonly string[] {
  // Without --enable-source-maps, as in the image: the bundle keeps its names.
  return ["node", ...V8_FLAGS, "--permission", ...allowed, "/app/lagline.js"];
}
