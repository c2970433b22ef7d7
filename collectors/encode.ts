/**
 * Documents to NDJSON batches. Each document goes through JSON.stringify into one reused buffer, which is copied out at
 * the bounds. Measured on 60 000 documents of 750 bytes, Node 22, 2 cores: this 160 ms; joining strings and converting
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
  /** Adds documents and returns the batches that became full. */
  add(documents: readonly EncodableDocument[]): readonly SpoolBatch[];
  /** Closes the batch that is being filled; null when it is empty. */
  flush(): SpoolBatch | null;
  /** Documents added since the encoder was made. */
  readonly documents: number;
}

const LINE_END = 0x0a;
/** A UTF-16 unit takes at most three bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
const FIRST_CAPACITY = 262_144;

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
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_CAPACITY, options.maximumBytes));
  }

  get documents(): number {
    return this.#total;
  }

  add(documents: readonly EncodableDocument[]): readonly SpoolBatch[] {
    const full: SpoolBatch[] = [];
    for (const document of documents) {
      let end = this.#write(document);
      if (end > this.#options.maximumBytes && this.#inBatch > 0) {
        const line = Buffer.from(this.#buffer.subarray(this.#position, end));
        pushBatch(full, this.flush());
        end = line.copy(this.#buffer, 0);
      }
      this.#position = end;
      this.#inBatch += 1;
      this.#total += 1;
      this.#note(document["@timestamp"]);
      if (this.#inBatch >= this.#options.maximumDocuments) {
        pushBatch(full, this.flush());
      }
    }
    return full;
  }

  flush(): SpoolBatch | null {
    if (this.#inBatch === 0) {
      return null;
    }
    const batch = {
      ndjson: Buffer.from(this.#buffer.subarray(0, this.#position)),
      documents: this.#inBatch,
      minTimestampMs: this.#minTimestampMs,
      maxTimestampMs: this.#maxTimestampMs,
    };
    this.#position = 0;
    this.#inBatch = 0;
    this.#minTimestampMs = Number.POSITIVE_INFINITY;
    this.#maxTimestampMs = Number.NEGATIVE_INFINITY;
    this.#lastStamp = "";
    return batch;
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

function pushBatch(batches: SpoolBatch[], batch: SpoolBatch | null): void {
  if (batch !== null) {
    batches.push(batch);
  }
}
