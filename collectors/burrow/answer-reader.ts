/**
 * Reads one HTTP/1.1 answer from bytes as they come: status, the few headers that are looked at, the body by length, in
 * chunks, or up to the end of the connection. What is not plainly right is refused, never guessed (RFC 9112).
 */

export type HttpAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly location: string;
  readonly date: string;
  /** The caller's own; `BodyMemory.giveBack` makes it free for another answer. */
  readonly body: Buffer;
};

/** Memory of bodies, used again: hundreds of them in a cycle are garbage faster than it is collected. */
export class BodyMemory {
  readonly #free: ArrayBufferLike[] = [];

  take(bytes: number): Buffer {
    const known = this.#free.pop();
    if (known !== undefined && known.byteLength >= bytes) return Buffer.from(known);
    return Buffer.allocUnsafeSlow(Math.max(bytes, FIRST_BODY_BYTES));
  }

  /** A body that nobody reads any more. Larger ones than usual are left to the garbage collector. */
  giveBack({ buffer }: Buffer): void {
    const isUsual = buffer.byteLength >= FIRST_BODY_BYTES && buffer.byteLength <= LARGEST_KEPT_BYTES;
    if (isUsual && this.#free.length < KEPT) this.#free.push(buffer);
  }
}

/** The bytes are no HTTP answer, or a longer one than is read. */
export class AnswerFault extends Error {
  override readonly name = "AnswerFault";
  /** In place of a system error's code. */
  readonly code = "BAD_HTTP";
}

type State = "head" | "body" | "chunk_size" | "chunk" | "chunk_end" | "trailer" | "done";
type Head = Omit<HttpAnswer, "body"> & { readonly keepsOpen: boolean };

/** Node's own bound of all headers. */
const HEAD_LIMIT = 16_384;
/** A size in hex and an extension that nobody sends. */
const SIZE_LINE_LIMIT = 256;
const FIRST_BODY_BYTES = 65_536;
/** Some 3,000 partitions. */
const LARGEST_KEPT_BYTES = 1_048_576;
const KEPT = 16;
const MORE = -1;
const NO_LENGTH = Number.POSITIVE_INFINITY;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SIZE = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i;

export class AnswerReader {
  readonly #maximumBytes: number;
  readonly #memory: BodyMemory;
  #state: State = "head";
  #head: Head | null = null;
  /** The beginning of something that was cut by the border between two pieces. */
  #rest: Buffer | null = null;
  /** Bytes of the body, or of the chunk, that are still to come; Infinity up to the end of the connection. */
  #left = 0;
  #trailerBytes = 0;
  #body: Buffer = Buffer.alloc(0);
  #bodyBytes = 0;
  /** True when something of an answer has come. */
  begun = false;

  constructor(maximumBytes: number, memory: BodyMemory = new BodyMemory()) {
    this.#maximumBytes = maximumBytes;
    this.#memory = memory;
  }

  /**
   * Takes the next bytes, which may be used again afterwards; true when the answer is complete.
   * @throws AnswerFault for bytes that are no answer, that go beyond it, or a body above the bound.
   */
  push(piece: Buffer): boolean {
    this.begun ||= piece.length > 0;
    const bytes = this.#rest === null ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = null;
    let place = 0;
    while (this.#state !== "done") {
      const next = this.#step(bytes, place);
      if (next === MORE) {
        if (place < bytes.length && !this.#isInBody()) this.#rest = Buffer.from(bytes.subarray(place));
        return false;
      }
      place = next;
    }
    if (place < bytes.length) throw new AnswerFault("There are bytes behind the answer.");
    return true;
  }

  /** The connection ended; true when that completes the answer. */
  end(): boolean {
    if (this.#state === "body" && this.#left === NO_LENGTH) this.#state = "done";
    return this.#state === "done";
  }

  /** Whether another request may follow on the connection. */
  get keepsOpen(): boolean {
    return this.#head?.keepsOpen === true && this.#left !== NO_LENGTH;
  }

  /** The complete answer. */
  answer(): HttpAnswer {
    if (this.#head === null) throw new AnswerFault("There is no answer yet.");
    const { keepsOpen: _, ...head } = this.#head;
    return { ...head, body: this.#body.subarray(0, this.#bodyBytes) };
  }

  #isInBody(): boolean {
    return this.#state === "body" || this.#state === "chunk";
  }

  /** Reads one part from `place` on; returns where the next one begins, or MORE when the part is not there as a whole. */
  #step(bytes: Buffer, place: number): number {
    switch (this.#state) {
      case "head":
        return this.#readHead(bytes, place);
      case "chunk_size":
        return this.#readSize(bytes, place);
      case "chunk_end":
        return this.#readChunkEnd(bytes, place);
      case "trailer":
        return this.#readTrailer(bytes, place);
      case "body":
      case "chunk":
        return this.#readBody(bytes, place);
      case "done":
        return place;
    }
  }

  #readHead(bytes: Buffer, place: number): number {
    const end = bytes.indexOf("\r\n\r\n", place, "latin1");
    if ((end === -1 ? bytes.length : end) - place > HEAD_LIMIT)
      throw new AnswerFault("The headers are too long.");
    if (end === -1) return MORE;
    const { head, length } = parseHead(bytes.toString("latin1", place, end));
    // What comes before the answer proper, such as 103, is passed over.
    if (head.status < 200) return end + 4;
    this.#head = head;
    this.#state = length === "chunked" ? "chunk_size" : "body";
    this.#left = length === "chunked" ? 0 : length;
    if (this.#left !== NO_LENGTH) this.#checkSize(this.#left);
    if (length === 0) this.#state = "done";
    return end + 4;
  }

  #readBody(bytes: Buffer, place: number): number {
    const count = Math.min(this.#left, bytes.length - place);
    this.#checkSize(count);
    this.#reserve(count);
    bytes.copy(this.#body, this.#bodyBytes, place, place + count);
    this.#bodyBytes += count;
    this.#left -= count;
    if (this.#left > 0) return MORE;
    this.#state = this.#state === "chunk" ? "chunk_end" : "done";
    return place + count;
  }

  #readSize(bytes: Buffer, place: number): number {
    const end = lineEnd(bytes, place, SIZE_LINE_LIMIT);
    if (end === MORE) return MORE;
    const size = SIZE.exec(bytes.toString("latin1", place, end))?.[1];
    if (size === undefined) throw new AnswerFault("The size of a chunk is no number.");
    this.#left = Number.parseInt(size, 16);
    this.#checkSize(this.#left);
    this.#state = this.#left === 0 ? "trailer" : "chunk";
    return end + 2;
  }

  #readChunkEnd(bytes: Buffer, place: number): number {
    if (bytes.length - place < 2) return MORE;
    if (bytes[place] !== 0x0d || bytes[place + 1] !== 0x0a)
      throw new AnswerFault("A chunk has not the size it says.");
    this.#state = "chunk_size";
    return place + 2;
  }

  /** Headers behind the last chunk say nothing that is asked for; the empty line ends them. */
  #readTrailer(bytes: Buffer, place: number): number {
    const end = lineEnd(bytes, place, HEAD_LIMIT - this.#trailerBytes);
    if (end === MORE) return MORE;
    this.#trailerBytes += end + 2 - place;
    if (end === place) this.#state = "done";
    return end + 2;
  }

  /** In words that tell it from other faults: see `classifyFailure`. */
  #checkSize(more: number): void {
    if (this.#bodyBytes + more <= this.#maximumBytes) return;
    throw new AnswerFault(`maxContentLength size of ${this.#maximumBytes} exceeded`);
  }

  #reserve(more: number): void {
    const needed = this.#bodyBytes + more;
    if (needed <= this.#body.length) return;
    const grown = this.#memory.take(Math.max(needed, this.#body.length * 2));
    this.#body.copy(grown, 0, 0, this.#bodyBytes);
    this.#memory.giveBack(this.#body);
    this.#body = grown;
  }
}

function lineEnd(bytes: Buffer, place: number, limit: number): number {
  const end = bytes.indexOf("\r\n", place, "latin1");
  if ((end === -1 ? bytes.length : end) - place > limit)
    throw new AnswerFault("A line of the answer is too long.");
  return end;
}

type Length = number | "chunked";

function parseHead(text: string): { head: Head; length: Length } {
  const [first = "", ...lines] = text.split("\r\n");
  const [, minor, code] = STATUS_LINE.exec(first) ?? [];
  if (code === undefined) throw new AnswerFault("The answer does not begin as one of HTTP/1.1.");
  const headers = parseHeaders(lines);
  const status = Number(code);
  const connection = (headers.get("connection") ?? "").toLowerCase();
  return {
    head: {
      status,
      contentType: headers.get("content-type") ?? "",
      location: headers.get("location") ?? "",
      date: headers.get("date") ?? "",
      keepsOpen: minor === "1" ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection),
    },
    length: status === 204 || status === 304 ? 0 : lengthOf(headers),
  };
}

function parseHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (!HEADER_NAME.test(name) || /[\0\r\n]/.test(line))
      throw new AnswerFault("A header of the answer is none.");
    const key = name.toLowerCase();
    const value = line.slice(colon + 1).trim();
    const known = headers.get(key);
    if (known !== undefined && known !== value && FRAMING.has(key)) {
      throw new AnswerFault(`The answer has two different headers ${key}.`);
    }
    if (known === undefined) headers.set(key, value);
  }
  return headers;
}

/** Headers that say where the answer ends. */
const FRAMING: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

function lengthOf(headers: ReadonlyMap<string, string>): Length {
  const length = headers.get("content-length");
  const encoding = headers.get("transfer-encoding");
  if (encoding !== undefined) {
    if (length !== undefined || encoding.toLowerCase() !== "chunked") {
      throw new AnswerFault("It is not clear where the answer ends.");
    }
    return "chunked";
  }
  if (length === undefined) return NO_LENGTH;
  if (!/^\d{1,15}$/.test(length)) throw new AnswerFault("The length of the answer is no number.");
  return Number(length);
}
