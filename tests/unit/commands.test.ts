/** What all commands have in common. */
import type { Command } from "commander";
import { expect, test } from "vitest";
import { gatherCommands } from "../../scripts/generate/commands.ts";

/** Commands that do something, with the words that call them. */
function leaves(command: Command, words: readonly string[] = []): readonly (readonly [string, Command])[] {
  const own = [...words, command.name()];
  return command.commands.length === 0
    ? [[own.join(" "), command]]
    : command.commands.flatMap((each) => leaves(each, own));
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp();
  return text;
}

/** Flags that more than one command has. */
const USUAL = new Set(["--config <file>", "--json", "--once"]);

const commands = leaves(gatherCommands());

test.each(commands)(
  "%s says in its help what it does, and shows an example that calls it",
  (words, command) => {
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
    const help = helpOf(command);
    const [, example = ""] = help.split(/^Examples?:$/m);
    expect(example).toMatch(new RegExp(String.raw`^\s+(${words}|scripts/\w+)\b`, "m"));
  },
);

test.each(commands)("%s has flags in kebab-case, each with a description", (_words, command) => {
  const wrong = command.options.filter(
    ({ long, description }) => !/^--[a-z0-9]+(-[a-z0-9]+)*$/.test(long ?? "") || description === "",
  );
  expect(wrong.map(({ flags }) => flags)).toEqual([]);
});

test("a name of a flag means the same everywhere: config takes a file, json and once take nothing", () => {
  for (const [, { options }] of commands) {
    const flags = options.map((option) => option.flags);
    const unlike = flags.filter((text) => /^--(config|json|once)\b/.test(text) && !USUAL.has(text));
    expect(unlike).toEqual([]);
  }
});
