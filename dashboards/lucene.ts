/** Lucene filters of queries. Names of groups may hold any character, so values are quoted or come from a variable. */
import type { FieldName, RecordKind } from "../model/fields.ts";

/**
 * A dashboard variable. `$name`: Grafana escapes it, or quotes each of several values; inside quotes the escaping would
 * show. `${name:doublequote}`: one value in quotes, for names with `<` or `>`, which Lucene cannot escape (a backslash in
 * a name is lost; no other format keeps everything).
 */
export type Variable = `$${string}`;

export type Condition = {
  readonly field: FieldName;
  /** A variable, or a literal that is quoted here. */
  readonly is: Variable | { readonly literal: string };
};

/** `record:group AND cluster:$cluster AND …`. Every query names its record, or a wrong index would mix documents. */
export function where(record: RecordKind, ...conditions: readonly (Condition | string)[]): string {
  return [`record:${record}`, ...conditions.map(toText)].join(" AND ");
}

export function is(field: FieldName, value: Variable): Condition {
  return { field, is: value };
}

export function equals(field: FieldName, literal: string): Condition {
  return { field, is: { literal } };
}

/** `field:>=1`. No blank after the colon: Lucene reads `:> 1` as something else and finds nothing. */
export function atLeast(field: FieldName, value: number): string {
  return `${field}:>=${value}`;
}

export function above(field: FieldName, value: number): string {
  return `${field}:>${value}`;
}

export function hasFlag(field: FieldName): string {
  return `${field}:1`;
}

/** Also true where the field is absent. */
export function lacksFlag(field: FieldName): string {
  return `NOT ${field}:1`;
}

/** One of several words; each names the field, because Lucene's own lists hide it from checks. */
export function anyOf(field: FieldName, words: readonly string[]): string {
  return `(${words.map((word) => `${field}:${word}`).join(" OR ")})`;
}

/**
 * Documents of the last moments of the page's range, which Grafana puts in as `${__to}`. An override of the panel's range
 * does the same only while the range of the page is relative, and the link in a message carries an absolute beginning.
 */
export function atTheEnd(seconds: number): string {
  return `@timestamp:[\${__to}||-${seconds}s TO *]`;
}

/** Inside quotes only the backslash and the quote itself are special. */
export function quote(literal: string): string {
  return `"${literal.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}

function toText(condition: Condition | string): string {
  if (typeof condition === "string") return condition;
  const value = typeof condition.is === "string" ? condition.is : quote(condition.is.literal);
  return `${condition.field}:${value}`;
}
