/** Writing and reading compact bytes: variable-length integers, floats, text. Reading past the end throws RangeError. */

const MAX_SHIFTABLE = 2 ** 31 - 1;

export class ByteWriter {
  #bytes = new Uint8Array(64 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  readonly #encoder = new TextEncoder();

  /** A non-negative integer up to 2^53 − 1, seven bits a byte. */
  uint(value: number): void {
    this.#room(10);
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    // Above 31 bits numbers cannot be shifted.
    while (rest > MAX_SHIFTABLE) {
      const above = Math.floor(rest / 128);
      bytes[at++] = rest - above * 128 + 128;
      rest = above;
    }
    while (rest >= 128) {
      bytes[at++] = (rest & 127) + 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#length = at;
  }

  /** Any integer between ±2^52; small ones are short. */
  int(value: number): void {
    this.uint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** An integer from 0 to 2^53 − 1, or NaN for none. */
  optional(value: number): void {
    this.uint(Number.isNaN(value) ? 0 : value + 1);
  }

  float(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  single(value: number): void {
    this.#room(4);
    this.#view.setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  /** Four bytes. */
  uint32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  text(value: string): void {
    const encoded = this.#encoder.encode(value);
    this.uint(encoded.length);
    this.#room(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
  }

  texts(values: readonly string[]): void {
    this.uint(values.length);
    for (const value of values) this.text(value);
  }

  /** All that was written so far; valid until more is. */
  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    this.#grow(more);
  }

  #grow(more: number): void {
    // The former memory is free at once.
    const larger = this.#bytes.buffer.transfer(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes = new Uint8Array(larger);
    this.#view = new DataView(larger);
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || factor > Number.MAX_SAFE_INTEGER)
        throw new RangeError("Bytes end inside a number.");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  int(): number {
    const value = this.uint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  optional(): number {
    const value = this.uint();
    return value === 0 ? Number.NaN : value - 1;
  }

  float(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  single(): number {
    const value = this.#view.getFloat32(this.#at, true);
    this.#at += 4;
    return value;
  }

  /** A count of things that need at least one byte each, so that damage cannot ask for endless memory. */
  count(): number {
    const value = this.uint();
    if (value > this.#bytes.length - this.#at) throw new RangeError("Bytes promise more than they hold.");
    return value;
  }

  text(): string {
    const length = this.count();
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return text;
  }

  texts(): string[] {
    return Array.from({ length: this.count() }, () => this.text());
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
