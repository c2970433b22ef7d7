/**
 * Plays an alert rule over documents as Grafana does (measured on 9.4): Lucene filter, terms, date histogram, `reduce`
 * with `dropNN`, math and threshold, then pending time, keep-firing and series that go missing. Without Elasticsearch: only
 * the queries that Lagline's rules make are understood, everything else is an error.
 */
import { z } from "zod";
import { evaluateMath } from "./math-expression.ts";
import type { LagDocument } from "../../model/documents.ts";

const bucketAgg = z.looseObject({ type: z.string(), field: z.string() });
const queryModel = z.looseObject({
  query: z.string(),
  metrics: z.tuple([
    z.looseObject({
      type: z.enum(["max", "min", "count"]),
      field: z.string().optional(),
      settings: z.object({ missing: z.string().optional() }).default({}),
    }),
  ]),
  bucketAggs: z.array(bucketAgg),
  intervalMs: z.int(),
});
const expressionModel = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("reduce"),
    expression: z.string(),
    reducer: z.enum(["last", "sum", "min", "max"]),
  }),
  z.looseObject({ type: z.literal("math"), expression: z.string() }),
  z.looseObject({
    type: z.literal("threshold"),
    expression: z.string(),
    conditions: z.tuple([
      z.looseObject({
        evaluator: z.object({ type: z.enum(["gt", "lt"]), params: z.tuple([z.number()]) }),
        unloadEvaluator: z.object({ type: z.enum(["gt", "lt"]), params: z.tuple([z.number()]) }).optional(),
      }),
    ]),
  }),
]);
const duration = z
  .string()
  .regex(/^\d+s$/)
  .transform((text) => Number(text.slice(0, -1)) * 1000);
const ruleView = z.looseObject({
  title: z.string(),
  condition: z.string(),
  for: duration,
  keepFiringFor: duration,
  data: z.array(
    z.object({
      refId: z.string(),
      queryType: z.string(),
      datasourceUid: z.string(),
      relativeTimeRange: z.object({ from: z.int(), to: z.int() }),
      model: z.looseObject({}),
    }),
  ),
});
type RuleItem = z.output<typeof ruleView>["data"][number];

/** Values by series; the name of a series is its labels, such as `orders/billing`. */
type Series = ReadonlyMap<string, number>;
type Points = ReadonlyMap<string, readonly (number | null)[]>;

export type AlertState = "pending" | "firing" | "resolved" | "missing";
export type PlayOptions = {
  /** Evaluations without the series after which the alert counts as resolved: 2 in Grafana 9, set by the rule from 12. */
  readonly missingEvaluations: number;
};

type Instance = { since: number; firing: boolean; recoveringSince: number | null; missing: number };

/** One rule over time; `at` is one evaluation and gives the state of every series that is not simply normal. */
export class RulePlayer {
  readonly #rule: z.output<typeof ruleView>;
  readonly #options: PlayOptions;
  readonly #instances = new Map<string, Instance>();

  constructor(rule: unknown, options: PlayOptions) {
    this.#rule = ruleView.parse(rule);
    this.#options = options;
  }

  at(nowMs: number, documents: readonly LagDocument[]): ReadonlyMap<string, AlertState> {
    const states = new Map<string, AlertState>();
    const condition = this.#condition(nowMs, documents);
    for (const [name, value] of condition) {
      const state = this.#step(name, value !== 0, nowMs);
      if (state !== null) states.set(name, state);
    }
    for (const [name, instance] of this.#instances) {
      if (condition.has(name)) continue;
      instance.missing++;
      const given = instance.missing >= this.#options.missingEvaluations;
      states.set(name, given ? "missing" : stateOf(instance));
      if (given) this.#instances.delete(name);
    }
    return states;
  }

  /** The values of every reference of the rule, by series: what annotations show. */
  values(nowMs: number, documents: readonly LagDocument[]): ReadonlyMap<string, Series> {
    const points = new Map<string, Points>();
    const reduced = new Map<string, Series>();
    for (const item of this.#rule.data) {
      if (item.datasourceUid === "__expr__") reduced.set(item.refId, this.#express(item, points, reduced));
      else points.set(item.refId, search(item, nowMs, documents));
    }
    return reduced;
  }

  #condition(nowMs: number, documents: readonly LagDocument[]): Series {
    return this.values(nowMs, documents).get(this.#rule.condition) ?? new Map();
  }

  #express(
    item: RuleItem,
    points: ReadonlyMap<string, Points>,
    reduced: ReadonlyMap<string, Series>,
  ): Series {
    const model = expressionModel.parse(item.model);
    if (model.type === "reduce") {
      return reduceAll(points.get(model.expression) ?? new Map(), model.reducer);
    }
    if (model.type === "math") return mathAll(model.expression, reduced);
    const [{ evaluator, unloadEvaluator: unload }] = model.conditions;
    const result = new Map<string, number>();
    for (const [name, value] of reduced.get(model.expression) ?? []) {
      const holds = this.#instances.has(name) && unload !== undefined;
      const bound = holds ? unload.params[0] : evaluator.params[0];
      const met = evaluator.type === "gt" ? value > bound : value < bound;
      result.set(name, met ? 1 : 0);
    }
    return result;
  }

  #step(name: string, met: boolean, nowMs: number): AlertState | null {
    const instance = this.#instances.get(name);
    if (!met) {
      if (instance === undefined) return null;
      instance.missing = 0;
      instance.recoveringSince ??= nowMs;
      if (instance.firing && nowMs - instance.recoveringSince < this.#rule.keepFiringFor) return "firing";
      this.#instances.delete(name);
      return instance.firing ? "resolved" : null;
    }
    const own = instance ?? { since: nowMs, firing: false, recoveringSince: null, missing: 0 };
    own.missing = 0;
    own.recoveringSince = null;
    if (nowMs - own.since >= this.#rule.for) own.firing = true;
    this.#instances.set(name, own);
    return stateOf(own);
  }
}

function stateOf({ firing }: Instance): AlertState {
  return firing ? "firing" : "pending";
}

function search(item: RuleItem, nowMs: number, documents: readonly LagDocument[]): Points {
  const { query, metrics, bucketAggs, intervalMs } = queryModel.parse(item.model);
  const terms = bucketAggs.filter(({ type }) => type === "terms").map(({ field }) => field);
  const fromMs = nowMs - item.relativeTimeRange.from * 1000;
  const first = Math.floor(fromMs / intervalMs);
  const length = Math.floor(nowMs / intervalMs) - first + 1;
  const [{ type, field = "", settings }] = metrics;
  const series = new Map<string, (number | null)[]>();
  if (terms.length === 0)
    series.set(
      "",
      Array.from({ length }, () => (type === "count" ? 0 : null)),
    );
  for (const document of documents) {
    const time = Date.parse(document["@timestamp"]);
    if (time < fromMs || time > nowMs || !matches(query, document)) continue;
    const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(document));
    const name = terms.map((term) => String(fields.get(term))).join("/");
    const points = series.get(name) ?? Array.from({ length }, () => (type === "count" ? 0 : null));
    const index = Math.floor(time / intervalMs) - first;
    const value = fields.get(field) ?? (settings.missing === undefined ? null : Number(settings.missing));
    points[index] = combine(type, points[index] ?? null, typeof value === "number" ? value : null);
    series.set(name, points);
  }
  return series;
}

function combine(type: "max" | "min" | "count", before: number | null, value: number | null): number | null {
  if (type === "count") return (before ?? 0) + 1;
  if (before === null || value === null) return before ?? value;
  return type === "max" ? Math.max(before, value) : Math.min(before, value);
}

/** `a:1 AND NOT b:1 AND c:"text"`: all that rules use. */
function matches(query: string, document: LagDocument): boolean {
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(document));
  return query.split(" AND ").every((part) => {
    const found = /^(?<not>NOT )?(?<field>\w+):(?:"(?<text>[^"]*)"|(?<word>[\w-]+))$/.exec(part)?.groups;
    if (found === undefined) throw new Error(`The filter is not understood: ${part}`);
    const equal = String(fields.get(found["field"] ?? "")) === (found["text"] ?? found["word"]);
    return found["not"] === undefined ? equal : !equal;
  });
}

/** With `dropNN`: empty buckets do not count, and a series of nothing else has no value. */
function reduceAll(points: Points, reducer: "last" | "sum" | "min" | "max"): Series {
  const result = new Map<string, number>();
  for (const [name, all] of points) {
    const known = all.filter((value) => value !== null);
    const last = known.at(-1);
    if (last === undefined) continue;
    const value = {
      last: () => last,
      sum: () => known.reduce((a, b) => a + b, 0),
      min: () => Math.min(...known),
      max: () => Math.max(...known),
    }[reducer]();
    result.set(name, value);
  }
  return result;
}

/** Joined by labels: a series that one side lacks has no result. */
function mathAll(expression: string, reduced: ReadonlyMap<string, Series>): Series {
  const refs = [...expression.matchAll(/\$(\w+)/g)].map((match) => match[1] ?? "");
  const names = [...(reduced.get(refs[0] ?? "")?.keys() ?? [])];
  const result = new Map<string, number>();
  for (const name of names) {
    const values = new Map<string, number>();
    for (const ref of refs) {
      const value = reduced.get(ref)?.get(name);
      if (value !== undefined) values.set(ref, value);
    }
    if (refs.every((ref) => values.has(ref))) result.set(name, evaluateMath(expression, values));
  }
  return result;
}
