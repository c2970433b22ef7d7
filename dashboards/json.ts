/** JSON text that is the same for the same value: keys sorted, two spaces, newline at the end. */
import type { Json } from "./types.ts";

export function toSortedJson(value: Json): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`;
}

/** The same value with keys in alphabetical order at every depth. Arrays keep their order. */
export function sorted(value: Json): Json {
  if (isList(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** `Array.isArray` does not narrow a readonly array. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
