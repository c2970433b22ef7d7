/** From the answer of Elasticsearch about its indices to what retention knows of them. Pure. */
import { z } from "zod";
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { spanOfName } from "../../model/index-span.ts";
import { isMarked } from "../elasticsearch/mappings.ts";
import type { StoredIndex } from "./types.ts";
import type { Span } from "../elasticsearch/windows.ts";

/** Of `GET /<indices>?flat_settings=true`. */
export const indicesAnswer = z.record(
  z.string(),
  z.object({
    data_stream: z.string().optional(),
    settings: z.object({
      "index.creation_date": z.coerce.number().int().positive(),
      "index.time_series.start_time": z.string().optional(),
      "index.time_series.end_time": z.string().optional(),
    }),
    mappings: z.object({ _meta: z.unknown() }).optional(),
  }),
);
type Answer = z.output<typeof indicesAnswer>;

/** `backing`: of a data stream its indices in the order in which they were made; of daily indices nothing. */
export function storedIndices(
  answer: Answer,
  index: DocumentsIndex,
  backing: readonly string[],
): readonly StoredIndex[] {
  const found = Object.entries(answer).map(([name, { data_stream: stream, settings, mappings }]) => ({
    name,
    stream,
    createdMs: settings["index.creation_date"],
    bounds: boundsIn(settings),
    isOurs: isMarked(mappings?.["_meta"], index),
  }));
  if (index.mode === "daily") {
    // Of the names that the wildcards find, only those of exactly this pattern: others belong to somebody else.
    return found.flatMap(({ name, createdMs, isOurs, stream }) => {
      const span = spanOfName(index.pattern, name);
      return span === undefined || stream !== undefined
        ? []
        : [{ name, createdMs, span, isWriteIndex: false, isOurs }];
    });
  }
  const byName = new Map(found.map((entry) => [entry.name, entry]));
  return backing.flatMap((name, position) => {
    const entry = byName.get(name);
    if (entry?.stream !== index.name) return [];
    const next = byName.get(backing[position + 1] ?? "");
    return {
      name,
      createdMs: entry.createdMs,
      span: index.mode === "time_series" ? entry.bounds : untilNext(entry.createdMs, next?.createdMs),
      isWriteIndex: position === backing.length - 1,
      isOurs: entry.isOurs,
    };
  });
}

/** Documents go to the newest index only, so none is younger than the next one. Late documents are older than they look. */
function untilNext(createdMs: number, nextMs: number | undefined): Span {
  return { startMs: createdMs, endMs: nextMs ?? Number.POSITIVE_INFINITY };
}

/** Null where there are none, or they are no times. */
export function boundsIn(settings: Readonly<Record<string, unknown>>): Span | null {
  const [startMs = Number.NaN, endMs = Number.NaN] = ["start_time", "end_time"].map((name) =>
    Date.parse(String(settings[`index.time_series.${name}`])),
  );
  return Number.isFinite(startMs) && Number.isFinite(endMs) && startMs < endMs ? { startMs, endMs } : null;
}
