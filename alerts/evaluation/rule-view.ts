/** A rule of the provisioning file as the evaluation reads it. Strict where a surprise would change the meaning. */
import { z } from "zod";

const bound = z.object({ type: z.enum(["gt", "lt"]), params: z.tuple([z.number()]) });
const expressionModel = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("reduce"),
    expression: z.string(),
    reducer: z.enum(["last", "sum", "min", "max"]),
    // Without it an empty bucket makes the whole value NaN, which is played nowhere.
    settings: z.object({ mode: z.literal("dropNN") }),
  }),
  z.looseObject({ type: z.literal("math"), expression: z.string() }),
  z.looseObject({
    type: z.literal("threshold"),
    expression: z.string(),
    conditions: z.tuple([z.looseObject({ evaluator: bound, unloadEvaluator: bound.optional() })]),
  }),
]);
export type Expression = z.output<typeof expressionModel>;

const settings = z.record(z.string(), z.string()).default({});
const queryModel = z.looseObject({
  query: z.string(),
  timeField: z.literal("@timestamp"),
  metrics: z.tuple([
    z.looseObject({ type: z.enum(["max", "min", "count"]), field: z.string().optional(), settings }),
  ]),
  bucketAggs: z
    .array(
      z.looseObject({
        id: z.string(),
        type: z.enum(["terms", "date_histogram"]),
        field: z.string(),
        settings,
      }),
    )
    .refine((levels) => levels.at(-1)?.type === "date_histogram", {
      error: "must end with a date_histogram: Grafana 9 panics without",
    }),
});
export type QueryModel = z.output<typeof queryModel>;

/** Seconds between now and the begin of what a query looks at. */
export type RuleQuery = { readonly ref: string; readonly fromSeconds: number; readonly model: QueryModel };
export type RuleExpression = { readonly ref: string; readonly model: Expression };

const duration = z
  .string()
  .regex(/^\d+s$/)
  .transform((text) => Number(text.slice(0, -1)) * 1000);
const item = z.object({
  refId: z.string(),
  datasourceUid: z.string(),
  relativeTimeRange: z.object({ from: z.int(), to: z.literal(0) }),
  model: z.looseObject({}),
});
const ruleModel = z.looseObject({
  uid: z.string(),
  title: z.string(),
  condition: z.string(),
  for: duration,
  keepFiringFor: duration.default(0),
  missing_series_evals_to_resolve: z.int().default(2),
  noDataState: z.enum(["OK", "Alerting", "NoData"]),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  data: z.array(item),
});

export type RuleView = {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly pendingMs: number;
  readonly keepFiringMs: number;
  readonly missingEvaluations: number;
  readonly alertsWithoutData: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly queries: readonly RuleQuery[];
  /** In the order in which they are computed. */
  readonly expressions: readonly RuleExpression[];
};

/** Throws a ZodError for a rule that is not one of Lagline's. */
export function viewRule(rule: unknown): RuleView {
  const parsed = ruleModel.parse(rule);
  return {
    uid: parsed.uid,
    title: parsed.title,
    condition: parsed.condition,
    pendingMs: parsed.for,
    keepFiringMs: parsed.keepFiringFor,
    missingEvaluations: parsed.missing_series_evals_to_resolve,
    alertsWithoutData: parsed.noDataState === "Alerting",
    labels: parsed.labels,
    annotations: parsed.annotations,
    queries: parsed.data
      .filter((entry) => entry.datasourceUid !== "__expr__")
      .map((entry) => ({
        ref: entry.refId,
        fromSeconds: entry.relativeTimeRange.from,
        model: queryModel.parse(entry.model),
      })),
    expressions: parsed.data
      .filter((entry) => entry.datasourceUid === "__expr__")
      .map((entry) => ({ ref: entry.refId, model: expressionModel.parse(entry.model) })),
  };
}
