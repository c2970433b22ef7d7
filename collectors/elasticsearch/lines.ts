/** A batch as lines, and a bulk request body made of some of them. Pure; documents are never parsed. */
import type { SpoolBatch } from "../spool/contract.ts";

const LINE_END = 0x0a;

/** Document lines of a batch by place. */
export class Lines {
  readonly #bytes: Buffer;
  /** Start of each line, and the end of the last one. */
  readonly #starts: Uint32Array;
  readonly count: number;

  /** @throws Error when the bytes do not hold that many lines. */
  constructor(batch: Pick<SpoolBatch, "ndjson" | "documents">) {
    this.#bytes = batch.ndjson;
    this.count = batch.documents;
    this.#starts = new Uint32Array(batch.documents + 1);
    let place = 0;
    for (let index = 0; index < batch.documents; index += 1) {
      const end = this.#bytes.indexOf(LINE_END, place);
      if (end === -1) throw new Error(`a batch of ${batch.documents} documents has only ${index} lines`);
      place = end + 1;
      this.#starts[index + 1] = place;
    }
    if (place !== this.#bytes.length)
      throw new Error(`a batch of ${batch.documents} documents has more lines`);
  }

  /** The line with its line end. */
  at(index: number): Buffer {
    return this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]);
  }

  /** Copies the line with its line end without a view of it; returns its length. */
  copy(index: number, target: Buffer, place: number): number {
    return this.#bytes.copy(target, place, this.#starts[index], this.#starts[index + 1]);
  }

  /** What the maker makes of the line with its line end, without a view of it. */
  map(index: number, make: ActionMaker): string {
    return make(this.#bytes, this.#starts[index] ?? 0, this.#starts[index + 1] ?? 0);
  }

  /** Bytes of the lines from `from` up to and not including `to`, line ends included. */
  bytes(from: number, to: number): number {
    return (this.#starts[to] ?? 0) - (this.#starts[from] ?? 0);
  }

  text(index: number): string {
    return this.at(index).toString("utf8", 0, this.at(index).length - 1);
  }

  /** The chosen lines as one buffer. */
  pick(indexes: readonly number[]): Buffer {
    return indexes.length === this.count
      ? this.#bytes
      : Buffer.concat(indexes.map((index) => this.at(index)));
  }
}

/** A part of a batch: lines `from` up to and not including `to`. */
export type Range = { readonly from: number; readonly to: number };

/** Cuts a batch into requests within both bounds; a single larger document gets a request of its own. */
export function cutIntoRequests(
  lines: Lines,
  bounds: { readonly maxDocuments: number; readonly maxBytes: number },
): readonly Range[] {
  const ranges: Range[] = [];
  let from = 0;
  for (let to = 1; to <= lines.count; to += 1) {
    const full = to - from > bounds.maxDocuments || lines.bytes(from, to) > bounds.maxBytes;
    if (!full || to - from === 1) continue;
    ranges.push({ from, to: to - 1 });
    from = to - 1;
  }
  if (from < lines.count) ranges.push({ from, to: lines.count });
  return ranges;
}

/** Puts an action line before every document line. */
export function bulkBody(lines: Lines, range: Range, action: ActionLine): Buffer {
  return new BodyMemory().body(lines, range, action);
}

/** Memory of request bodies, used again: bodies of megabytes pile up as garbage faster than they are collected. */
export class BodyMemory {
  readonly #free: Buffer[] = [];

  /** The lines with an action line before each. The body is the caller's until it is given back. */
  body(lines: Lines, range: Range, action: ActionLine): Buffer {
    if (typeof action === "function") return this.#withActions(lines, range, action);
    const body = this.#take(lines.bytes(range.from, range.to) + action.length * (range.to - range.from));
    let place = 0;
    for (let index = range.from; index < range.to; index += 1) {
      place += action.copy(body, place);
      place += lines.copy(index, body, place);
    }
    return body;
  }

  #withActions(lines: Lines, range: Range, action: ActionMaker): Buffer {
    const actions: string[] = [];
    let bytes = lines.bytes(range.from, range.to);
    for (let index = range.from; index < range.to; index += 1) {
      const made = lines.map(index, action);
      bytes += made.length;
      actions.push(made);
    }
    const body = this.#take(bytes);
    let place = 0;
    for (const [index, made] of actions.entries()) {
      place += body.write(made, place, "latin1");
      place += lines.copy(range.from + index, body, place);
    }
    return body;
  }

  /** For a body that nobody reads any more; once per body. So there are never more than requests at a time. */
  giveBack(body: Buffer): void {
    // Small bodies may share their memory with others, and are not worth keeping.
    if (body.length >= SMALLEST_KEPT_BYTES && body.byteOffset === 0) {
      this.#free.push(Buffer.from(body.buffer, 0, body.buffer.byteLength));
    }
  }

  #take(length: number): Buffer {
    const known = this.#free.pop();
    return known !== undefined && known.length >= length
      ? known.subarray(0, length)
      : Buffer.allocUnsafeSlow(length);
  }
}

const SMALLEST_KEPT_BYTES = 262_144;

/**
 * The action line of the document line at these bytes, line ends included. ASCII only: its characters are its bytes, and
 * JSON can say everything in it.
 */
export type ActionMaker = (bytes: Buffer, from: number, to: number) => string;

/** The action line, line end included: always the same for a data stream, made from the document for named indices. */
export type ActionLine = Buffer | ActionMaker;

/** Into a data stream; its time series identity makes a second `create` of the same document a 409. */
export const CREATE_IN_STREAM: Buffer = Buffer.from('{"create":{}}\n');
