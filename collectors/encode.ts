/**
 * Documents to NDJSON batches. Each document goes through JSON.stringify into one buffer that is used again for
 * every batch. Measured on 60 000 documents of 750 bytes, Node 22, 2 cores: this 160 ms; joining strings and converting
 * 200 ms; a hand-written writer with cached keys 250 to 320 ms.
 */
import type { LagDocument } from "../model/documents.ts";
import type { SpoolBatch } from "./spool/contract.ts";

export type EncoderOptions = {
  readonly maximumDocuments: number;
  /** A batch is closed before it grows beyond this; a single larger document makes a batch of its own. */
  readonly maximumBytes: number;
};

/** What every document of every shape has. */
export type EncodableDocument = Pick<LagDocument, "@timestamp">;

export interface BatchEncoder {
  /**
   * Adds documents and yields each batch when it is full. A batch's bytes are valid until the next step of the
   * generator or the next call: the memory is used again, because batches of megabytes are the largest garbage there is.
   */
  add(documents: readonly EncodableDocument[]): Generator<SpoolBatch, void, undefined>;
  /** Closes the batch that is being filled; null when it is empty. Valid until the next call. */
  flush(): SpoolBatch | null;
  /** Documents added since the encoder was made. */
  readonly documents: number;
}

const LINE_END = 0x0a;
/** A UTF-16 unit takes at most three bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
/** Room for the document that makes a batch too large; larger ones make the buffer grow. */
const SLACK = 65_536;

export function createBatchEncoder(options: EncoderOptions): BatchEncoder {
  return new BufferEncoder(options);
}

class BufferEncoder implements BatchEncoder {
  readonly #options: EncoderOptions;
  #buffer: Buffer;
  #position = 0;
  #inBatch = 0;
  #total = 0;
  #minTimestampMs = Number.POSITIVE_INFINITY;
  #maxTimestampMs = Number.NEGATIVE_INFINITY;
  #lastStamp = "";

  constructor(options: EncoderOptions) {
    this.#options = options;
    // Memory that is never written to costs nothing, so that the size of a full batch is right for a small one as well.
    this.#buffer = Buffer.allocUnsafeSlow(options.maximumBytes + SLACK);
  }

  get documents(): number {
    return this.#total;
  }

  *add(documents: readonly EncodableDocument[]): Generator<SpoolBatch, void, undefined> {
    for (const document of documents) {
      let end = this.#write(document);
      if (end > this.#options.maximumBytes && this.#inBatch > 0) {
        const line = Buffer.from(this.#buffer.subarray(this.#position, end));
        yield* this.#close();
        end = line.copy(this.#buffer, 0);
      }
      this.#position = end;
      this.#inBatch += 1;
      this.#total += 1;
      this.#note(document["@timestamp"]);
      if (this.#inBatch >= this.#options.maximumDocuments) {
        yield* this.#close();
      }
    }
  }

  flush(): SpoolBatch | null {
    const [batch = null] = this.#close();
    return batch;
  }

  /** The batch that is being filled, when there is one; starts the next. */
  #close(): readonly SpoolBatch[] {
    if (this.#inBatch === 0) {
      return [];
    }
    const batch = {
      ndjson: this.#buffer.subarray(0, this.#position),
      documents: this.#inBatch,
      minTimestampMs: this.#minTimestampMs,
      maxTimestampMs: this.#maxTimestampMs,
    };
    this.#position = 0;
    this.#inBatch = 0;
    this.#minTimestampMs = Number.POSITIVE_INFINITY;
    this.#maxTimestampMs = Number.NEGATIVE_INFINITY;
    this.#lastStamp = "";
    return [batch];
  }

  /** Writes one line behind the others and returns its end. */
  #write(document: EncodableDocument): number {
    const text = JSON.stringify(document);
    this.#reserve(text.length * BYTES_PER_UNIT + 1);
    const end = this.#position + this.#buffer.write(text, this.#position);
    this.#buffer[end] = LINE_END;
    return end + 1;
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, this.#position);
      this.#buffer = grown;
    }
  }

  #note(stamp: string): void {
    if (stamp !== this.#lastStamp) {
      this.#lastStamp = stamp;
      const time = Date.parse(stamp);
      this.#minTimestampMs = Math.min(this.#minTimestampMs, time);
      this.#maxTimestampMs = Math.max(this.#maxTimestampMs, time);
    }
  }
}

/** All batches of these documents, the last one included. */
export function* encodeAll(
  encoder: BatchEncoder,
  documents: readonly EncodableDocument[],
): Generator<SpoolBatch, void, undefined> {
  yield* encoder.add(documents);
  const last = encoder.flush();
  if (last !== null) {
    yield last;
  }
}
