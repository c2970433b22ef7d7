/**
 * Turns a query of a panel, a rule, a variable or an annotation into the search that Grafana's Elasticsearch data source
 * sends for it, so that every generated query can be run on a real Elasticsearch without a Grafana.
 *
 * Follows the plugin's backend (12.x): a range filter on the time field with `gte`/`lte` in epoch milliseconds, the Lucene
 * text as an analysed `query_string`, aggregations nested in the order of `bucketAggs` with their ids as names, metrics in
 * the innermost one, `extended_bounds` on the date histogram. Left out: pipeline metrics, `filters`, `percentiles`,
 * automatic widening of the interval; nothing that Lagline generates uses them.
 */
import { z } from "zod";

export type SearchBody = { readonly [key: string]: unknown };

export type TranslateOptions = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Bucket width where the query leaves it to Grafana. */
  readonly intervalMs: number;
  /** Values of dashboard variables; a list stands for a variable with several values. */
  readonly variables?: Readonly<Record<string, string | readonly string[] | AllValue>>;
};

/** "All": the variable's `allValue`, which Grafana puts in as it is. */
export type AllValue = { readonly all: string };

const settings = z.record(z.string(), z.string()).default({});
const queryModel = z.looseObject({
  query: z.string(),
  timeField: z.literal("@timestamp"),
  metrics: z.array(
    z.looseObject({ id: z.string(), type: z.string(), field: z.string().optional(), settings }),
  ),
  bucketAggs: z.array(z.looseObject({ id: z.string(), type: z.string(), field: z.string(), settings })),
});
type Model = z.output<typeof queryModel>;
type Bucket = Model["bucketAggs"][number];
type Metric = Model["metrics"][number];

/** The search body of a panel's or rule's query. Throws when the model is not one that Lagline generates. */
export function translateQuery(model: unknown, options: TranslateOptions): SearchBody {
  const { query, metrics, bucketAggs } = queryModel.parse(model);
  const filter = [timeRange(options), queryString(interpolate(query, options))];
  const documents = metrics.find((metric) => metric.type === "raw_data");
  if (documents !== undefined) {
    return {
      size: Number(documents.settings["size"]),
      query: { bool: { filter } },
      sort: [{ "@timestamp": { order: "desc", unmapped_type: "boolean" } }, { _doc: { order: "desc" } }],
      fields: [{ field: "@timestamp", format: "strict_date_optional_time_nanos" }],
      docvalue_fields: ["@timestamp"],
      script_fields: {},
    };
  }
  return { size: 0, query: { bool: { filter } }, aggs: nest(bucketAggs, metrics, options) };
}

/** The search of a variable of the form `{"find":"terms",…}`; no time range is sent by Grafana 9, one is by 12. */
export function translateVariable(query: string, options: TranslateOptions): SearchBody {
  const { field, query: lucene, size } = variableQuery.parse(JSON.parse(query));
  return {
    size: 0,
    query: { bool: { filter: [timeRange(options), queryString(interpolate(lucene, options))] } },
    aggs: { "1": { terms: { field, size, order: { _key: "asc" } } } },
  };
}
const variableQuery = z.strictObject({
  find: z.literal("terms"),
  field: z.string(),
  query: z.string(),
  size: z.int(),
});

/** The search of an annotation. */
export function translateAnnotation(lucene: string, options: TranslateOptions): SearchBody {
  return {
    size: 10_000,
    query: { bool: { filter: [timeRange(options), queryString(interpolate(lucene, options))] } },
  };
}

function timeRange({ fromMs, toMs }: TranslateOptions): SearchBody {
  return { range: { "@timestamp": { gte: fromMs, lte: toMs, format: "epoch_millis" } } };
}

function queryString(query: string): SearchBody {
  return { query_string: { analyze_wildcard: true, query } };
}

function nest(buckets: readonly Bucket[], metrics: readonly Metric[], options: TranslateOptions): SearchBody {
  const [bucket, ...rest] = buckets;
  if (bucket === undefined)
    return Object.fromEntries(metrics.filter(isRequested).map((metric) => [metric.id, toMetric(metric)]));
  const inner = nest(rest, metrics, options);
  const own = bucket.type === "terms" ? toTerms(bucket, metrics) : toHistogram(bucket, options);
  const aggs = { ...own.extra, ...inner };
  return { [bucket.id]: { ...own.body, ...(Object.keys(aggs).length > 0 ? { aggs } : {}) } };
}

function toMetric({ type, field, settings: own }: Metric): SearchBody {
  const missing = own["missing"];
  return { [type]: { field, ...(missing === undefined ? {} : { missing: Number(missing) }) } };
}

/** A count is the number of documents in a bucket; no aggregation is sent. */
function isRequested(metric: Metric): boolean {
  return metric.type !== "count";
}

type Level = { readonly body: SearchBody; readonly extra: SearchBody };

function toTerms({ field, settings: own }: Bucket, metrics: readonly Metric[]): Level {
  const orderBy = own["orderBy"] ?? "";
  const byMetric = metrics.find((metric) => metric.id === orderBy);
  const order = { [orderBy === "_term" ? "_key" : orderBy]: own["order"] ?? "desc" };
  const missing = own["missing"];
  return {
    body: {
      terms: {
        field,
        size: Number(own["size"]),
        order,
        min_doc_count: Number(own["min_doc_count"]),
        ...(missing === undefined ? {} : { missing }),
      },
    },
    // The metric a level is ordered by is asked for beside its inner level as well.
    extra: byMetric === undefined ? {} : { [byMetric.id]: toMetric(byMetric) },
  };
}

function toHistogram(
  { field, settings: own }: Bucket,
  { fromMs, toMs, intervalMs }: TranslateOptions,
): Level {
  const interval = own["interval"] === "auto" ? `${intervalMs}ms` : own["interval"];
  return {
    body: {
      date_histogram: {
        field,
        fixed_interval: interval,
        min_doc_count: Number(own["min_doc_count"]),
        extended_bounds: { min: fromMs, max: toMs },
        format: "epoch_millis",
      },
    },
    extra: {},
  };
}

/** `${__to}` is the end of the range, which Grafana itself fills in. */
function interpolate(lucene: string, { variables = {}, toMs }: TranslateOptions): string {
  return lucene
    .replaceAll("${__to}", String(toMs))
    .replaceAll(/\$(?:\{(\w+):doublequote\}|(\w+))/g, (_, quoted?: string, plain?: string) => {
      const name = quoted ?? plain ?? "";
      const value = variables[name];
      if (value === undefined) throw new Error(`The query uses $${name}, which has no value: ${lucene}`);
      return quoted !== undefined && typeof value === "string"
        ? `"${value.replaceAll('"', String.raw`\"`)}"`
        : toLucene(value);
    });
}

function toLucene(value: string | readonly string[] | AllValue): string {
  if (typeof value === "string") return escapeLucene(value);
  if ("all" in value) return value.all;
  return `(${value.map((entry) => `"${escapeLucene(entry)}"`).join(" OR ")})`;
}

/** As Grafana's format `lucene` does. */
function escapeLucene(value: string): string {
  return value.replaceAll(/[!*+\-=<>\s&|()[\]{}^~?:\\/"]/g, String.raw`\$&`);
}
