/** Reads `lagline.yaml`: syntax, schema, paths. Reports every problem at once. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { describeError, LaglineError } from "../model/errors.ts";
import { configSchema } from "./schema.ts";
import type { Config } from "./schema.ts";

export type LoadedConfig = { readonly config: Config; readonly file: string; readonly directory: string };

/**
 * Loads and validates a configuration file. Relative paths in it become absolute, from the folder of the file.
 * @throws LaglineError LAGLINE_CONFIG_UNREADABLE, LAGLINE_CONFIG_SYNTAX or LAGLINE_CONFIG_INVALID with every problem.
 */
export function loadConfig(file: string): LoadedConfig {
  const path = resolve(file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_CONFIG_UNREADABLE",
      message: `Cannot read the configuration file ${file}: ${describeError(error)}.`,
      hint: "Name another file with --config, or write one; the example in the README is a start.",
      cause: error,
    });
  }
  const directory = dirname(path);
  return { config: resolvePaths(parseConfig(text, file), directory), file: path, directory };
}

/** Parses the text of a configuration. `name` is only used in messages. */
export function parseConfig(text: string, name: string): Config {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_CONFIG_SYNTAX",
      message: `${name} is not valid YAML:\n${document.errors.map((error) => `  - ${firstLine(error.message)}`).join("\n")}`,
      hint: "Correct these places; indentation is two spaces.",
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const result = configSchema.safeParse(value ?? {}, { reportInput: true });
  if (result.success) {
    return result.data;
  }
  const problems = describeIssues(result.error, configSchema);
  throw new LaglineError({
    code: "LAGLINE_CONFIG_INVALID",
    message: `${name} has ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    hint: "Every setting is described in docs/reference/configuration.md.",
  });
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}

/** One sentence per problem of a YAML file: path, what is expected, the value found. */
export function describeIssues(error: z.ZodError, schema: z.ZodType): string[] {
  return error.issues.flatMap((issue) => describeIssue(issue, schema));
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): string[] {
  const path = issue.path.length === 0 ? "the file" : formatPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      `${formatPath([...issue.path, key])} is not a setting. ${nearest(key, knownKeys(issue.path, schema))}`.trim(),
    );
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => `${path} ${inner.message}`);
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const inner = issue.errors.flat().map((entry) => expectation(entry));
    return [`${path} ${[...new Set(inner)].join(" or ")}${found(issue.input, issue.path)}`];
  }
  return [
    `${path} ${expectation(issue)}${issue.code === "custom" && typeof issue.input === "object" ? "" : found(issue.input, issue.path)}`,
  ];
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? `is missing (${issue.expected})`
        : `must be ${article(issue.expected)}`;
    case "too_small":
      return issue.origin === "array" || issue.origin === "string"
        ? `must not be empty`
        : `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => `\`${String(value)}\``).join(" or ")}`;
    default:
      return issue.message;
  }
}

function article(type: string): string {
  const names: Record<string, string> = {
    int: "a whole number",
    number: "a number",
    string: "a text",
    boolean: "true or false",
    array: "a list",
    object: "a map of settings",
    record: "a map",
  };
  return names[type] ?? `a ${type}`;
}

const SECRET_KEY = /password|token|secret|key|webhook/i;

function found(input: unknown, path: readonly PropertyKey[]): string {
  if (input === undefined) {
    return "";
  }
  // A person may have put the secret itself where the file's name belongs: never print it back.
  const shown = SECRET_KEY.test(String(path.at(-1) ?? ""))
    ? "a value that is not shown"
    : abbreviate(withoutCredentials(JSON.stringify(input)));
  return `, got ${shown}`;
}

/** An address may carry a password between `//` and `@`. */
function withoutCredentials(text: string): string {
  return text.replaceAll(/\/\/[^/@\s"]*@/g, "//…@");
}

function abbreviate(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}

/** Points to settings of the same parent that look like the unknown one. */
function nearest(key: string, known: readonly string[]): string {
  const close = known.filter(
    (candidate) => sharedPrefix(candidate, key) >= 4 || candidate.includes(key) || key.includes(candidate),
  );
  if (close.length > 0) {
    return `Did you mean ${close.map((candidate) => `\`${candidate}\``).join(" or ")}?`;
  }
  return known.length === 0 ? "" : `Known here: ${known.join(", ")}.`;
}

function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) {
    length += 1;
  }
  return length;
}

/** Keys of the schema at a path, by walking shapes through optional, default and record wrappers. */
function knownKeys(path: readonly PropertyKey[], root: z.ZodType): string[] {
  let schema: unknown = root;
  for (const part of path) {
    const parent = unwrap(schema);
    const definition = property(parent, "def");
    schema =
      property(property(parent, "shape"), String(part)) ??
      property(definition, "valueType") ??
      property(definition, "element");
  }
  const shape = property(unwrap(schema), "shape");
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

function unwrap(schema: unknown): unknown {
  const definition = property(schema, "def");
  const inner = property(definition, "innerType") ?? property(definition, "in");
  return property(schema, "shape") === undefined && inner !== undefined ? unwrap(inner) : schema;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

const PATH_KEY = /(^|_)(file|directory)$/;

/** Every setting named `…_file` or `…directory` is a path; relative ones start at the folder of the file. */
function resolvePaths(config: Config, directory: string): Config {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") {
      return PATH_KEY.test(key) && !isAbsolute(value) ? resolve(directory, value) : value;
    }
    if (Array.isArray(value)) {
      return value.map((entry) => walk(entry, key));
    }
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, walk(entry, name)]));
    }
    return value;
  };
  return configSchema.parse(walk(config, ""));
}
