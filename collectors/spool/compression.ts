/** Compression of document lines in the spool: zstd where this Node has it, else gzip. Both are always readable. */
import * as zlib from "node:zlib";

export type Codec = "none" | "zstd" | "gzip";
export const CODEC_NUMBERS = { none: 0, zstd: 1, gzip: 2 } as const satisfies Record<Codec, number>;

/** Level 1 of both: ~1 ms per 1,000 documents; higher levels cost more CPU than they save disk. */
const LEVEL = 1;

export function codecOfNumber(number: number): Codec | undefined {
  if (number === CODEC_NUMBERS.none) return "none";
  if (number === CODEC_NUMBERS.zstd) return "zstd";
  return number === CODEC_NUMBERS.gzip ? "gzip" : undefined;
}

/** The best codec of the running Node: zstd came with Node 22.15. */
export function bestCodec(): Codec {
  return typeof zlib.zstdCompressSync === "function" ? "zstd" : "gzip";
}

export function compress(codec: Codec, raw: Buffer): Buffer {
  switch (codec) {
    case "none":
      // The producer may use its memory again.
      return Buffer.from(raw);
    case "gzip":
      return zlib.gzipSync(raw, { level: LEVEL });
    case "zstd":
      return zlib.zstdCompressSync(raw, { params: { [zlib.constants.ZSTD_c_compressionLevel]: LEVEL } });
  }
}

/** @throws when the payload is not what the codec writes or is longer than `rawLength`. */
export function decompress(codec: Codec, payload: Buffer, rawLength: number): Buffer {
  // One piece of the known size (and a byte, so that it never counts as full): pieces would have to be joined, and the
  // batch would need its memory twice.
  const options = { maxOutputLength: Math.max(rawLength, 1), chunkSize: Math.max(rawLength + 1, 64) };
  switch (codec) {
    case "none":
      return payload;
    case "gzip":
      return zlib.gunzipSync(payload, options);
    case "zstd":
      return zlib.zstdDecompressSync(payload, options);
  }
}
