/**
 * Queries of Grafana's Elasticsearch data source. Its rules (measured): numbers in `settings` are strings, `terms` needs
 * `size` and `orderBy` or old versions send a request that is refused and shown as empty, `date_histogram` comes last.
 * Fields are typed against the model, so a panel cannot ask for one that no document has.
 */
import type { FieldName } from "../model/fields.ts";
import type { JsonObject } from "./types.ts";

export type Statistic = "max" | "min" | "avg" | "sum" | "cardinality";
export type Metric =
  | {
      readonly statistic: Statistic;
      readonly field: FieldName;
      /** What a document without the field counts as. Left out: it does not count. */
      readonly missing?: number;
    }
  | "count";

export type TermsLevel = {
  readonly field: FieldName;
  readonly size: number;
  /** `metric`: by the query's first metric, highest first; `lowest`: the same, lowest first. `name`: alphabetical. */
  readonly order: "metric" | "lowest" | "name";
  /** What a document without the field counts as. Left out: it does not count. */
  readonly missing?: string;
};

export type SeriesQuery = {
  readonly refId?: string;
  readonly filter: string;
  readonly metric: Metric;
  readonly by?: readonly TermsLevel[];
  /** Bucket width in seconds; left out: Grafana chooses by the width of the panel. */
  readonly bucketSeconds?: number;
  /** Name of each series, such as `{{group}}`. Never in an alert rule: it adds a label there. */
  readonly alias?: string;
};

export const DATASOURCE: JsonObject = { type: "elasticsearch", uid: "${datasource}" };
const METRIC_ID = "1";

/** One metric over time, split by terms. */
export function seriesQuery(query: SeriesQuery, datasource: JsonObject = DATASOURCE): JsonObject {
  const levels = query.by ?? [];
  return {
    refId: query.refId ?? "A",
    datasource,
    query: query.filter,
    alias: query.alias ?? "",
    timeField: "@timestamp",
    metrics: [metric(query.metric, METRIC_ID)],
    bucketAggs: [
      ...levels.map((level, index) => terms(level, String(index + 2))),
      {
        id: "9",
        type: "date_histogram",
        field: "@timestamp",
        settings: {
          interval: query.bucketSeconds === undefined ? "auto" : `${query.bucketSeconds}s`,
          min_doc_count: "0",
          trimEdges: "0",
        },
      },
    ],
  };
}

/** The newest documents as they are, newest first: the only way to show text beside numbers. */
export function documentsQuery(filter: string, size: number, refId = "A"): JsonObject {
  return {
    refId,
    datasource: DATASOURCE,
    query: filter,
    alias: "",
    timeField: "@timestamp",
    metrics: [{ id: METRIC_ID, type: "raw_data", settings: { size: String(size) } }],
    bucketAggs: [],
  };
}

export type FieldStatistic = { readonly statistic: "max" | "avg"; readonly field: FieldName };

/** One row per combination of terms over the whole range, one column per statistic: a table, not lines. */
export function statisticsQuery(query: {
  readonly filter: string;
  readonly statistics: readonly FieldStatistic[];
  readonly by: readonly TermsLevel[];
}): JsonObject {
  return {
    refId: "A",
    datasource: DATASOURCE,
    query: query.filter,
    alias: "",
    timeField: "@timestamp",
    metrics: query.statistics.map((statistic, index) => metric(statistic, String(index + 1))),
    // Ids of metrics and of levels share one space.
    bucketAggs: query.by.map((level, index) => terms(level, String(index + 20))),
  };
}

const STATISTIC_WORDS = { max: "Max", avg: "Average" } as const;

/** What the data source calls the column of a statistic: the field only where two columns would be called the same. */
export function statisticName(wanted: FieldStatistic, all: readonly FieldStatistic[]): string {
  const word = STATISTIC_WORDS[wanted.statistic];
  const isAlone = all.filter(({ statistic }) => statistic === wanted.statistic).length === 1;
  return isAlone ? word : `${word} ${wanted.field}`;
}

function metric(wanted: Metric, id: string): JsonObject {
  if (wanted === "count") return { id, type: "count" };
  const { statistic, field, missing } = wanted;
  const settings = missing === undefined ? {} : { settings: { missing: String(missing) } };
  return { id, type: statistic, field, ...settings };
}

function terms(level: TermsLevel, id: string): JsonObject {
  const byMetric = level.order !== "name";
  return {
    id,
    type: "terms",
    field: level.field,
    settings: {
      size: String(level.size),
      order: level.order === "metric" ? "desc" : "asc",
      orderBy: byMetric ? METRIC_ID : "_term",
      min_doc_count: "1",
      ...(level.missing === undefined ? {} : { missing: level.missing }),
    },
  };
}
