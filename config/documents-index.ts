/** From the configuration to the index that documents are written to and read from: mode, name, lifecycle. Pure. */
import { dataStreamName } from "../model/documents.ts";
import { LaglineError } from "../model/errors.ts";
import { DIMENSIONS } from "../model/fields.ts";
import { daysOfPattern } from "../model/index-span.ts";
import { type IndexPattern, parseIndexPattern, searchExpression } from "../model/index-pattern.ts";
import type { CollectorConfig } from "./collector-schema.ts";
import type { ElasticsearchConfig } from "./elasticsearch-schema.ts";
import { type INDEX_MODES, type LIFECYCLES, index } from "./index-schema.ts";
import { telegraf } from "./telegraf-schema.ts";

export type IndexMode = (typeof INDEX_MODES)[number];
export type Lifecycle = (typeof LIFECYCLES)[number];

export type DocumentsIndex = {
  readonly shape: "native" | "telegraf";
  readonly mode: IndexMode;
  /** Name of the data stream; in mode daily the pattern as it was written. */
  readonly name: string;
  /** The parts of the name; of a data stream, its name. */
  readonly pattern: IndexPattern;
  /** Reads all documents; in mode daily with wildcards. */
  readonly search: string;
  /** Begins the names of templates and policies. */
  readonly templateName: string;
  readonly missingFieldValue: string;
  readonly lifecycle: Lifecycle;
  /** Null where setup makes the policy. */
  readonly ownPolicy: string | null;
  /** May hold {{field}}. */
  readonly pipeline: string | null;
  readonly defaultPipeline: string | null;
  readonly manageTemplates: boolean;
  readonly overwriteTemplates: boolean;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Tags of the configuration, in shape telegraf. */
  readonly tags: readonly string[];
};

export type IndexSource = {
  readonly environment: string;
  readonly elasticsearch: Pick<ElasticsearchConfig, "index">;
  readonly collector: Pick<CollectorConfig, "shape" | "telegraf">;
};

/** One index per value of these would drown Elasticsearch in indices. */
const TOO_MANY_VALUES = new Set(["partition", "owner"]);
const TELEGRAF_FIELDS = ["measurement_name", "cluster", "group", "topic", "host"] as const;

export function documentsIndex(config: IndexSource): DocumentsIndex {
  const { index: layout } = config.elasticsearch;
  const { shape } = config.collector;
  const mode = layout.mode ?? (shape === "telegraf" ? "daily" : "time_series");
  const name = layout.name ?? defaultName(config, mode);
  const { pattern } = parseIndexPattern(name, { fields: fieldsFor(config) });
  return {
    shape,
    mode,
    name,
    pattern,
    search: searchExpression(pattern),
    templateName: mode === "daily" ? `lagline-${config.environment}` : name,
    missingFieldValue: layout.missing_field_value,
    lifecycle: layout.lifecycle ?? (mode === "daily" ? "ilm" : "data_stream"),
    ownPolicy: layout.ilm_policy ?? null,
    pipeline: layout.pipeline ?? null,
    defaultPipeline: layout.default_pipeline ?? null,
    manageTemplates: layout.manage_templates,
    overwriteTemplates: layout.overwrite_templates,
    settings: layout.settings,
    tags: shape === "telegraf" ? Object.keys(config.collector.telegraf.tags) : [],
  };
}

/** The index of Lagline's own documents where the configuration says nothing about it. */
export function nativeIndex(environment: string): DocumentsIndex {
  const collector = { shape: "native", telegraf: telegraf.parse({}) } as const;
  return documentsIndex({ environment, elasticsearch: { index: index.parse({}) }, collector });
}

/**
 * What commands and pages read, which know Lagline's own documents only.
 * @throws LaglineError `LAGLINE_USAGE_SHAPE` in shape telegraf.
 */
export function readableIndex(config: IndexSource): string {
  const { shape, search } = documentsIndex(config);
  if (shape === "native") return search;
  throw new LaglineError({
    code: "LAGLINE_USAGE_SHAPE",
    message: `This reads Lagline's own documents, but collector.shape is ${shape}: there are none.`,
    hint: "Read the documents with the dashboards that you have for Telegraf, or set collector.shape to native.",
  });
}

export type IndexProblem = { readonly setting: string; readonly value: unknown; readonly message: string };

/** Everything that is wrong with the layout, as ends of sentences that begin with the setting. */
export function indexProblems(config: IndexSource): readonly IndexProblem[] {
  const { index: layout } = config.elasticsearch;
  const resolved = documentsIndex(config);
  const rules = { fields: resolved.mode === "daily" ? fieldsFor(config) : [] };
  const about =
    (setting: string, value: unknown) =>
    (message: string): IndexProblem => ({ setting, value, message });
  const name = about("name", resolved.name);
  return [
    ...parseIndexPattern(resolved.name, rules).problems.map(name),
    ...(resolved.mode === "daily" ? [] : problemsOfStream(resolved).map(name)),
    ...problemsOfPipeline(layout.pipeline ?? "", fieldsFor(config)).map(about("pipeline", layout.pipeline)),
    ...problemsOfLifecycle(resolved).map(about("lifecycle", resolved.lifecycle)),
    ...(layout.ilm_policy !== undefined && resolved.lifecycle !== "ilm"
      ? [about("ilm_policy", layout.ilm_policy)("is only used with lifecycle ilm")]
      : []),
    ...(layout.default_pipeline !== undefined && layout.pipeline === undefined
      ? [about("default_pipeline", layout.default_pipeline)("is only used with pipeline")]
      : []),
  ];
}

/** Fields that can stand in a name. */
function fieldsFor({ collector }: IndexSource): readonly string[] {
  const known =
    collector.shape === "telegraf"
      ? [...TELEGRAF_FIELDS, ...Object.keys(collector.telegraf.tags)]
      : [...DIMENSIONS];
  return known.filter((field) => !TOO_MANY_VALUES.has(field));
}

function defaultName({ environment, collector }: IndexSource, mode: IndexMode): string {
  if (mode === "daily") {
    return collector.shape === "telegraf" ? "telegraf-%Y.%m.%d" : `lagline-${environment}-%Y.%m.%d`;
  }
  return collector.shape === "telegraf"
    ? `metrics-kafka.consumer_lag_telegraf-${environment}`
    : dataStreamName(environment);
}

function problemsOfStream({ pattern, mode }: DocumentsIndex): string[] {
  return pattern.parts.some(({ kind }) => kind === "date")
    ? [`has date tokens, which only mode daily knows; in mode ${mode} it is the name of one data stream`]
    : [];
}

/** Only the fields matter: pipelines may be called anything. */
function problemsOfPipeline(text: string, fields: readonly string[]): string[] {
  return [...text.matchAll(/\{\{(.*?)\}\}/gs)]
    .map(([, name = ""]) => name.trim())
    .filter((name) => !fields.includes(name))
    .map(
      (name) => `has {{${name}}}, which is no field that every name may use; these are: ${fields.join(", ")}`,
    );
}

function problemsOfLifecycle({ mode, lifecycle, pattern, manageTemplates }: DocumentsIndex): string[] {
  if (mode === "daily" && lifecycle === "data_stream") {
    return ["must be ilm, lagline or none in mode daily: only data streams have a lifecycle of their own"];
  }
  if (lifecycle !== "lagline") return [];
  return [
    ...(mode === "daily" && daysOfPattern(pattern) === undefined
      ? ["can be lagline only where the name of an index tells its day, week, month or year"]
      : []),
    ...(manageTemplates
      ? []
      : ["can be lagline only with manage_templates: what was not made from its template is never deleted"]),
  ];
}
