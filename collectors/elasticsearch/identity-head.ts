/**
 * What the documents of one topic, or of one group and topic, have in common in shape `telegraf`: their identity up to the
 * number of the partition. They follow each other, so that of most lines it is enough to see that they begin like the one
 * before.
 */
import { startsWith } from "./telegraf-identity.ts";

const WORD_BYTES = 4;
const ZERO = 0x30;
const NINE = 0x39;
const QUOTE = 0x22;
const COMMA = 0x2c;
const LETTER_S = 0x73;
const BEFORE_NUMBER = Buffer.from('"partition":"');
/** More digits are no partition that Kafka could have. */
const MOST_DIGITS = 9;
const USUAL_BYTES = 512;

export class IdentityHead {
  #head = Buffer.alloc(USUAL_BYTES);
  #words = viewOf(this.#head);
  /** 0: there is none. */
  #length = 0;

  /** The head of the lines to come; an empty one fits none. */
  remember(bytes: Buffer, from: number, to: number): void {
    this.#length = to - from;
    if (this.#length > this.#head.length) {
      this.#head = Buffer.alloc(this.#length);
      this.#words = viewOf(this.#head);
    }
    bytes.copy(this.#head, 0, from, to);
  }

  /**
   * The partition of the line from `from` up to and not including `to`, when its identity is this head and a partition; -1
   * for any other line, and for a few of which that is not certain.
   */
  partitionOf(lines: DataView, from: number, to: number): number {
    const words = this.#words;
    const last = this.#length - WORD_BYTES;
    if (last < 0 || from + this.#length >= to) return -1;
    for (let place = 0; place < last; place += WORD_BYTES) {
      if (lines.getUint32(from + place) !== words.getUint32(place)) return -1;
    }
    // The last word may overlap the one before.
    if (lines.getUint32(from + last) !== words.getUint32(last)) return -1;
    return readPartition(lines, from + this.#length, to);
  }
}

export function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** Where the number of the partition begins that ends an identity; -1 when none ends it, or not as JSON writes numbers. */
export function numberOfPartition(bytes: Buffer, identity: { from: number; end: number }): number {
  const close = identity.end - 1;
  let start = close;
  while (start > identity.from && isDigit(bytes[start - 1])) start -= 1;
  const digits = close - start;
  const isNumber =
    digits > 0 && digits <= MOST_DIGITS && (digits === 1 || bytes[start] !== ZERO) && bytes[close] === QUOTE;
  const key = start - BEFORE_NUMBER.length;
  return isNumber && key >= identity.from && startsWith(bytes, key, BEFORE_NUMBER) ? start : -1;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** The number in quotes at this place, as JSON writes numbers; -1 when it is none, or the identity may go on behind it. */
function readPartition(lines: DataView, from: number, to: number): number {
  const limit = Math.min(to, from + MOST_DIGITS);
  let partition = 0;
  let place = from;
  for (; place < limit; place += 1) {
    const byte = lines.getUint8(place);
    if (!isDigit(byte)) break;
    partition = partition * 10 + byte - ZERO;
  }
  const hasLeadingZero = place - from > 1 && lines.getUint8(from) === ZERO;
  if (place === from || hasLeadingZero || place + 3 >= to || lines.getUint8(place) !== QUOTE) return -1;
  // The one tag of the identity that comes behind the partition begins with this letter.
  const mayGoOn = lines.getUint8(place + 1) === COMMA && lines.getUint8(place + 3) === LETTER_S;
  return mayGoOn ? -1 : partition;
}
