/** `lagline doctor`. */
import type { Config } from "../../config/schema.ts";
import { firstBroken } from "./finding.ts";
import { formatFindings } from "./text.ts";
import { walkChain } from "./walk.ts";

export type DoctorOptions = {
  readonly sendTest: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

/** True when no link is broken. */
export async function runDoctor(config: Config, options: DoctorOptions): Promise<boolean> {
  const findings = await walkChain(config, options);
  const first = firstBroken(findings);
  if (options.json) options.print(JSON.stringify({ first_broken: first ?? null, findings }));
  else for (const line of formatFindings(findings)) options.print(line);
  return first === undefined;
}
