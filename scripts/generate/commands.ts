/** The reference of every command with its options. */
import { Command } from "commander";
import { ALL_COMMANDS } from "../commands/all.ts";

/** The program as `scripts/lagline.ts` builds it, without the process around it. */
export function gatherCommands(): Command {
  const program = new Command("lagline");
  for (const add of ALL_COMMANDS) add(program);
  return program;
}

const HEADER = `# Commands

Made from \`scripts/commands/\` by \`npm run generate\`; edits are overwritten.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. \`--help\` after any command shows an example. In a clone the
command is \`scripts/lagline\`; in the installed package and in the collector's image it is \`lagline\`.
`;

export function commandsReference(): string {
  const commands = leaves(gatherCommands(), []).toSorted((a, b) =>
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
