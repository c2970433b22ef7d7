/**
 * Payloads of batches that were written a moment ago, until they are read for the first time: while Elasticsearch keeps
 * up, nothing has to be read back from the disk. What does not fit is read from there, as is every later attempt.
 */
import type { PackedBatch } from "./draft.ts";

export class FreshPayloads {
  readonly #maxBytes: number;
  readonly #kept = new Map<number, PackedBatch>();
  #bytes = 0;

  /** @param maxBytes of all payloads together; 0 keeps none. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps the payload of the batch of this sequence, unless the bound is reached. */
  keep(sequence: number, batch: PackedBatch): void {
    if (this.#bytes + batch.payload.length > this.#maxBytes) return;
    this.#bytes += batch.payload.length;
    this.#kept.set(sequence, batch);
  }

  /** The payload, once; undefined when it is not here (any more). */
  take(sequence: number): PackedBatch | undefined {
    const known = this.#kept.get(sequence);
    if (known === undefined) return undefined;
    this.#kept.delete(sequence);
    this.#bytes -= known.payload.length;
    return known;
  }
}
