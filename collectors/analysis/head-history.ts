/**
 * End offsets of topic-partitions over time, in slabs of typed arrays: 64 points of 12 bytes per partition. When a ring
 * is full the point is dropped whose gap is smallest for its age, so recent minutes stay dense, hours and days stay
 * covered with a gap of some tenths of their age, and the oldest point known is kept.
 *
 * A point (t, h) says: at some moment in (t − refresh, t] the end offset was h.
 */

export const HEAD_POINTS = 64;
const CHUNK_BITS = 10;
const CHUNK_RINGS = 1 << CHUNK_BITS;
/** Times are quarter seconds since 2020, which fits 32 bits until 2054. */
export const HISTORY_EPOCH_MS = Date.UTC(2020, 0, 1);
export const TIME_UNIT_MS = 250;
/** Messages older than this are past any usual retention; a point that old only makes bounds worse to read. */
const MAX_AGE_UNITS = (8 * 24 * 3600 * 1000) / TIME_UNIT_MS;

type Chunk = { readonly offsets: Float64Array; readonly times: Uint32Array; readonly counts: Uint8Array };

/** Neighbours of an offset in a ring; times in epoch ms, NaN where there is none. */
export type Neighbours = {
  beforeMs: number;
  beforeOffset: number;
  afterMs: number;
  afterOffset: number;
};

export class HeadHistory {
  readonly #chunks: Chunk[] = [];
  readonly #free: number[] = [];
  #next = 0;

  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if (this.#next >> CHUNK_BITS >= this.#chunks.length) {
      this.#chunks.push({
        offsets: new Float64Array(CHUNK_RINGS * HEAD_POINTS),
        times: new Uint32Array(CHUNK_RINGS * HEAD_POINTS),
        counts: new Uint8Array(CHUNK_RINGS),
      });
    }
    return this.#next++;
  }

  release(slot: number): void {
    this.clear(slot);
    this.#free.push(slot);
  }

  clear(slot: number): void {
    this.#chunk(slot).counts[slot & (CHUNK_RINGS - 1)] = 0;
  }

  count(slot: number): number {
    return this.#chunk(slot).counts[slot & (CHUNK_RINGS - 1)] ?? 0;
  }

  /**
   * Adds a point. Returns false when the end offset went back: the ring then starts anew with this point. Nothing ends
   * below 0: such an offset comes of a commit at -1, which is none.
   */
  record(slot: number, timeMs: number, offset: number): boolean {
    if (offset < 0) return true;
    const { offsets, times, counts } = this.#chunk(slot);
    const ring = slot & (CHUNK_RINGS - 1);
    const base = ring * HEAD_POINTS;
    const time = toUnits(timeMs);
    const count = counts[ring] ?? 0;
    if (count === 0) {
      offsets[base] = offset;
      times[base] = time;
      counts[ring] = 1;
      return true;
    }
    const last = base + count - 1;
    const lastOffset = offsets[last] ?? 0;
    if (offset < lastOffset) {
      offsets[base] = offset;
      times[base] = time;
      counts[ring] = 1;
      return false;
    }
    if (time <= (times[last] ?? 0)) {
      // The same moment read twice: keep the larger. An earlier moment says nothing new.
      if (time === times[last]) offsets[last] = offset;
      return true;
    }
    if (offset === lastOffset && count > 1 && offsets[last - 1] === offset) {
      times[last] = time; // A flat run needs only its ends.
      return true;
    }
    const at = count === HEAD_POINTS ? thin({ offsets, times, base, time }) : count;
    offsets[base + at] = offset;
    times[base + at] = time;
    counts[ring] = at + 1;
    return true;
  }

  /** Adds a point in the past, only into an empty ring or before its oldest point. */
  seed(slot: number, timeMs: number, offset: number): void {
    const { offsets, times, counts } = this.#chunk(slot);
    const ring = slot & (CHUNK_RINGS - 1);
    const base = ring * HEAD_POINTS;
    const count = counts[ring] ?? 0;
    const time = toUnits(timeMs);
    if (count >= HEAD_POINTS || time <= 0 || offset < 0) return;
    if (count > 0 && (time >= (times[base] ?? 0) || offset > (offsets[base] ?? 0))) return;
    offsets.copyWithin(base + 1, base, base + count);
    times.copyWithin(base + 1, base, base + count);
    offsets[base] = offset;
    times[base] = time;
    counts[ring] = count + 1;
  }

  /** The last point with an end offset ≤ `offset` and the first with a larger one. */
  locate(slot: number, offset: number, into: Neighbours): void {
    const { offsets, times, counts } = this.#chunk(slot);
    const ring = slot & (CHUNK_RINGS - 1);
    const base = ring * HEAD_POINTS;
    let low = 0;
    let high = counts[ring] ?? 0;
    const count = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((offsets[base + middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    into.beforeMs = low > 0 ? toMs(times[base + low - 1] ?? 0) : Number.NaN;
    into.beforeOffset = low > 0 ? (offsets[base + low - 1] ?? 0) : Number.NaN;
    into.afterMs = low < count ? toMs(times[base + low] ?? 0) : Number.NaN;
    into.afterOffset = low < count ? (offsets[base + low] ?? 0) : Number.NaN;
  }

  newestMs(slot: number): number {
    const count = this.count(slot);
    return count === 0 ? Number.NaN : this.timeAt(slot, count - 1);
  }

  newestOffset(slot: number): number {
    const count = this.count(slot);
    return count === 0 ? Number.NaN : this.offsetAt(slot, count - 1);
  }

  timeAt(slot: number, index: number): number {
    return toMs(this.#chunk(slot).times[(slot & (CHUNK_RINGS - 1)) * HEAD_POINTS + index] ?? 0);
  }

  unitsAt(slot: number, index: number): number {
    return this.#chunk(slot).times[(slot & (CHUNK_RINGS - 1)) * HEAD_POINTS + index] ?? 0;
  }

  /** Appends a point as it was written; used when history is taken over. */
  restore(slot: number, units: number, offset: number): void {
    const { offsets, times, counts } = this.#chunk(slot);
    const ring = slot & (CHUNK_RINGS - 1);
    const count = counts[ring] ?? 0;
    if (count >= HEAD_POINTS) throw new RangeError("History is longer than its ring.");
    offsets[ring * HEAD_POINTS + count] = offset;
    times[ring * HEAD_POINTS + count] = units;
    counts[ring] = count + 1;
  }

  offsetAt(slot: number, index: number): number {
    return this.#chunk(slot).offsets[(slot & (CHUNK_RINGS - 1)) * HEAD_POINTS + index] ?? 0;
  }

  /** Messages per second between the newest point and the last one at least `windowMs` before it; NaN when unknown. */
  rate(slot: number, windowMs: number): number {
    const { offsets, times, counts } = this.#chunk(slot);
    const ring = slot & (CHUNK_RINGS - 1);
    const base = ring * HEAD_POINTS;
    const count = counts[ring] ?? 0;
    if (count < 2) return Number.NaN;
    const newest = base + count - 1;
    const units = windowMs / TIME_UNIT_MS;
    const newestTime = times[newest] ?? 0;
    let index = newest - 1;
    while (index > base && newestTime - (times[index] ?? 0) < units) index--;
    const span = newestTime - (times[index] ?? 0);
    const produced = (offsets[newest] ?? 0) - (offsets[index] ?? 0);
    // Inside a long flat run only its ends are kept: what was produced before the run is outside the window.
    if (index + 1 < newest && offsets[index + 1] === offsets[newest]) {
      if (newestTime - (times[index + 1] ?? 0) >= units) return 0;
    }
    return span <= 0 ? Number.NaN : (produced * 1000) / (span * TIME_UNIT_MS);
  }

  /** Bytes held by the slabs, for the stated memory bound. */
  bytes(): number {
    return this.#chunks.length * CHUNK_RINGS * (HEAD_POINTS * 12 + 1);
  }

  #chunk(slot: number): Chunk {
    const chunk = this.#chunks[slot >> CHUNK_BITS];
    if (chunk === undefined) throw new RangeError(`No head history has slot ${slot}.`);
    return chunk;
  }
}

/** Makes room for one point in a full ring; returns the number of points left. */
function thin(ring: { offsets: Float64Array; times: Uint32Array; base: number; time: number }): number {
  const { offsets, times, base, time } = ring;
  let drop = 0;
  if (time - (times[base] ?? 0) <= MAX_AGE_UNITS) {
    let best = Number.POSITIVE_INFINITY;
    for (let index = 1; index < HEAD_POINTS - 1; index++) {
      const at = base + index;
      const score = ((times[at + 1] ?? 0) - (times[at - 1] ?? 0)) / (time - (times[at] ?? 0) + 1);
      if (score < best) {
        best = score;
        drop = index;
      }
    }
  }
  offsets.copyWithin(base + drop, base + drop + 1, base + HEAD_POINTS);
  times.copyWithin(base + drop, base + drop + 1, base + HEAD_POINTS);
  return HEAD_POINTS - 1;
}

function toUnits(timeMs: number): number {
  return Math.max(0, Math.floor((timeMs - HISTORY_EPOCH_MS) / TIME_UNIT_MS));
}

function toMs(units: number): number {
  return units * TIME_UNIT_MS + HISTORY_EPOCH_MS;
}
