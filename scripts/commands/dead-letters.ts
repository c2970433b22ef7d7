/** `lagline dead-letter`: what Elasticsearch or Slack refused for good. */
import { Option } from "commander";
import type { Command } from "commander";
import { LaglineError } from "../../model/errors.ts";
import type { LetterStore } from "../dead-letter/stores.ts";
import type { ConfigOption } from "./options.ts";
import { interruptSignal, load, pickCluster, wholeNumber, withConfig, withExample } from "./options.ts";

type Flags = ConfigOption & { readonly cluster?: string; readonly shard?: number; readonly relay: boolean };
type ChoiceFlags = Flags & { readonly all: boolean; readonly type?: string };

const print = (line: string): void => void process.stdout.write(`${line}\n`);

export function addDeadLetterCommands(program: Command): void {
  const parent = program
    .command("dead-letter")
    .description(
      "What was refused for good, documents by Elasticsearch or messages by Slack: look at it, send it again, drop it.",
    );
  addList(parent);
  addShow(parent);
  addRetry(parent);
  addDrop(parent);
}

/** Runs the work where the letters are: here, or inside the container of their process with the same words. */
async function where(
  options: Flags,
  words: readonly string[],
  work: (store: LetterStore) => Promise<boolean | void>,
): Promise<void> {
  const { config } = load(options);
  const { collectorLetters, relayLetters } = await import("../dead-letter/stores.ts");
  const store = options.relay
    ? relayLetters(config)
    : collectorLetters(config, pickCluster(Object.keys(config.clusters), options.cluster), options.shard);
  const { runInside } = await import("../dead-letter/in-container.ts");
  const exitCode = await runInside(config, store, words);
  process.exitCode = exitCode ?? ((await work(store)) === false ? 1 : 0);
}

const choiceWords = (ids: readonly string[], { all, type }: ChoiceFlags): readonly string[] => [
  ...ids,
  ...(all ? ["--all"] : []),
  ...(type === undefined ? [] : ["--type", type]),
];

function withStore(command: Command): Command {
  return command
    .option("--cluster <name>", "Kafka cluster; needed where the configuration has several")
    .option(
      "--shard <number>",
      "collector of a cluster that several share; the first where it is left out",
      wholeNumber("--shard", 1),
    )
    .addOption(
      new Option("--relay", "those of the relay: messages that did not reach Slack")
        .default(false)
        .conflicts(["cluster", "shard"]),
    );
}
const typeOption = ["--type <error>", "those refused with this error type"] as const;

function addList(parent: Command): void {
  const command = parent
    .command("list")
    .description("How many there are, by reason.")
    .option("--json", "print each letter as one JSON line", false)
    .action(async (options: Flags & { json: boolean }) => {
      await where(options, ["list", ...(options.json ? ["--json"] : [])], async (store) => {
        const { listLetters } = await import("../dead-letter/run.ts");
        await listLetters({ store, json: options.json, signal: interruptSignal(), print });
      });
    });
  withExample(withConfig(withStore(command)), "lagline dead-letter list", "lagline dead-letter list --relay");
}

function addShow(parent: Command): void {
  const command = parent
    .command("show")
    .description("Whole letters: what was said about each, and the document.")
    .argument("<id...>", "as in the list")
    .action(async (ids: readonly string[], options: Flags) => {
      await where(options, ["show", ...ids], async (store) => {
        const { showLetters } = await import("../dead-letter/run.ts");
        await showLetters({ store, ids, signal: interruptSignal(), print });
      });
    });
  withExample(withConfig(withStore(command)), "lagline dead-letter show 0000000001:1");
}

function addRetry(parent: Command): void {
  const command = parent
    .command("retry")
    .description("Send them to Elasticsearch, or to Slack, again. Exit 1: some are left.")
    .argument("[id...]", "as in the list")
    .option("--all", "all of them", false)
    .option(...typeOption)
    .action(async (ids: readonly string[], options: ChoiceFlags) => {
      await where(options, ["retry", ...choiceWords(ids, options)], async (store) => {
        const { retryChosen } = await import("../dead-letter/run.ts");
        const choice = { ids, all: options.all, type: options.type };
        return retryChosen({ store, choice, signal: interruptSignal(), print });
      });
    });
  withExample(withConfig(withStore(command)), "lagline dead-letter retry --type mapper_parsing_exception");
}

function addDrop(parent: Command): void {
  const command = parent
    .command("drop")
    .description("Give them up. They cannot come back.")
    .argument("[id...]", "as in the list")
    .option("--all", "all of them; needs --yes", false)
    .option(...typeOption)
    .option("--yes", "needed with --all", false)
    .action(async (ids: readonly string[], options: ChoiceFlags & { yes: boolean }) => {
      if (options.all && !options.yes) throw needsYes();
      await where(
        options,
        ["drop", ...choiceWords(ids, options), ...(options.yes ? ["--yes"] : [])],
        async (store) => {
          const { dropChosen } = await import("../dead-letter/run.ts");
          const choice = { ids, all: options.all, type: options.type };
          await dropChosen({ store, choice, signal: interruptSignal(), print });
        },
      );
    });
  withExample(withConfig(withStore(command)), "lagline dead-letter drop 0000000001:1");
}

function needsYes(): LaglineError {
  return new LaglineError({
    code: "LAGLINE_USAGE_DROP_ALL",
    message: "--all drops every dead letter and needs --yes beside it.",
    hint: "`lagline dead-letter list` shows what would be lost.",
  });
}
