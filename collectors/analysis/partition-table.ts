/**
 * State of every group-partition between ticks, as columns of typed arrays: about 140 bytes each, so that 100,000
 * partitions cost megabytes and no garbage. A row is named by its number; rows of vanished groups are reused.
 * Absent numbers are NaN, absent times 0.
 */
export class PartitionTable {
  #capacity = 0;
  #next = 0;
  readonly #free: number[] = [];

  /** Last committed offset; NaN before the first commit. */
  committed = new Float64Array(0);
  /** Commit time as the broker wrote it (epoch ms). */
  commitStampMs = new Float64Array(0);
  /** Burrow's time of seeing it (epoch ms), 0 when unknown. */
  observedMs = new Float64Array(0);
  /** Best estimate of the commit time on the collector's clock. */
  commitAtMs = new Float64Array(0);
  /** When the committed offset last changed. */
  movedAtMs = new Float64Array(0);
  /** Last trusted reading. */
  readAtMs = new Float64Array(0);
  lag = new Float64Array(0);
  /** Offset before a rewind, until it is reached again; NaN otherwise. */
  rewindFrom = new Float64Array(0);
  verdictSinceMs = new Float64Array(0);
  consumeRate = new Float32Array(0);
  lagVelocity = new Float32Array(0);
  /** Usual seconds between commits while messages wait; 0 while not learned. */
  commitGap = new Float32Array(0);
  /** Number in the list of owners, 0 for none ever known. */
  owner = new Uint32Array(0);
  /** Ring of end offsets of the topic-partition. */
  head = new Int32Array(0);
  ticks = new Uint16Array(0);
  verdict = new Uint8Array(0);
  pending = new Uint8Array(0);
  pendingTicks = new Uint8Array(0);
  /** Consecutive readings with a commit older than one already seen. */
  staleTicks = new Uint8Array(0);

  add(head: number): number {
    const row = this.#free.pop() ?? this.#next++;
    if (row >= this.#capacity) this.#grow();
    this.reset(row);
    this.verdictSinceMs[row] = 0;
    this.verdict[row] = 0;
    this.pending[row] = 0;
    this.pendingTicks[row] = 0;
    this.owner[row] = 0;
    this.head[row] = head;
    return row;
  }

  remove(row: number): void {
    this.#free.push(row);
  }

  /** Forgets what was measured, because the topic was made anew; the owner and the verdict stay until judged again. */
  reset(row: number): void {
    this.committed[row] = Number.NaN;
    this.commitStampMs[row] = 0;
    this.observedMs[row] = 0;
    this.commitAtMs[row] = 0;
    this.movedAtMs[row] = 0;
    this.readAtMs[row] = 0;
    this.lag[row] = 0;
    this.rewindFrom[row] = Number.NaN;
    this.consumeRate[row] = Number.NaN;
    this.lagVelocity[row] = Number.NaN;
    this.commitGap[row] = 0;
    this.ticks[row] = 0;
    this.staleTicks[row] = 0;
  }

  bytes(): number {
    return this.#capacity * BYTES_PER_ROW;
  }

  /** By a quarter: doubling would hold twice the stated memory at the worst size. */
  #grow(): void {
    const size = Math.max(1024, Math.ceil(this.#capacity * 1.25));
    this.committed = new Float64Array(grown(this.committed, size));
    this.commitStampMs = new Float64Array(grown(this.commitStampMs, size));
    this.observedMs = new Float64Array(grown(this.observedMs, size));
    this.commitAtMs = new Float64Array(grown(this.commitAtMs, size));
    this.movedAtMs = new Float64Array(grown(this.movedAtMs, size));
    this.readAtMs = new Float64Array(grown(this.readAtMs, size));
    this.lag = new Float64Array(grown(this.lag, size));
    this.rewindFrom = new Float64Array(grown(this.rewindFrom, size));
    this.verdictSinceMs = new Float64Array(grown(this.verdictSinceMs, size));
    this.consumeRate = new Float32Array(grown(this.consumeRate, size));
    this.lagVelocity = new Float32Array(grown(this.lagVelocity, size));
    this.commitGap = new Float32Array(grown(this.commitGap, size));
    this.owner = new Uint32Array(grown(this.owner, size));
    this.head = new Int32Array(grown(this.head, size));
    this.ticks = new Uint16Array(grown(this.ticks, size));
    this.verdict = new Uint8Array(grown(this.verdict, size));
    this.pending = new Uint8Array(grown(this.pending, size));
    this.pendingTicks = new Uint8Array(grown(this.pendingTicks, size));
    this.staleTicks = new Uint8Array(grown(this.staleTicks, size));
    this.#capacity = size;
  }
}

const BYTES_PER_ROW = 9 * 8 + 5 * 4 + 2 + 4;

type Column = {
  readonly buffer: ArrayBuffer;
  readonly BYTES_PER_ELEMENT: number;
};

/** The memory of a column with room for more rows. The former one is free at once: all of them together would be 20 MB. */
function grown({ buffer, BYTES_PER_ELEMENT: bytes }: Column, rows: number): ArrayBuffer {
  return buffer.transfer(rows * bytes);
}
