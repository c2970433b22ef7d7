/**
 * What a query of a panel must return, computed from the documents in memory and the query as it stands on the panel:
 * neither the translation for Elasticsearch nor Elasticsearch takes part.
 */
import { z } from "zod";
import type { LagDocument } from "../../model/documents.ts";
import { fieldOf } from "./field.ts";
import { parseFilter } from "./filter.ts";
import type { Values } from "./filter.ts";

export type Moment = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
  readonly values: Values;
};

/** Either documents, or one value per path of keys; the last key is the time where the query asks over time. */
export type Result =
  | { readonly kind: "documents"; readonly documents: readonly object[] }
  | { readonly kind: "values"; readonly values: ReadonlyMap<string, number> };

const settings = z.record(z.string(), z.string()).default({});
const model = z.looseObject({
  query: z.string(),
  metrics: z.array(
    z.looseObject({ id: z.string(), type: z.string(), field: z.string().optional(), settings }),
  ),
  bucketAggs: z.array(z.looseObject({ type: z.string(), field: z.string(), settings })),
});
type Model = z.output<typeof model>;
type Metric = Model["metrics"][number];
type Level = Model["bucketAggs"][number];

/** Documents with their times as numbers: reading dates again for every query takes longer than all the rest. */
export type History = readonly { readonly ms: number; readonly document: LagDocument }[];

export function toHistory(documents: readonly LagDocument[]): History {
  return documents.map((document) => ({ ms: Date.parse(document["@timestamp"]), document }));
}

export function expectedResult(target: unknown, history: History, moment: Moment): Result {
  const { query, metrics, bucketAggs } = model.parse(target);
  const matches = parseFilter(query, { ...moment.values, __to: String(moment.toMs) });
  const found = history
    .filter(({ ms, document }) => ms >= moment.fromMs && ms <= moment.toMs && matches(document))
    .map(({ document }) => document);
  const rows = metrics.find(({ type }) => type === "raw_data");
  if (rows !== undefined)
    return { kind: "documents", documents: newest(found, Number(rows.settings["size"])) };
  const values = new Map<string, number>();
  split({ levels: bucketAggs, metrics, moment, values }, [], found);
  return { kind: "values", values };
}

function newest(found: readonly LagDocument[], size: number): readonly LagDocument[] {
  return found.toSorted((a, b) => Date.parse(b["@timestamp"]) - Date.parse(a["@timestamp"])).slice(0, size);
}

type Splitting = {
  readonly levels: readonly Level[];
  readonly metrics: readonly Metric[];
  readonly moment: Moment;
  readonly values: Map<string, number>;
};

function split(of: Splitting, path: readonly string[], documents: readonly LagDocument[]): void {
  const level = of.levels[path.length];
  if (level === undefined) {
    for (const metric of of.metrics) {
      const value = statistic(metric, documents);
      if (value !== null) of.values.set([...path, metric.id].join(" | "), value);
    }
    return;
  }
  const buckets = level.type === "terms" ? byTerms(level, of, documents) : byTime(level, of, documents);
  for (const [key, inside] of buckets) split(of, [...path, key], inside);
}

function byTerms(
  level: Level,
  of: Splitting,
  documents: readonly LagDocument[],
): readonly [string, LagDocument[]][] {
  const missing = level.settings["missing"];
  const buckets = group(documents, (document) => {
    const value = fieldOf(document, level.field);
    return value === undefined ? missing : String(value);
  });
  const ordering = of.metrics.find(({ id }) => id === level.settings["orderBy"]);
  const rank = ([, inside]: readonly [string, LagDocument[]]) =>
    ordering === undefined ? 0 : (statistic(ordering, inside) ?? Number.NEGATIVE_INFINITY);
  const sign = level.settings["order"] === "desc" ? -1 : 1;
  return [...buckets]
    .map((bucket) => ({ bucket, rank: rank(bucket) }))
    .toSorted((a, b) => (a.rank === b.rank ? (a.bucket[0] < b.bucket[0] ? -1 : 1) : sign * (a.rank - b.rank)))
    .slice(0, Number(level.settings["size"]))
    .map(({ bucket }) => bucket);
}

function byTime(
  level: Level,
  { moment }: Splitting,
  documents: readonly LagDocument[],
): ReadonlyMap<string, LagDocument[]> {
  const interval = level.settings["interval"] ?? "auto";
  const width = interval === "auto" ? moment.intervalMs : Number.parseInt(interval, 10) * 1000;
  return group(documents, (document) =>
    String(Math.floor(Date.parse(document["@timestamp"]) / width) * width),
  );
}

function group(
  documents: readonly LagDocument[],
  keyOf: (document: LagDocument) => string | undefined,
): Map<string, LagDocument[]> {
  const buckets = new Map<string, LagDocument[]>();
  for (const document of documents) {
    const key = keyOf(document);
    if (key === undefined) continue;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [document]);
    else bucket.push(document);
  }
  return buckets;
}

/** Null where no document has the field. */
function statistic(
  { type, field = "", settings: own }: Metric,
  documents: readonly LagDocument[],
): number | null {
  if (type === "count") return documents.length;
  if (type === "cardinality") {
    return new Set(
      documents.map((document) => fieldOf(document, field)).filter((value) => value !== undefined),
    ).size;
  }
  const missing = own["missing"];
  const numbers = documents.flatMap((document) => {
    const value = fieldOf(document, field) ?? missing;
    if (value === undefined) return [];
    return [field === "@timestamp" ? Date.parse(String(value)) : Number(value)];
  });
  if (numbers.length === 0) return null;
  switch (type) {
    case "max":
      return numbers.reduce((a, b) => Math.max(a, b));
    case "min":
      return numbers.reduce((a, b) => Math.min(a, b));
    case "sum":
      return numbers.reduce((a, b) => a + b, 0);
    case "avg":
      return numbers.reduce((a, b) => a + b, 0) / numbers.length;
    default:
      throw new Error(`The statistic ${type} is not known here.`);
  }
}
