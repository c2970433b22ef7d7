/** Rules over documents in memory, as Elasticsearch would answer: for scenarios by the dozen, without an engine. */
import type { LagDocument } from "../../model/documents.ts";
import { compileFilter } from "./lucene-filter.ts";
import type { Filter } from "./lucene-filter.ts";
import type { RuleQuery } from "./rule-view.ts";
import { labelKey } from "./series.ts";
import type { Labels, Series } from "./series.ts";
import { bucketMs, pinNow } from "./source.ts";
import type { RuleSource } from "./source.ts";

type Stored = { readonly timeMs: number; readonly fields: ReadonlyMap<string, unknown> };

/** Documents in any order; those after the moment of an evaluation are not seen by it. */
export function memorySource(documents: readonly LagDocument[]): RuleSource {
  const stored = inOrder(documents);
  return {
    search: async (queries, nowMs) =>
      Promise.resolve(queries.map((query) => searchOne(stored, query, nowMs))),
  };
}

/** The same at once, for a single moment. */
export function searchMemory(
  documents: readonly LagDocument[],
  queries: readonly RuleQuery[],
  nowMs: number,
): readonly (readonly Series[])[] {
  const stored = inOrder(documents);
  return queries.map((query) => searchOne(stored, query, nowMs));
}

function inOrder(documents: readonly LagDocument[]): readonly Stored[] {
  return documents
    .map((document) => ({
      timeMs: Date.parse(document["@timestamp"]),
      fields: new Map(Object.entries(document)),
    }))
    .toSorted((a, b) => a.timeMs - b.timeMs);
}

function searchOne(stored: readonly Stored[], query: RuleQuery, nowMs: number): readonly Series[] {
  const fromMs = nowMs - query.fromSeconds * 1000;
  const filter = compileFilter(pinNow(query.model.query, nowMs));
  const terms = query.model.bucketAggs.filter(({ type }) => type === "terms").map(({ field }) => field);
  const width = bucketMs(query);
  const first = Math.floor(fromMs / width);
  const empty = () =>
    Array.from({ length: Math.floor(nowMs / width) - first + 1 }, () => (isCount(query) ? 0 : null));
  const series = new Map<string, { labels: Labels; points: (number | null)[] }>();
  if (terms.length === 0) series.set("[]", { labels: {}, points: empty() });
  for (const document of within({ stored, fromMs, nowMs }, filter)) {
    const labels = labelsOf(document, terms);
    // Terms leave out documents that lack the field.
    if (labels === null) continue;
    const key = labelKey(labels);
    const row = series.get(key) ?? { labels, points: empty() };
    const index = Math.floor(document.timeMs / width) - first;
    row.points[index] = combine(query, row.points[index] ?? null, document);
    series.set(key, row);
  }
  return [...series.values()];
}

type Span = { readonly stored: readonly Stored[]; readonly fromMs: number; readonly nowMs: number };

function* within({ stored, fromMs, nowMs }: Span, filter: Filter): Generator<Stored> {
  for (let index = firstFrom(stored, fromMs); index < stored.length; index++) {
    const document = stored[index];
    if (document === undefined || document.timeMs > nowMs) return;
    if (filter(document.fields)) yield document;
  }
}

function firstFrom(stored: readonly Stored[], fromMs: number): number {
  let low = 0;
  let high = stored.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stored[middle]?.timeMs ?? 0) >= fromMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

function labelsOf({ fields }: Stored, terms: readonly string[]): Labels | null {
  const entries = terms.map((field) => [field, fields.get(field)] as const);
  return entries.every(([, value]) => value !== undefined)
    ? Object.fromEntries(entries.map(([field, value]) => [field, String(value)]))
    : null;
}

function isCount({ model }: RuleQuery): boolean {
  return model.metrics[0].type === "count";
}

function combine({ model }: RuleQuery, before: number | null, { fields }: Stored): number | null {
  const [{ type, field = "", settings }] = model.metrics;
  if (type === "count") return (before ?? 0) + 1;
  const missing = settings["missing"];
  const value = numberOf(fields.get(field)) ?? (missing === undefined ? null : Number(missing));
  if (before === null || value === null) return before ?? value;
  return type === "max" ? Math.max(before, value) : Math.min(before, value);
}

/** Dates are milliseconds, as in Elasticsearch's aggregations. */
function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  return typeof value === "string" ? Date.parse(value) : null;
}
