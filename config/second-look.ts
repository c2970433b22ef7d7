/**
 * Settings that do not fit each other are looked for only once every setting is right by itself. So that a person hears
 * of them at once all the same, the file is looked at again without the wrong settings. Pure.
 */
import type { z } from "zod";

/** Settings that others are measured by: without them, a second look would name what may well be right. */
const MEASURES = [
  "collector.shape",
  "collector.telegraf",
  "collector.interval_seconds",
  "elasticsearch.index.mode",
];

/** Problems between settings that the first look could not reach. */
export function problemsBetween(value: unknown, first: z.ZodError, schema: z.ZodType): z.core.$ZodIssue[] {
  const wrong = first.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  if (wrong.some((path) => path.length === 0 || isMeasure(path))) return [];
  const second = schema.safeParse(wrong.reduce(without, value), { reportInput: true });
  return second.success
    ? []
    : second.error.issues.filter(
        (issue) => issue.code === "custom" && !wrong.some((path) => isWithin(path, issue.path)),
      );
}

function isMeasure(path: readonly PropertyKey[]): boolean {
  const name = path.map(String).join(".");
  return MEASURES.some(
    (measure) => `${measure}.`.startsWith(`${name}.`) || `${name}.`.startsWith(`${measure}.`),
  );
}

/** What was taken out may be just what its parent is said to miss. */
function isWithin(path: readonly PropertyKey[], parent: readonly PropertyKey[]): boolean {
  return parent.every((part, index) => path[index] === part);
}

/** The same without the setting at that place; of a list, the entry stays so that the others keep their numbers. */
function without(value: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return rest.length === 0
      ? value
      : value.map((entry, index) => (index === key ? without(entry, rest) : entry));
  }
  const entries = Object.entries(value);
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([name]) => name !== key)
      : entries.map(([name, entry]) => [name, name === key ? without(entry, rest) : entry]),
  );
}
