/** Problems of a YAML file as sentences: path, what is expected, the value found. Pure. */
import type { z } from "zod";

/** One sentence per problem of a YAML file: path, what is expected, the value found. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], schema: z.ZodType): string[] {
  return issues.flatMap((issue) => describeIssue(issue, schema));
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): string[] {
  const path = issue.path.length === 0 ? "the file" : formatPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      `${formatPath([...issue.path, key])} is not a setting. ${nearest(key, knownKeys(issue.path, schema))}`.trim(),
    );
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map((inner) => `${path} ${expectation(inner)}`);
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
        ? `is missing (${article(issue.expected)})`
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
