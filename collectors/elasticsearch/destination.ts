/**
 * Where a document goes and under which identity. A time series data stream makes the identity itself, from dimensions
 * and time. A plain data stream and daily indices get it from here, made of the same values, so that a document that is
 * sent twice is stored once: in daily indices at any age, in a plain data stream until its next rollover.
 */
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { DIMENSIONS } from "../../model/fields.ts";
import { type IndexPattern, fieldsOf, indexName, isDated } from "../../model/index-pattern.ts";
import type { BulkTarget } from "./bulk.ts";
import { digest, documentId } from "./document-id.ts";
import { IdentityHead, numberOfPartition, viewOf } from "./identity-head.ts";
import { type ActionMaker, CREATE_IN_STREAM } from "./lines.ts";
import {
  endOfTelegrafIdentity,
  hasTelegrafTime,
  telegrafIdentity,
  timeOfTelegrafLine,
} from "./telegraf-identity.ts";

export function bulkTarget(index: DocumentsIndex): BulkTarget {
  if (index.mode === "daily") return { action: actionMaker(index), requireDataStream: false };
  const stream = { stream: index.name, requireDataStream: true };
  if (index.mode === "data_stream") return { ...stream, action: actionMaker(index) };
  if (index.pipeline === null) return { ...stream, action: CREATE_IN_STREAM };
  return {
    ...stream,
    action: hasFields(index.pipeline)
      ? actionMaker(index)
      : Buffer.from(`{"create":${JSON.stringify({ pipeline: index.pipeline })}}\n`),
  };
}

/** What names and pipelines are made of. */
export type DocumentView = {
  readonly timestamp: string;
  /** The identity as text: the same for the same series and time, whoever writes the document. */
  readonly identity: string;
  readonly valueOf: (field: string) => string | undefined;
};

/** For a line that is no document: Elasticsearch refuses it wherever it goes, and then it is put aside. */
const UNKNOWN_TIME = "1970-01-01T00:00:00.000Z";

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const document: unknown = JSON.parse(line);
    return typeof document === "object" && document !== null ? { ...document } : null;
  } catch {
    return null;
  }
}

export function viewDocument(line: string, shape: DocumentsIndex["shape"]): DocumentView {
  const document = parsed(line);
  if (document === null) return { timestamp: UNKNOWN_TIME, identity: line, valueOf: () => undefined };
  const time = textOf(document, "@timestamp");
  const timestamp = time !== undefined && !Number.isNaN(Date.parse(time)) ? time : UNKNOWN_TIME;
  if (shape === "native") {
    const valueOf = (field: string): string | undefined => textOf(document, field);
    // A value that is not there keeps its place, so that the others cannot run together.
    const identity = JSON.stringify([timestamp, ...DIMENSIONS.map((name) => valueOf(name) ?? null)]);
    return { timestamp, identity, valueOf };
  }
  const { tag } = document;
  const tags = typeof tag === "object" && tag !== null ? { ...tag } : {};
  const measurement = textOf(document, "measurement_name") ?? "";
  return {
    timestamp,
    identity: telegrafIdentity({ timestamp, measurement, tags }),
    valueOf: (field) => (field === "measurement_name" ? measurement : textOf(tags, field)),
  };
}

function actionMaker(index: DocumentsIndex): ActionMaker {
  const { shape, mode, pipeline, pattern } = index;
  const beforeId = createPrefixes(index);
  const needsFields = hasFields(pipeline ?? "") || fieldsOf(pattern).length > 0;
  const hasId = mode !== "time_series";
  const fromBytes = shape === "telegraf" && !needsFields && hasId ? createByteReader(beforeId) : null;
  return (bytes, from, to) => {
    const read = fromBytes?.(bytes, from, to) ?? null;
    if (read !== null) return read;
    const view = viewDocument(bytes.toString("utf8", from, to), shape);
    const start = beforeId(view);
    return hasId ? `${start}"_id":"${documentId(view.identity)}"}}\n` : `${start.slice(0, -1)}}}\n`;
  };
}

/** Everything of an action line before the identity, a comma at its end. */
function createPrefixes(index: DocumentsIndex): (view: NameSource) => string {
  const nameOf = index.mode === "daily" ? indexNamer(index) : null;
  return (view) => {
    const chosen = pipelineOf(index, view);
    const name = nameOf === null ? "" : `"_index":${asciiJson(nameOf(view))},`;
    return `{"create":{${name}${chosen === null ? "" : `"pipeline":${asciiJson(chosen)},`}`;
  };
}

/** JSON in which every character is one byte. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Time and identity read off the bytes of shape `telegraf`; null where the layout is not the expected one. Nearly all
 * documents that are sent together have the same time, and with it the same index and pipeline; those of one topic have the
 * same identity up to the partition.
 */
function createByteReader(
  beforeId: (view: NameSource) => string,
): (bytes: Buffer, from: number, to: number) => string | null {
  let time = Buffer.alloc(0);
  let prefix = "";
  const head = new IdentityHead();
  let start = "";
  let viewed: Buffer = time;
  let view = viewOf(viewed);
  return (bytes, from, to) => {
    if (bytes !== viewed) {
      viewed = bytes;
      view = viewOf(bytes);
    }
    const known = head.partitionOf(view, from, to);
    if (known !== -1) return `${start}${known}"}}\n`;
    const end = endOfTelegrafIdentity(bytes, from, to);
    if (end === -1) return null;
    if (time.length === 0 || !hasTelegrafTime(bytes, from, time)) {
      const timestamp = timeOfTelegrafLine(bytes, from);
      time = Buffer.from(timestamp, "latin1");
      prefix = `${beforeId({ timestamp, valueOf: () => undefined })}"_id":"`;
    }
    const number = numberOfPartition(bytes, { from, end });
    if (number === -1) return `${prefix}${digest(bytes.subarray(from, end))}"}}\n`;
    head.remember(bytes, from, number);
    start = `${prefix}${digest(bytes.subarray(from, number))}-`;
    return `${start}${bytes.toString("latin1", number, end - 1)}"}}\n`;
  };
}

type NameSource = Pick<DocumentView, "timestamp" | "valueOf">;

/** Names are made once for as long as the time and the fields in them stay the same: most documents share both. */
function indexNamer({ pattern, missingFieldValue: missing }: DocumentsIndex): (view: NameSource) => string {
  const fields = fieldsOf(pattern);
  let known = { key: "", name: "" };
  return (view) => {
    const key = keyOf(pattern, { view, fields });
    if (key !== known.key) {
      const timestampMs = Date.parse(view.timestamp);
      known = { key, name: indexName(pattern, { timestampMs, valueOf: view.valueOf, missing }) };
    }
    return known.name;
  };
}

function keyOf(pattern: IndexPattern, of: { view: NameSource; fields: readonly string[] }): string {
  // To the hour, the finest token there is.
  const hour = isDated(pattern) ? of.view.timestamp.slice(0, 13) : "";
  if (of.fields.length === 0) return `${hour}!`;
  return JSON.stringify([hour, ...of.fields.map((field) => of.view.valueOf(field) ?? null)]);
}

/** As in Telegraf: where one field is missing the whole name gives way to the default. */
function pipelineOf({ pipeline, defaultPipeline }: DocumentsIndex, view: NameSource): string | null {
  if (pipeline === null || !hasFields(pipeline)) return pipeline;
  let isWhole = true;
  const name = pipeline.replaceAll(PLACEHOLDER, (_, field: string) => {
    const value = view.valueOf(field.trim());
    isWhole &&= value !== undefined;
    return value ?? "";
  });
  return isWhole ? name : defaultPipeline;
}

const PLACEHOLDER = /\{\{(.*?)\}\}/gs;

function hasFields(text: string): boolean {
  return text.includes("{{");
}

function textOf(values: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}
