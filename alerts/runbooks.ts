/** Reads the runbooks that stand beside the rules. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RUNBOOK_NAMES } from "../dashboards/runbooks-dashboard.ts";
import { LaglineError } from "../model/errors.ts";

/** Markdown by name. Throws `LAGLINE_ALERTS_RUNBOOK_MISSING` when one cannot be read. */
export async function loadRunbooks(
  directory: string = join(import.meta.dirname, "runbooks"),
): Promise<ReadonlyMap<string, string>> {
  const entries = await Promise.all(
    RUNBOOK_NAMES.map(async (name) => {
      const path = join(directory, `${name}.md`);
      try {
        return [name, await readFile(path, "utf8")] as const;
      } catch (cause) {
        throw new LaglineError({
          code: "LAGLINE_ALERTS_RUNBOOK_MISSING",
          message: `The runbook ${path} cannot be read.`,
          hint: "Install Lagline again, or restore the file: messages link to it.",
          cause,
        });
      }
    }),
  );
  return new Map(entries);
}
