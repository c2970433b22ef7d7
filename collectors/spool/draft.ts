/** A batch on its way to the disk: compressed, not numbered yet. Pure. */
import type { Codec } from "./compression.ts";
import { compress } from "./compression.ts";
import type { SpoolBatch } from "./contract.ts";
import { encodeRecord } from "./record.ts";

/** Where the documents of a batch come from; a remainder keeps what its batch had. */
export type Origin = {
  readonly acceptedAtMs: number;
  /** `acceptedAtMs` on the monotonic clock. */
  readonly bornMs: number;
  readonly attempts: number;
  readonly refusedSinceMs: number | null;
  /** Sequence of the batch whose remainder this is; 0 for none. */
  readonly replaces: number;
};

/** A batch as it is in the spool. */
export type PackedBatch = Omit<SpoolBatch, "ndjson"> & {
  readonly payload: Buffer;
  readonly codec: Codec;
  readonly rawLength: number;
};

export type Draft = Origin & PackedBatch;

export function draftOf(batch: SpoolBatch, codec: Codec, origin: Origin): Draft {
  return {
    ...origin,
    payload: compress(codec, batch.ndjson),
    codec,
    rawLength: batch.ndjson.length,
    documents: batch.documents,
    minTimestampMs: batch.minTimestampMs,
    maxTimestampMs: batch.maxTimestampMs,
  };
}

/** The drafts as records of one group, numbered from the given numbers on. */
export function encodeGroup(
  drafts: readonly Draft[],
  first: { readonly sequence: number; readonly document: number },
): { readonly records: readonly Buffer[]; readonly bytes: number; readonly nextDocument: number } {
  let document = first.document;
  let bytes = 0;
  const records = drafts.map((draft, index) => {
    const record = encodeRecord({
      ...draft,
      sequence: first.sequence + index,
      firstDocument: document,
      groupStart: index === 0,
      groupEnd: index === drafts.length - 1,
    });
    document += draft.documents;
    bytes += record.length;
    return record;
  });
  return { records, bytes, nextDocument: document };
}
