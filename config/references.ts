/**
 * `${NAME}`, `${NAME:-otherwise}` and `${NAME:?what to do}` in values of lagline.yaml. Pure: the environment comes in as a function.
 *
 * - The value is that of the variable NAME; where it is not set, the content of the file that NAME_FILE names, without its
 *   last line end; where that is not set either, what stands after `:-`. An empty variable counts as not set.
 * - Where nothing is set, what stands after `:?` is said to whoever starts it.
 * - A value that is one reference and nothing else is read as YAML, so that numbers and truth values work. Inside a longer
 *   text it stays text.
 * - `$${` stands for `${` itself. Keys are never looked at, and what was put in is not looked at again.
 */
import { parse } from "yaml";

/** Value of a variable or of its file; undefined where neither is set. May throw for a file that cannot be read. */
export type Lookup = (name: string) => string | undefined;

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([-?][^}]*))?\}/g;
const WHOLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*(?::[-?][^}]*)?\}$/;
/** Something that begins as a reference and is none, such as `${a-b}`: a mistake rather than a text. */
const MALFORMED = /\$\{(?![A-Za-z_][A-Za-z0-9_]*(?::[-?][^}]*)?\})/;

export type Resolved = { readonly value: unknown; readonly problems: readonly string[] };

/** Every problem at once, each with the place it stands at. */
export function resolveReferences(value: unknown, lookup: Lookup): Resolved {
  const problems: string[] = [];
  return { value: walk(value, "", { lookup, problems }), problems };
}

type Context = { readonly lookup: Lookup; readonly problems: string[] };

function walk(value: unknown, path: string, context: Context): unknown {
  if (typeof value === "string") return value.includes("${") ? replace(value, path, context) : value;
  if (Array.isArray(value)) return value.map((entry, index) => walk(entry, `${path}[${index}]`, context));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      walk(entry, path === "" ? key : `${path}.${key}`, context),
    ]),
  );
}

function replace(text: string, path: string, { lookup, problems }: Context): unknown {
  if (MALFORMED.test(text.replaceAll("$${", ""))) {
    problems.push(
      `${path} has a reference that cannot be read; write \${NAME}, \${NAME:-otherwise} or \${NAME:?what to do}, or $\${ for the text itself`,
    );
    return text;
  }
  let isMissing = false;
  const replaced = text.replaceAll(REFERENCE, (match, name: string | undefined, rule: string | undefined) => {
    if (name === undefined) return "${";
    try {
      const word = rule?.slice(1) ?? "";
      const found = lookup(name) ?? (rule?.startsWith("-") === true ? word : undefined);
      if (found !== undefined) return found;
      const asked = word === "" ? "" : `: ${word}`;
      problems.push(
        `${path} needs the environment variable ${name} or ${name}_FILE, and neither is set${asked}`,
      );
    } catch {
      problems.push(`${path} needs the file that ${name}_FILE names, and it cannot be read`);
    }
    isMissing = true;
    return match;
  });
  return WHOLE.test(text) && !isMissing ? asYaml(replaced) : replaced;
}

/** A number, truth value or text; anything else, such as a list, stays the text it is. */
function asYaml(text: string): unknown {
  try {
    const value: unknown = parse(text);
    return typeof value === "number" || typeof value === "boolean" ? value : text;
  } catch {
    return text;
  }
}
