/**
 * Which sequences are done, as ranges: after an outage the live end and the backlog are settled in turns, so that two
 * or three ranges describe everything. A lost or old file costs duplicates that Elasticsearch answers with 409.
 */
import { crc32 } from "node:zlib";

export const ACKNOWLEDGEMENT_FILE = "acknowledged";

export type Acknowledged = {
  readonly done: SequenceSet;
  /** Kept here too, so that a sequence is not used again when every segment is gone. */
  readonly nextSequence: number;
  readonly nextDocument: number;
  /**
   * Documents of the batches below `nextSequence` that were not done: what a start must find again, or count as lost.
   * Null in the files of older builds.
   */
  readonly waitingDocuments: number | null;
};

/** A set of whole numbers that stays small while they are nearly contiguous. */
export class SequenceSet {
  /** Sorted, disjoint, not touching; both ends included. */
  readonly #ranges: [number, number][];

  constructor(ranges: readonly (readonly [number, number])[] = []) {
    this.#ranges = ranges.map(([first, last]) => [first, last]);
  }

  has(sequence: number): boolean {
    const range = this.#ranges[this.#lastStartingAtOrBefore(sequence)];
    return range !== undefined && sequence <= range[1];
  }

  add(sequence: number): void {
    const index = this.#lastStartingAtOrBefore(sequence);
    const before = this.#ranges[index];
    const after = this.#ranges[index + 1];
    if (before !== undefined && sequence <= before[1]) return;
    const joinsBefore = before !== undefined && before[1] + 1 === sequence;
    const joinsAfter = after !== undefined && sequence + 1 === after[0];
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#ranges.splice(index + 1, 1);
    } else if (joinsBefore) before[1] = sequence;
    else if (joinsAfter) after[0] = sequence;
    else this.#ranges.splice(index + 1, 0, [sequence, sequence]);
  }

  /** Everything up to and including `sequence` is done: what has no file any more needs no range. */
  addUpTo(sequence: number): void {
    let last = sequence;
    while (this.#ranges[0] !== undefined && this.#ranges[0][0] <= last + 1) {
      last = Math.max(last, this.#ranges[0][1]);
      this.#ranges.shift();
    }
    this.#ranges.unshift([0, last]);
  }

  get ranges(): readonly (readonly [number, number])[] {
    return this.#ranges;
  }

  #lastStartingAtOrBefore(sequence: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const start = this.#ranges[middle]?.[0] ?? Number.POSITIVE_INFINITY;
      if (start <= sequence) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** One line: checksum, then JSON. Readable by a person. */
export function encodeAcknowledged(state: Acknowledged): Buffer {
  const json = JSON.stringify({
    version: 1,
    done: state.done.ranges,
    next_sequence: state.nextSequence,
    next_document: state.nextDocument,
    waiting_documents: state.waitingDocuments,
  });
  return Buffer.from(`${crc32(json).toString(16).padStart(8, "0")} ${json}\n`);
}

/** Undefined when the file is damaged or of another version. */
export function decodeAcknowledged(bytes: Buffer): Acknowledged | undefined {
  const text = bytes.toString("utf8");
  const json = text.slice(9, -1);
  if (
    text[8] !== " " ||
    text.at(-1) !== "\n" ||
    text.slice(0, 8) !== crc32(json).toString(16).padStart(8, "0")
  )
    return undefined;
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  if (!("version" in parsed) || parsed.version !== 1) return undefined;
  if (!("done" in parsed) || !("next_sequence" in parsed) || !("next_document" in parsed)) return undefined;
  const { done, next_sequence: nextSequence, next_document: nextDocument } = parsed;
  if (typeof nextSequence !== "number" || typeof nextDocument !== "number") return undefined;
  if (!Array.isArray(done) || !done.every(isRange)) return undefined;
  const waiting = "waiting_documents" in parsed ? parsed.waiting_documents : null;
  const waitingDocuments = typeof waiting === "number" ? waiting : null;
  return { done: new SequenceSet(done), nextSequence, nextDocument, waitingDocuments };
}

function isRange(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((end) => Number.isSafeInteger(end));
}
