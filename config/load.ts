/** Reads `lagline.yaml`: syntax, schema, paths. Reports every problem at once. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { parseDocument } from "yaml";
import { describeError, LaglineError } from "../model/errors.ts";
import { describeIssues } from "./issues.ts";
import { resolveReferences } from "./references.ts";
import { configSchema } from "./schema.ts";
import { problemsBetween } from "./second-look.ts";
import type { Config } from "./schema.ts";

export type LoadedConfig = { readonly config: Config; readonly file: string; readonly directory: string };

/**
 * Loads and validates a configuration file. Relative paths in it become absolute, from the folder of the file.
 * @throws LaglineError LAGLINE_CONFIG_UNREADABLE, LAGLINE_CONFIG_SYNTAX or LAGLINE_CONFIG_INVALID with every problem.
 */
export function loadConfig(file: string, environment: Environment = process.env): LoadedConfig {
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
  return { config: resolvePaths(parseConfig(text, file, environment), directory), file: path, directory };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Parses the text of a configuration. `name` is only used in messages; references are looked up in `environment`. */
export function parseConfig(text: string, name: string, environment: Environment = {}): Config {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_CONFIG_SYNTAX",
      message: `${name} is not valid YAML:\n${document.errors.map((error) => `  - ${firstLine(error.message)}`).join("\n")}`,
      hint: "Correct these places; indentation is two spaces.",
    });
  }
  const written: unknown = document.toJS({ maxAliasCount: 100 });
  const { value, problems: missing } = resolveReferences(written, (key) => lookUp(environment, key));
  const result = configSchema.safeParse(value ?? {}, { reportInput: true });
  if (result.success && missing.length === 0) {
    return result.data;
  }
  // A reference without a value would be called wrong once more by the schema.
  const places = new Set(missing.map((problem) => problem.split(" ")[0]));
  const wrong = result.success
    ? []
    : [result.error.issues, problemsBetween(value, result.error, configSchema)].flatMap((issues) =>
        describeIssues(issues, configSchema),
      );
  const problems = [...missing, ...wrong.filter((problem) => !places.has(problem.split(" ")[0]))];
  throw new LaglineError({
    code: "LAGLINE_CONFIG_INVALID",
    message: `${name} has ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    hint: "Every setting is described in docs/reference/configuration.md.",
  });
}

/** A variable, or the content of the file that its twin NAME_FILE names. */
function lookUp(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  const file = environment[`${name}_FILE`];
  return file === undefined || file === "" ? undefined : readFileSync(file, "utf8").replace(/\r?\n$/, "");
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
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
