/**
 * The parts of a rule's `data`. Shapes are measured on a real Grafana: `date_histogram` of one tick comes last, `last`
 * with `dropNN` ignores the empty newest bucket, a `count` is reduced by `sum`, and one query carries one metric.
 */
import { seriesQuery } from "../dashboards/queries.ts";
import type { Metric, TermsLevel } from "../dashboards/queries.ts";
import type { JsonObject } from "../dashboards/types.ts";

export type RuleQuery = {
  readonly ref: string;
  readonly datasourceUid: string;
  readonly filter: string;
  readonly metric: Metric;
  readonly by: readonly TermsLevel[];
  readonly bucketSeconds: number;
  readonly windowSeconds: number;
};

const EXPRESSION: JsonObject = { type: "__expr__", uid: "__expr__" };

/** Asks Elasticsearch. No alias: it would add a label to every alert. */
export function ask(query: RuleQuery): JsonObject {
  const model = seriesQuery(
    {
      refId: query.ref,
      filter: query.filter,
      metric: query.metric,
      by: query.by,
      bucketSeconds: query.bucketSeconds,
    },
    { type: "elasticsearch", uid: query.datasourceUid },
  );
  return {
    refId: query.ref,
    queryType: "",
    datasourceUid: query.datasourceUid,
    relativeTimeRange: { from: query.windowSeconds, to: 0 },
    model: { ...model, intervalMs: query.bucketSeconds * 1000, maxDataPoints: 1000 },
  };
}

/** One number per series. `last`: the newest value there is; `sum`: for counts; `min`: where a counter stood lowest; `max`: the latest of several moments. */
export function reduce(ref: string, expression: string, reducer: "last" | "sum" | "min" | "max"): JsonObject {
  return expressionItem(ref, { type: "reduce", expression, reducer, settings: { mode: "dropNN" } });
}

/** Arithmetic over reduced values, joined by their labels. */
export function math(ref: string, expression: string): JsonObject {
  return expressionItem(ref, { type: "math", expression });
}

export type Bounds = {
  readonly operator: "gt" | "lt";
  readonly fire: number;
  /** Where it recovers; Grafana 9 does not know it and recovers at `fire`. */
  readonly recover?: number;
};

export function threshold(ref: string, expression: string, bounds: Bounds): JsonObject {
  const { operator, fire, recover } = bounds;
  const inverse = operator === "gt" ? "lt" : "gt";
  return expressionItem(ref, {
    type: "threshold",
    expression,
    conditions: [
      {
        type: "query",
        evaluator: { type: operator, params: [fire] },
        ...(recover === undefined ? {} : { unloadEvaluator: { type: inverse, params: [recover] } }),
        operator: { type: "and" },
        query: { params: [expression] },
        reducer: { type: "last", params: [] },
      },
    ],
  });
}

function expressionItem(ref: string, model: JsonObject): JsonObject {
  return {
    refId: ref,
    queryType: "",
    datasourceUid: "__expr__",
    relativeTimeRange: { from: 0, to: 0 },
    model: { refId: ref, datasource: EXPRESSION, intervalMs: 1000, maxDataPoints: 1000, ...model },
  };
}
