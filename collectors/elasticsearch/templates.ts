/**
 * Index templates for the documents, generated from `model/fields.ts`. Pure. One set per environment, so that two
 * installations on one Elasticsearch never overwrite each other's retention.
 */
import { dataStreamName } from "../../model/documents.ts";
import type { FieldName } from "../../model/fields.ts";
import { contentHash } from "./template-hash.ts";
import type { Json } from "./template-hash.ts";
import { DIMENSIONS, FIELD_NAMES, FIELDS } from "../../model/fields.ts";

/**
 * Version of mappings and settings below. Raise it when they change: a setup of an older build then leaves them alone.
 * The hash alone would let old and new builds overwrite each other in turns.
 */
export const SCHEMA_VERSION = 1;
export const MANAGED_BY = "lagline";

/** How documents are laid out. Time series now; a plain data stream and daily indices have their place here. */
export type StorageMode = "tsds";

export type TemplateOptions = {
  readonly mode: StorageMode;
  readonly environment: string;
  readonly retentionDays: number;
  readonly replicas: number;
  /**
   * Fixed time bounds of the one backing index, for builds without the data stream APIs; null where Elasticsearch
   * moves the bounds itself.
   */
  readonly bounds: TimeBounds | null;
};

export type TimeBounds = { readonly start: string; readonly end: string };

export type Template = {
  readonly kind: "component" | "index";
  readonly name: string;
  /** Body of the PUT request, `_meta` included. */
  readonly body: Json;
};

/** Documents this old are taken by the first index: the longest Elasticsearch allows, above the age of any spool. */
const LOOK_BACK = "7d";
/** After an outage of Elasticsearch shorter than this, current documents are taken at once. */
const LOOK_AHEAD = "1h";
/** Above the built-in templates for `metrics-*-*` (100 to 200). */
const PRIORITY = 500;
/** Lucene refuses longer terms (32,766 bytes), with the whole document; at four bytes per character. */
const LONGEST_INDEXED_TEXT = 8191;

/** Names of the templates of a data stream; `custom` is the user's. */
export function templateNames(stream: string): {
  series: string;
  settings: string;
  custom: string;
  index: string;
} {
  return {
    series: `${stream}@series`,
    settings: `${stream}@settings`,
    custom: `${stream}@custom`,
    index: stream,
  };
}

/** In the order in which they must be put. */
export function buildTemplates(options: TemplateOptions): readonly Template[] {
  const stream = dataStreamName(options.environment);
  const { series, settings, custom, index } = templateNames(stream);
  return [
    signed("component", series, {
      template: { settings: identity(options.bounds), mappings: mappingOf(FIELD_NAMES) },
    }),
    signed("component", settings, { template: { settings: storage(options) } }),
    signed("index", index, {
      index_patterns: [stream],
      data_stream: {},
      priority: PRIORITY,
      // Yours to create: settings and fields of your own survive every update there.
      composed_of: [series, settings, custom],
      ignore_missing_component_templates: [custom],
      ...(options.bounds === null
        ? { template: { lifecycle: { data_retention: `${options.retentionDays}d` } } }
        : {}),
    }),
  ];
}

/** Fields as Elasticsearch maps them. */
export function mappingOf(names: readonly FieldName[]): Json {
  const properties = Object.fromEntries(names.map((name) => [name, property(name)]));
  return { dynamic: false, properties };
}

function property(name: FieldName): Json {
  const { type, role } = FIELDS[name];
  switch (role) {
    case "dimension":
      return { type, time_series_dimension: true };
    case "metric":
      return { type, time_series_metric: "gauge" };
    case "text":
      return { type, ignore_above: LONGEST_INDEXED_TEXT };
    case "time":
      return { type };
  }
}

/**
 * What makes a series, and the time it covers. In the component that maps the dimensions: Elasticsearch checks a
 * component by itself, and refuses a routing without its fields and (8.19) time bounds without the mode.
 */
function identity(bounds: TimeBounds | null): Json {
  return {
    "index.mode": "time_series",
    "index.routing_path": [...DIMENSIONS],
    ...(bounds === null
      ? { "index.look_back_time": LOOK_BACK, "index.look_ahead_time": LOOK_AHEAD }
      : { "index.time_series.start_time": bounds.start, "index.time_series.end_time": bounds.end }),
  };
}

function storage(options: TemplateOptions): Json {
  return {
    "index.number_of_shards": 1,
    "index.number_of_replicas": options.replicas,
    "index.codec": "best_compression",
  };
}

function signed(kind: Template["kind"], name: string, body: Json): Template {
  const stamp = { managed_by: MANAGED_BY, schema_version: SCHEMA_VERSION, hash: contentHash(body) };
  return { kind, name, body: { ...body, version: SCHEMA_VERSION, _meta: stamp } };
}
