/** Compares Telegraf's documents with Lagline's, field by field, and says which differences are meant. Pure. */
import { z } from "zod";
import type { DefectForm } from "../../collectors/telegraf/defects.ts";
import { DEFECTS } from "../../collectors/telegraf/defects.ts";
import { telegrafCanAskFor } from "../../collectors/telegraf/names.ts";

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const fields = z.record(z.string(), scalar);
const shaped = z.looseObject({ measurement_name: z.string(), tag: z.record(z.string(), z.string()) });

export type Side = "telegraf" | "lagline";
export type Difference = {
  /** Measurement and identifying tags. */
  readonly series: string;
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `document` where one side has none; else `tag.<name>`, `field.<name>` or `key.<name>`. */
  readonly what: string;
  readonly telegraf: unknown;
  readonly lagline: unknown;
};

type Parsed = {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly keys: readonly string[];
};

const IDENTITY = ["cluster", "group", "topic", "partition"] as const;

/** Texts of documents to differences; timestamps are not looked at. */
export function compareDocuments(
  telegraf: readonly string[],
  lagline: readonly string[],
): readonly Difference[] {
  const theirs = bySeries(telegraf);
  const ours = bySeries(lagline);
  return [...new Set([...theirs.keys(), ...ours.keys()])].toSorted().flatMap((series) => {
    const left = theirs.get(series);
    const right = ours.get(series);
    const about = {
      series,
      measurement: (left ?? right)?.measurement ?? "",
      tags: (left ?? right)?.tags ?? {},
    };
    if (left === undefined || right === undefined) {
      return [{ ...about, what: "document", telegraf: left?.fields ?? null, lagline: right?.fields ?? null }];
    }
    return [
      ...unequal(about, "key", [toFlags(left.keys), toFlags(right.keys)]),
      ...unequal(about, "tag", [left.tags, right.tags]),
      ...unequal(about, "field", [left.fields, right.fields]),
    ];
  });
}

/**
 * Why a difference is meant, in a sentence; null when it is not. `rounded`: groups whose numbers JSON.parse cannot read.
 */
export function reasonFor(
  difference: Difference,
  context: { readonly form: DefectForm; readonly selfGroup: string; readonly rounded: readonly string[] },
): string | null {
  const { measurement, what, telegraf, lagline, tags } = difference;
  const group = tags["group"] ?? "";
  if (context.rounded.includes(group) && what === "field.timestamp") {
    return "A number above 2^53 is lost before it can be looked at, so that Burrow's time of observation stands in.";
  }
  if (context.form === "keep") return null;
  if (what === "document") {
    if (measurement === "burrow_topic") return DEFECTS.compacted_offsets;
    if (lagline === null) return group === context.selfGroup ? DEFECTS.self_group : null;
    if (telegraf !== null) return null;
    return telegrafCanAskFor(group) ? DEFECTS.not_found_groups : DEFECTS.odd_names;
  }
  if (what === "field.status_code" && telegraf === 0) return DEFECTS.status_codes;
  return lagline === undefined && telegraf === 0 ? DEFECTS.absent_as_zero : null;
}

/** A document without what differs from run to run: its time and the name of the host. Numbers stay as they are. */
export function withoutTimeAndHost(text: string): string {
  return text
    .replace(/"@timestamp":"[^"]*",?/, "")
    .replace(/"host":"[^"]*",?/, "")
    .replaceAll(",}", "}");
}

/** Sorted by series, so that two recordings of the same input are the same file. */
export function sortDocuments(texts: readonly string[]): readonly string[] {
  return [...bySeries(texts)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { text }]) => text);
}

function bySeries(texts: readonly string[]): Map<string, Parsed & { readonly text: string }> {
  const found = new Map<string, Parsed & { readonly text: string }>();
  for (const text of texts) {
    const whole = shaped.parse(JSON.parse(text));
    const { measurement_name: measurement, tag: tags } = whole;
    const series = JSON.stringify([measurement, ...IDENTITY.map((name) => tags[name] ?? null)]);
    if (found.has(series)) throw new Error(`The series ${series} has two documents.`);
    const keys = Object.keys(whole).filter((key) => key !== "@timestamp");
    found.set(series, { measurement, tags, fields: fields.parse(whole[measurement]), keys, text });
  }
  return found;
}

function unequal(
  about: Pick<Difference, "series" | "measurement" | "tags">,
  kind: string,
  [left, right]: readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>],
): Difference[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].toSorted();
  return names
    .filter((name) => left[name] !== right[name])
    .map((name) => ({ ...about, what: `${kind}.${name}`, telegraf: left[name], lagline: right[name] }));
}

function toFlags(keys: readonly string[]): Record<string, boolean> {
  return Object.fromEntries(keys.map((key) => [key, true]));
}
