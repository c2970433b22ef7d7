/** Fields as Elasticsearch maps them, for each shape of documents and each layout. Pure. */
import { z } from "zod";
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { DIMENSIONS, FIELD_NAMES, FIELDS, type FieldName } from "../../model/fields.ts";
import { TELEGRAF_FIELDS, TELEGRAF_TAGS } from "../../model/telegraf-fields.ts";
import type { Json } from "./template-hash.ts";

/** What Lagline makes in Elasticsearch says so by this. */
export const MANAGED_BY = "lagline";

/** Lucene refuses longer terms (32,766 bytes), with the whole document; at four bytes per character. */
const LONGEST_INDEXED_TEXT = 8191;
const TEXT = { type: "keyword", ignore_above: LONGEST_INDEXED_TEXT } as const;
const DIMENSION = { type: "keyword", time_series_dimension: true } as const;

type Layout = Pick<DocumentsIndex, "shape" | "mode" | "tags" | "lifecycle" | "templateName">;

export function mappingFor(index: Layout): Json {
  const isSeries = index.mode === "time_series";
  const mapping = index.shape === "telegraf" ? telegrafMapping(index, isSeries) : nativeMapping(isSeries);
  return index.lifecycle === "lagline" ? { _meta: mark(index), ...mapping } : mapping;
}

/** By what `lagline retention` knows its indices: it is in each that was made from our template, and in no other. */
function mark({ templateName }: Pick<Layout, "templateName">): Json {
  return { managed_by: MANAGED_BY, template: templateName };
}

export function isMarked(meta: unknown, index: Pick<Layout, "templateName">): boolean {
  const parsed = z.object({ managed_by: z.string(), template: z.string() }).safeParse(meta);
  const { managed_by: by, template } = mark(index);
  return parsed.success && parsed.data.managed_by === by && parsed.data.template === template;
}

/** Fields that make a series, by their full names. */
export function dimensionsOf(index: Layout): readonly string[] {
  return index.shape === "native"
    ? DIMENSIONS
    : ["measurement_name", ...TELEGRAF_TAGS.series.map((name) => `tag.${name}`)];
}

function nativeMapping(isSeries: boolean): Json {
  const properties = Object.fromEntries(FIELD_NAMES.map((name) => [name, property(name, isSeries)]));
  return { dynamic: false, properties };
}

function property(name: FieldName, isSeries: boolean): Json {
  const { type, role } = FIELDS[name];
  switch (role) {
    case "dimension":
      return isSeries ? { type, time_series_dimension: true } : { type };
    case "metric":
      return isSeries ? { type, time_series_metric: "gauge" } : { type };
    case "text":
      return { type, ignore_above: LONGEST_INDEXED_TEXT };
    case "time":
      return { type };
  }
}

/**
 * Whole numbers as `long`: Telegraf's template makes them 32-bit floats, which are exact up to 16,777,216 only. Other
 * inputs of Telegraf may write into the same indices, so what is not named here is still mapped.
 */
function telegrafMapping(index: Layout, isSeries: boolean): Json {
  const series = Object.fromEntries(TELEGRAF_TAGS.series.map((name) => [name, isSeries ? DIMENSION : TEXT]));
  const others = [...TELEGRAF_TAGS.other, ...index.tags].map((name) => [name, TEXT] as const);
  const measurements = Object.entries(TELEGRAF_FIELDS).map(([measurement, fields]) => {
    const properties = Object.entries(fields).map(
      ([name, type]) => [name, measured(type, isSeries)] as const,
    );
    return [measurement, { properties: Object.fromEntries(properties) }] as const;
  });
  return {
    dynamic: true,
    dynamic_templates: [
      { tags: { path_match: "tag.*", match_mapping_type: "string", mapping: TEXT } },
      { whole_numbers: { match_mapping_type: "long", mapping: { type: "long" } } },
      { fractions: { match_mapping_type: "double", mapping: { type: "double" } } },
    ],
    properties: {
      "@timestamp": { type: "date" },
      measurement_name: isSeries ? DIMENSION : { type: "keyword" },
      tag: { properties: { ...series, ...Object.fromEntries(others) } },
      ...Object.fromEntries(measurements),
    },
  };
}

function measured(type: "keyword" | "long" | "double", isSeries: boolean): Json {
  if (type === "keyword") return TEXT;
  return isSeries ? { type, time_series_metric: "gauge" } : { type };
}
