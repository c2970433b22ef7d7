/** `lagline dead-letter`: documents that Elasticsearch refused for good. */
import type { Command } from "commander";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, pickCluster, withConfig, withExample } from "./options.ts";

type Flags = ConfigOption & { readonly cluster?: string };
type ChoiceFlags = Flags & { readonly all: boolean; readonly type?: string };

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export function addDeadLetterCommands(program: Command): void {
  const parent = program
    .command("dead-letter")
    .description("Documents that Elasticsearch refused for good: look at them, send them again, drop them.");
  addList(parent);
  addShow(parent);
  addRetry(parent);
  addDrop(parent);
}

type Here = { readonly config: Config; readonly cluster: string };

/** Runs the work where the letters are: here, or inside the collector's container with the same words. */
async function where(
  options: Flags,
  words: readonly string[],
  work: (here: Here) => Promise<boolean | void>,
): Promise<void> {
  const { config } = load(options);
  const cluster = pickCluster(Object.keys(config.clusters), options.cluster);
  const { runInside } = await import("../dead-letter/in-container.ts");
  const exitCode = await runInside(config, cluster, words);
  process.exitCode = exitCode ?? ((await work({ config, cluster })) === false ? 1 : 0);
}

const choiceWords = (ids: readonly string[], { all, type }: ChoiceFlags): readonly string[] => [
  ...ids,
  ...(all ? ["--all"] : []),
  ...(type === undefined ? [] : ["--type", type]),
];

const clusterOption = [
  "--cluster <name>",
  "Kafka cluster; needed where the configuration has several",
] as const;
const typeOption = ["--type <error>", "those refused with this error type"] as const;

function addList(parent: Command): void {
  const command = parent
    .command("list")
    .description("How many there are, by reason.")
    .option(...clusterOption)
    .option("--json", "print each letter as one JSON line", false)
    .action(async (options: Flags & { json: boolean }) => {
      await where(options, ["list", ...(options.json ? ["--json"] : [])], async (here) => {
        const { listLetters } = await import("../dead-letter/run.ts");
        await listLetters(here.config, { ...here, json: options.json, signal: interruptSignal(), print });
      });
    });
  withExample(withConfig(command), "lagline dead-letter list");
}

function addShow(parent: Command): void {
  const command = parent
    .command("show")
    .description("Whole letters: what was said about each, and the document.")
    .argument("<id...>", "as in the list")
    .option(...clusterOption)
    .action(async (ids: readonly string[], options: Flags) => {
      await where(options, ["show", ...ids], async (here) => {
        const { showLetters } = await import("../dead-letter/run.ts");
        await showLetters(here.config, { ...here, ids, signal: interruptSignal(), print });
      });
    });
  withExample(withConfig(command), "lagline dead-letter show 0000000001:1");
}

function addRetry(parent: Command): void {
  const command = parent
    .command("retry")
    .description("Send them to Elasticsearch again. Exit 1: some are left.")
    .argument("[id...]", "as in the list")
    .option("--all", "all of them", false)
    .option(...typeOption)
    .option(...clusterOption)
    .action(async (ids: readonly string[], options: ChoiceFlags) => {
      await where(options, ["retry", ...choiceWords(ids, options)], async (here) => {
        const { retryChosen } = await import("../dead-letter/run.ts");
        const choice = { ids, all: options.all, type: options.type };
        return retryChosen(here.config, { ...here, choice, signal: interruptSignal(), print });
      });
    });
  withExample(withConfig(command), "lagline dead-letter retry --type mapper_parsing_exception");
}

function addDrop(parent: Command): void {
  const command = parent
    .command("drop")
    .description("Give them up. They cannot come back.")
    .argument("[id...]", "as in the list")
    .option("--all", "all of them; needs --yes", false)
    .option(...typeOption)
    .option("--yes", "needed with --all", false)
    .option(...clusterOption)
    .action(async (ids: readonly string[], options: ChoiceFlags & { yes: boolean }) => {
      if (options.all && !options.yes) throw needsYes();
      await where(
        options,
        ["drop", ...choiceWords(ids, options), ...(options.yes ? ["--yes"] : [])],
        async (here) => {
          const { dropChosen } = await import("../dead-letter/run.ts");
          const choice = { ids, all: options.all, type: options.type };
          await dropChosen(here.config, { ...here, choice, signal: interruptSignal(), print });
        },
      );
    });
  withExample(withConfig(command), "lagline dead-letter drop 0000000001:1");
}

function needsYes(): LaglineError {
  return new LaglineError({
    code: "LAGLINE_USAGE_DROP_ALL",
    message: "--all drops every dead letter and needs --yes beside it.",
    hint: "`lagline dead-letter list` shows what would be lost.",
  });
}
