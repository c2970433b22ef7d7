/** Options and helpers that several commands share. */
import type { Command } from "commander";
import type { LoadedConfig } from "../../config/load.ts";
import { loadConfig } from "../../config/load.ts";
import { LaglineError } from "../../model/errors.ts";

export const DEFAULT_CONFIG = "lagline.yaml";

export type ConfigOption = { readonly config: string };

/** `--config FILE`, default lagline.yaml, or LAGLINE_CONFIG. */
export function withConfig(command: Command): Command {
  return command.option(
    "--config <file>",
    "configuration file",
    process.env["LAGLINE_CONFIG"] ?? DEFAULT_CONFIG,
  );
}

export function load(options: ConfigOption): LoadedConfig {
  return loadConfig(options.config);
}

/** An example at the end of a command's help. */
export function withExample(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExample:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

/** Aborts on the first SIGINT or SIGTERM; a second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.exit(128 + (name === "SIGINT" ? 2 : 15));
    }
    controller.abort(
      new LaglineError({
        code: "LAGLINE_INTERRUPTED",
        message: `Interrupted by ${name}.`,
        hint: "The same command can be run again.",
      }),
    );
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

/** A whole number from a flag. */
export function wholeNumber(name: string, minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < minimum) {
      throw new LaglineError({
        code: "LAGLINE_USAGE_NUMBER",
        message: `${name} must be a whole number from ${minimum}, got ${JSON.stringify(text)}.`,
      });
    }
    return value;
  };
}

/** Picks the cluster a command works on: the named one, or the only one. */
export function pickCluster(names: readonly string[], wanted: string | undefined): string {
  if (wanted !== undefined && names.includes(wanted)) {
    return wanted;
  }
  const [only] = names;
  if (wanted === undefined && names.length === 1 && only !== undefined) {
    return only;
  }
  throw new LaglineError({
    code: "LAGLINE_USAGE_CLUSTER",
    message:
      wanted === undefined
        ? `The configuration has several clusters: ${names.join(", ")}.`
        : `There is no cluster ${wanted} in the configuration; there are ${names.join(", ")}.`,
    hint: "Name one with --cluster.",
  });
}
