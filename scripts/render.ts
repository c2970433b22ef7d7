/** Everything `lagline render` writes: path → text. */
import type { Config } from "../config/schema.ts";
import { deploymentFiles } from "../stacks/files/files.ts";

export function renderAll(config: Config): Map<string, string> {
  return new Map([...deploymentFiles(config)].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
