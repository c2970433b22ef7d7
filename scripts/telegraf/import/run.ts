/** `lagline import-telegraf`: reads telegraf.conf, writes lagline.yaml and says what it could not carry over. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parse } from "smol-toml";
import { stringify } from "yaml";
import { z } from "zod";
import { parseConfig } from "../../../config/load.ts";
import { LaglineError, describeError } from "../../../model/errors.ts";
import type { AskClusters } from "./burrow.ts";
import { type Imported, convertTelegraf } from "./convert.ts";
import { type Environment, type TomlTable, isTable } from "./table.ts";

export type ImportTelegrafOptions = {
  /** telegraf.conf, and files of telegraf.d. */
  readonly files: readonly string[];
  readonly out: string;
  readonly environment: string;
  readonly defects: "keep" | "fix";
  readonly clusters: readonly string[];
  /** Asks Burrow for its clusters. */
  readonly online: boolean;
  /** Writes secrets that stand in the file into files of their own. */
  readonly writeSecrets: boolean;
  readonly json: boolean;
  readonly env: Environment;
  readonly print: (line: string) => void;
};

const ASK_MS = 5_000;
const listSchema = z.object({ clusters: z.array(z.string()) });

/** @throws LaglineError `LAGLINE_USAGE_IMPORT`, `LAGLINE_IMPORT_EXISTS`, `LAGLINE_IMPORT_UNREADABLE`. */
export async function importTelegraf(options: ImportTelegrafOptions): Promise<void> {
  const { files, out, print } = options;
  if (existsSync(out)) {
    throw new LaglineError({
      code: "LAGLINE_IMPORT_EXISTS",
      message: `${out} exists and is left as it is.`,
      hint: "Name another file with --out.",
    });
  }
  const merged = files.map(readToml).reduce(merge, {});
  const ask: AskClusters = options.online ? askBurrow : async () => null;
  const imported = await convertTelegraf(merged, { ...options, ask });
  const text = yamlOf(imported, files);
  parseConfig(text, out);
  mkdirSync(dirname(resolve(out)), { recursive: true });
  // Never over a file that somebody made meanwhile.
  writeFileSync(out, text, { flag: "wx" });
  const written = options.writeSecrets ? writeSecrets(imported, dirname(resolve(out))) : [];
  report(imported, { options, written, print });
}

function readToml(file: string): TomlTable {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_IMPORT_UNREADABLE",
      message: `Cannot read ${file}: ${describeError(error)}.`,
      hint: "Name the telegraf.conf to import.",
      cause: error,
    });
  }
  try {
    return parse(text);
  } catch (error) {
    // The parser shows the place with the line itself, in which a secret may stand.
    const where = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "";
    throw new LaglineError({
      code: "LAGLINE_USAGE_IMPORT",
      message: `${file} is not valid TOML: ${where}${placeOf(error)}.`,
      hint: "Correct that line; inline tables must stand on one line.",
    });
  }
}

function placeOf(error: unknown): string {
  const { line, column } =
    z.object({ line: z.number(), column: z.number() }).partial().safeParse(error).data ?? {};
  return line === undefined ? "" : ` (line ${line}, column ${column ?? 1})`;
}

/** Plugins of several files stand side by side; of other settings the last file's holds, as in Telegraf. */
function merge(left: TomlTable, right: TomlTable): TomlTable {
  const result: Record<string, unknown> = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const known = result[name];
    if (Array.isArray(known) && Array.isArray(value)) result[name] = [...known, ...value];
    else result[name] = isTable(known) && isTable(value) ? merge(known, value) : value;
  }
  return result;
}

/** Without credentials: an import must not send any to an address that it has just read in a file. */
async function askBurrow(server: string, prefix: string): Promise<readonly string[] | null> {
  try {
    const answer = await fetch(`${server}${prefix}`, {
      signal: AbortSignal.timeout(ASK_MS),
      redirect: "error",
    });
    const list = listSchema.safeParse(await answer.json());
    return answer.ok && list.success ? list.data.clusters.toSorted() : null;
  } catch {
    return null;
  }
}

function yamlOf({ config, notes }: Imported, files: readonly string[]): string {
  const comments = [
    "yaml-language-server: $schema=./generated/lagline.schema.json",
    `Made by \`lagline import-telegraf\` from ${files.map((file) => file.split("/").at(-1)).join(", ")}.`,
    ...(notes.length === 0 ? [] : ["What is different, and what is left to do:"]),
    ...notes.map(({ option, text }) => `- ${option}: ${text}`.replaceAll(/\s+/g, " ")),
  ];
  return `${comments.map((line) => `# ${line}`).join("\n")}\n${stringify(config)}`;
}

function writeSecrets({ secrets }: Imported, directory: string): readonly string[] {
  return secrets.flatMap(({ file, value }) => {
    const path = join(directory, file);
    if (value === null || existsSync(path)) return [];
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${value}\n`, { flag: "wx", mode: 0o600 });
    chmodSync(path, 0o600);
    return [file];
  });
}

function report(
  { notes, secrets, config }: Imported,
  about: {
    readonly options: ImportTelegrafOptions;
    readonly written: readonly string[];
    readonly print: (line: string) => void;
  },
): void {
  const { options, written, print } = about;
  const missing = secrets.map(({ file }) => file).filter((file) => !written.includes(file));
  if (options.json) {
    print(
      JSON.stringify({
        file: options.out,
        clusters: Object.keys(config.clusters),
        notes,
        secrets: { written, missing },
      }),
    );
    return;
  }
  print(`${options.out} is written and valid, for ${Object.keys(config.clusters).join(", ")}.`);
  for (const { option, text } of notes) print(`  ${option}: ${text}`);
  if (written.length > 0) print(`Secrets are in ${written.join(", ")}.`);
  if (missing.length > 0)
    print(
      `Put the secrets into ${missing.join(", ")} (readable by you only), or import with --write-secrets.`,
    );
  print(
    `Next: \`lagline check --config ${options.out}\`, then \`lagline collect --once --print --config ${options.out}\`.`,
  );
}
