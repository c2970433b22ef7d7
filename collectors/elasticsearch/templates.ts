/**
 * Index templates for the documents, generated from `model/fields.ts`. Pure. One set per environment, so that two
 * installations on one Elasticsearch never overwrite each other's retention.
 */
import { type DocumentsIndex, nativeIndex } from "../../config/documents-index.ts";
import { endsInDay } from "../../model/index-pattern.ts";
import { dimensionsOf, MANAGED_BY, mappingFor } from "./mappings.ts";
import { contentHash } from "./template-hash.ts";
import type { Json } from "./template-hash.ts";

/**
 * Version of mappings and settings below. Raise it when they change: a setup of an older build then leaves them alone.
 * The hash alone would let old and new builds overwrite each other in turns.
 */
export const SCHEMA_VERSION = 1;

/** What deletes old documents, as far as the templates have to say it. */
export type Retention =
  | { readonly by: "stream"; readonly days: number }
  /** `fromName`: the age of an index is the day in its name, not the time of its creation. */
  | { readonly by: "policy"; readonly policy: string; readonly fromName: boolean };

export type TemplateOptions = {
  readonly environment: string;
  readonly retentionDays: number;
  readonly replicas: number;
  /** @default Lagline's own documents in a time series data stream */
  readonly index?: DocumentsIndex;
  /** Null where this Elasticsearch can delete nothing by age. @default as the index says */
  readonly retention?: Retention | null;
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

/** Names of the templates of an index; `custom` is the user's. */
export function templateNames(name: string): {
  /** Fields and identity of a time series. */
  series: string;
  /** Fields in the other modes. */
  fields: string;
  settings: string;
  custom: string;
  index: string;
} {
  return {
    series: `${name}@series`,
    fields: `${name}@fields`,
    settings: `${name}@settings`,
    custom: `${name}@custom`,
    index: name,
  };
}

/** In the order in which they must be put. */
export function buildTemplates(options: TemplateOptions): readonly Template[] {
  const index = options.index ?? nativeIndex(options.environment);
  const retention = options.retention === undefined ? retentionOf(index, options) : options.retention;
  const names = templateNames(index.templateName);
  const fields = index.mode === "time_series" ? names.series : names.fields;
  return [
    signed("component", fields, {
      template: {
        ...(index.mode === "time_series" ? { settings: identity(index, options.bounds) } : {}),
        mappings: mappingFor(index),
      },
    }),
    signed("component", names.settings, { template: { settings: storage(index, { options, retention }) } }),
    signed("index", names.index, {
      index_patterns: [index.search],
      ...(index.mode === "daily" ? {} : { data_stream: {} }),
      priority: PRIORITY,
      // Yours to create: settings and fields of your own survive every update there.
      composed_of: [fields, names.settings, names.custom],
      ignore_missing_component_templates: [names.custom],
      ...(retention?.by === "stream"
        ? { template: { lifecycle: { data_retention: `${retention.days}d` } } }
        : {}),
    }),
  ];
}

/** What the configuration asks for, where Elasticsearch can do all of it. */
export function retentionOf(
  index: DocumentsIndex,
  about: { readonly environment: string; readonly retentionDays: number; readonly bounds: TimeBounds | null },
): Retention | null {
  if (about.bounds !== null || index.lifecycle === "none" || index.lifecycle === "lagline") return null;
  if (index.lifecycle === "data_stream") return { by: "stream", days: about.retentionDays };
  return {
    by: "policy",
    policy: index.ownPolicy ?? policyName(about.environment),
    fromName: index.mode === "daily" && endsInDay(index.pattern),
  };
}

/** Name of the lifecycle policy that setup makes. */
export function policyName(environment: string): string {
  return `lagline-${environment}`;
}

/**
 * What makes a series, and the time it covers. In the component that maps the dimensions: Elasticsearch checks a
 * component by itself, and refuses a routing without its fields and (8.19) time bounds without the mode.
 */
function identity(index: DocumentsIndex, bounds: TimeBounds | null): Json {
  return {
    "index.mode": "time_series",
    "index.routing_path": [...dimensionsOf(index)],
    ...(bounds === null
      ? { "index.look_back_time": LOOK_BACK, "index.look_ahead_time": LOOK_AHEAD }
      : { "index.time_series.start_time": bounds.start, "index.time_series.end_time": bounds.end }),
  };
}

function storage(
  index: DocumentsIndex,
  about: { readonly options: TemplateOptions; readonly retention: Retention | null },
): Json {
  const { options, retention } = about;
  return {
    "index.number_of_shards": 1,
    "index.number_of_replicas": options.replicas,
    "index.codec": "best_compression",
    ...(retention?.by === "policy"
      ? {
          "index.lifecycle.name": retention.policy,
          ...(retention.fromName ? { "index.lifecycle.parse_origination_date": true } : {}),
        }
      : {}),
    ...index.settings,
  };
}

function signed(kind: Template["kind"], name: string, body: Json): Template {
  const stamp = { managed_by: MANAGED_BY, schema_version: SCHEMA_VERSION, hash: contentHash(body) };
  return { kind, name, body: { ...body, version: SCHEMA_VERSION, _meta: stamp } };
}
