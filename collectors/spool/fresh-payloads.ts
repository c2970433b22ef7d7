/**
 * Payloads of the batches that were written last, until they are read for the first time: while Elasticsearch keeps up,
 * nothing has to be read back from the disk. All others are read from there: what does not fit, every later attempt, and
 * what still waits when more is written, so that a backlog needs no memory.
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

  /** Keeps the payloads of these batches, numbered from `firstSequence` on, as far as they fit, and no others. */
  keepOnly(firstSequence: number, batches: readonly PackedBatch[]): void {
    this.#kept.clear();
    this.#bytes = 0;
    for (const [index, batch] of batches.entries()) {
      if (this.#bytes + batch.payload.length > this.#maxBytes) continue;
      this.#bytes += batch.payload.length;
      this.#kept.set(firstSequence + index, batch);
    }
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
