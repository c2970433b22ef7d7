/**
 * Strict checks of the alerting files. One bad entry stops Grafana from starting, and some that should are taken in
 * silence (two rules with one uid, an unknown receiver's title), so everything is checked here, all problems at once.
 */
import { alertingFile } from "./file-schema.ts";
import type { ParsedFile } from "./file-schema.ts";
import { checkReceivers, checkRules } from "./reference-checks.ts";
import type { AlertingFile } from "./types.ts";
import { LaglineError } from "../model/errors.ts";

/** What rules may refer to outside of the alerting files. */
export type KnownTargets = {
  readonly datasourceUids: readonly string[];
  /** Panel ids by dashboard uid. */
  readonly panels: ReadonlyMap<string, readonly number[]>;
};

/** Throws `LAGLINE_ALERTS_INVALID` with every problem. */
export function validateAlerting(files: readonly AlertingFile[], known: KnownTargets): void {
  const problems = findProblems(files, known);
  if (problems.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_ALERTS_INVALID",
    message: `The alerting files would stop Grafana or silence an alert (${problems.length}): ${problems.join(" ")}`,
    hint: "Correct the values named; a value that you did not set is a defect of Lagline.",
  });
}

/** Every problem in one sentence each; none when Grafana takes the files. */
export function findProblems(files: readonly AlertingFile[], known: KnownTargets): readonly string[] {
  const problems: string[] = [];
  const parsed: ParsedFile[] = [];
  for (const { fileName, json } of files) {
    const result = alertingFile.safeParse(json);
    if (result.success) parsed.push(result.data);
    else {
      for (const { path, message } of result.error.issues) {
        problems.push(`${fileName}: ${path.map(String).join(".")}: ${message}.`);
      }
    }
  }
  return [...problems, ...checkRules(parsed, known), ...checkReceivers(parsed)];
}
