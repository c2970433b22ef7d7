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
    const exitCode = await runCdktf(
      loaded,
      [...options.arguments, `--output=${deploymentDirectories(loaded.config).synthesised}`],
      {
        signal: step.signal,
        environment: options.environment ?? {},
        onLine: (raw) => {
          const line = stripColours(raw).trimEnd();
          lines.push(line);
          appendFileSync(step.logFile, `${line}\n`);
          const finished = /^(\S+)\s+(?:Apply|Destroy) complete! (.*)$/.exec(line);
          if (finished !== null) {
            options.progress.log(`  ${finished[1]}: ${finished[2]}`);
          }
        },
      },
    );
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

function stripColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- removing control characters is the purpose
  return text.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, "");
}

/** Terraform's first error with the lines that belong to it, without its box drawing. */
export function firstFailure(lines: readonly string[]): string {
  const texts = lines.map((line) =>
    line
      .replace(/^\S+\s{2,}/, "")
      .replace(/^[│╷╵\s]+/, "")
      .trim(),
  );
  const start = texts.findIndex((line) => /\bError: /.test(line));
  if (start === -1) {
    return texts.filter(Boolean).slice(-5).join(" ");
  }
  return texts
    .slice(start, start + 40)
    .filter((line) => line !== "" && !/^(on|with) .*(cdk\.tf\.json|docker_)/.test(line))
    .slice(0, 12)
    .join("\n  ");
}

/** "No changes in 6 stacks", or what changed. */
export function summarise(lines: readonly string[]): string {
  const unchanged = lines.filter((line) => /No changes\./.test(line)).length;
  const applied = lines.filter((line) => /(Apply|Destroy) complete!/.test(line)).length;
  return applied === 0 ? `no changes in ${unchanged} stacks` : `${applied} stacks applied`;
}
