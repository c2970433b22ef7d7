/** Runs `cdktf deploy` and `cdktf destroy` as steps that a person can follow, and turns their failure into a sentence. */
import { appendFileSync } from "node:fs";
import type { LoadedConfig } from "../../config/load.ts";
import { LaglineError } from "../../model/errors.ts";
import type { Progress } from "../platform/progress.ts";
import { runCdktf } from "./cdktf-run.ts";
import { deploymentDirectories } from "./directories.ts";

export type CdktfStepOptions = {
  readonly progress: Progress;
  readonly title: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

/** @throws LaglineError LAGLINE_DEPLOY_FAILED with what Terraform said. */
export async function runCdktfStep(
  loaded: LoadedConfig,
  options: CdktfStepOptions,
): Promise<readonly string[]> {
  return options.progress.step(options.title, async (step) => {
    const lines: string[] = [];
    const tellStack = createStackTeller(options.progress.log);
    const given = [...options.arguments, `--output=${deploymentDirectories(loaded.config).synthesised}`];
    const exitCode = await runCdktf(loaded, given, {
      signal: step.signal,
      environment: options.environment ?? {},
      onLine: (raw) => {
        const line = stripColours(raw).trimEnd();
        lines.push(line);
        appendFileSync(step.logFile, `${line}\n`);
        tellStack(line);
      },
    });
    if (exitCode !== 0) {
      throw new LaglineError({
        code: "LAGLINE_DEPLOY_FAILED",
        message: `cdktf ${options.arguments[0]} failed: ${firstFailure(lines)}`,
        hint: "The same command can be run again; what was done already stays.",
      });
    }
    step.note(summarise(lines));
    return lines;
  });
}

/** Says once per stack what became of it. cdktf prints a stack's name only where it changes. */
export function createStackTeller(log: (line: string) => void): (line: string) => void {
  let stack = "";
  return (line) => {
    stack = /^([a-z][\w-]*)\s{2,}/.exec(line)?.[1] ?? stack;
    const done = /(?:Apply|Destroy) complete! (?:Resources: )?(.*)$/.exec(line)?.[1];
    if (done !== undefined) {
      log(`  ${stack}: ${done.replace(/\.$/, "")}`);
    }
  };
}

function stripColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- removing control characters is the purpose
  return text.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, "");
}

/** Terraform's first error with the lines that belong to it, without its boxes and places in the generated JSON. */
export function firstFailure(lines: readonly string[]): string {
  const texts = lines.map((line) =>
    line
      .replace(/^\S*\s+(?=[│╷╵])/, "")
      .replace(/^[│╷╵├─\s]+/, "")
      .trim(),
  );
  const start = texts.findIndex((line) => /\bError: /.test(line));
  if (start === -1) {
    return texts.filter(Boolean).slice(-5).join(" ");
  }
  const noise =
    /^((on|with) .*(cdk\.tf\.json|docker_)|\d+:\s|"condition"|self\.exit_code|\d+ Stacks|Invoking Terraform)/;
  const [first = "", ...rest] = texts.slice(start);
  const own = rest
    .slice(0, Math.max(0, rest.findIndex((line) => /\bError: /.test(line)) + 1 || rest.length))
    .filter((line) => line !== "" && !noise.test(line) && !/\bError: /.test(line));
  return [first, ...own.slice(0, 3), ...own.slice(3).slice(-9)].join("\n  ");
}

/** "no changes in 6 stacks", or how many changed. A stack without changes is applied too, with nothing in it. */
export function summarise(lines: readonly string[]): string {
  const applied = lines.filter((line) => /(Apply|Destroy) complete!/.test(line)).length;
  const unchanged = lines.filter((line) => /No changes\./.test(line)).length;
  return applied === unchanged
    ? `no changes in ${unchanged} stacks`
    : `${applied - unchanged} of ${applied} stacks changed`;
}
