/** Reference of error codes, found in the sources where each error is made. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type ErrorEntry = {
  readonly code: string;
  /** The message as in the source; what differs from time to time is `…`. */
  readonly message: string;
  readonly hint: string;
};

const FOLDERS = ["alerts", "collectors", "config", "dashboards", "scripts", "stacks"];
const CODE = /"(LAGLINE_[A-Z0-9_]+)"/g;

const HEADER = `# Errors

Made from the sources by \`npm run generate\`; edits are overwritten.

Every error that a person may read has a code that never changes its meaning. \`…\` stands for what differs. Commands end with
2 for \`LAGLINE_CONFIG_…\` and \`LAGLINE_USAGE_…\`, with 1 for the others.

| Code | Says | Do |
|---|---|---|
`;

export function errorsReference(root = "."): string {
  const entries = new Map<string, ErrorEntry>();
  for (const file of FOLDERS.flatMap((folder) => sources(join(root, folder)))) {
    for (const entry of errorsIn(readFileSync(file, "utf8"))) {
      const known = entries.get(entry.code);
      // One code may be made in several places; the one that says most is shown.
      if (known === undefined || entry.message.length > known.message.length) entries.set(entry.code, entry);
    }
  }
  const rows = [...entries.values()].toSorted((a, b) => (a.code < b.code ? -1 : 1));
  return `${HEADER}${rows.map(({ code, message, hint }) => `| \`${code}\` | ${cell(message)} | ${cell(hint)} |\n`).join("")}`;
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("generate"))
    .toSorted();
}

/** Errors made in one source text: the object literal around each code, and the texts in it. */
export function errorsIn(source: string): readonly ErrorEntry[] {
  const found: ErrorEntry[] = [];
  for (const match of source.matchAll(CODE)) {
    const literal = literalAround(source, match.index);
    const message = textOf(literal, "message");
    if (match[1] !== undefined && message !== "") {
      found.push({ code: match[1], message, hint: textOf(literal, "hint") });
    }
  }
  return found;
}

/** From the brace that opens before `place` to the one that closes it. */
function literalAround(source: string, place: number): string {
  const start = source.lastIndexOf("{", place);
  let depth = 0;
  for (let index = start; index < source.length; index += 1) {
    if (source[index] === "{") depth += 1;
    if (source[index] === "}") depth -= 1;
    if (depth === 0) return source.slice(start, index + 1);
  }
  return "";
}

/** The first text after `name:`, quoted or as a template; empty where it is made elsewhere. */
function textOf(literal: string, name: string): string {
  const value = new RegExp(`\\b${name}:\\s*(?:[^"\`,]*\\?\\s*)?(["\`][^]*)`).exec(literal)?.[1] ?? "";
  return readText(value)
    .replaceAll(/\\n|\s+/g, " ")
    .replaceAll(/\\(.)/g, "$1")
    .trim();
}

/** The text between the quote that `source` begins with and its end; `${…}`, whatever is inside, becomes `…`. */
function readText(source: string): string {
  const quote = source[0];
  let text = "";
  let depth = 0;
  for (let index = 1; index < source.length; index += 1) {
    const character = source[index] ?? "";
    if (depth > 0) {
      if (character === "{") depth += 1;
      if (character === "}") depth -= 1;
    } else if (character === "\\") {
      text += source.slice(index, index + 2);
      index += 1;
    } else if (character === quote) return text;
    else if (quote === "`" && source.startsWith("${", index)) {
      text += "…";
      depth = 1;
      index += 1;
    } else text += character;
  }
  return "";
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
