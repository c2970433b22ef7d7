/** Everything `lagline render` writes: path → text. */
import { loadRunbooks } from "../alerts/index.ts";
import type { Config } from "../config/schema.ts";
import { deploymentFiles } from "../stacks/files/files.ts";

export async function renderAll(config: Config): Promise<Map<string, string>> {
  return new Map([...deploymentFiles(config, await loadRunbooks())].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
