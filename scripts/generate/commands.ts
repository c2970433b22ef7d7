/** Every command with its options, gathered from the modules that add them; and the reference made from it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { z } from "zod";

const FOLDER = join(import.meta.dirname, "..", "commands");
const adder = z.custom<(program: Command) => void>((value) => typeof value === "function");

/** The program as `scripts/lagline.ts` builds it, without the process around it. */
export async function gatherCommands(): Promise<Command> {
  const program = new Command("lagline");
  for (const file of readdirSync(FOLDER).toSorted()) {
    if (file.endsWith(".test.ts")) continue;
    const module: unknown = await import(join(FOLDER, file));
    for (const [name, value] of Object.entries(z.record(z.string(), z.unknown()).parse(module))) {
      if (/^add[A-Za-z]*Commands?$/.test(name)) adder.parse(value)(program);
    }
  }
  return program;
}

const HEADER = `# Commands

Made from \`scripts/commands/\` by \`npm run generate\`; edits are overwritten.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. \`--help\` after any command shows an example. In a clone the
command is \`scripts/lagline\`; in the installed package and in the collector's image it is \`lagline\`.
`;

export async function commandsReference(): Promise<string> {
  const commands = leaves(await gatherCommands(), []).toSorted((a, b) =>
    a.path.join(" ") < b.path.join(" ") ? -1 : 1,
  );
  return `${HEADER}${commands.map(section).join("")}`;
}

type Leaf = { readonly path: readonly string[]; readonly command: Command };

function leaves(command: Command, path: readonly string[]): readonly Leaf[] {
  return command.commands.flatMap((child) => {
    const here = [...path, child.name()];
    return child.commands.length === 0 ? [{ path: here, command: child }] : leaves(child, here);
  });
}

function section({ path, command }: Leaf): string {
  const given = command.registeredArguments.map((argument) =>
    argument.required ? ` <${argument.name()}>` : ` [${argument.name()}]`,
  );
  const rows = command.options.map(
    (option) =>
      `| \`${option.flags}\` | ${option.description.replaceAll("|", "\\|")}${standard(option.defaultValue)} |\n`,
  );
  const table = rows.length === 0 ? "" : `\n| Option | Meaning |\n|---|---|\n${rows.join("")}`;
  return `\n## \`lagline ${path.join(" ")}${given.join("")}\`\n\n${command.description()}\n${table}`;
}

function standard(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? ` (default \`${value}\`)` : "";
}
