/**
 * Bytes of a segment file, format version 1. All numbers are little-endian.
 *
 * File header, 32 bytes: "LAGSPOOL", u32 version, u32 crc of the rest, u64 first sequence, u64 first document.
 * Record: header of 88 bytes (layout in `writeHeader`), payload, then the payload length once more. The header has a
 * checksum of its own, so that a damaged payload still tells how many documents are lost with it.
 */
import { crc32 } from "node:zlib";
import type { Codec } from "./compression.ts";
import { CODEC_NUMBERS, codecOfNumber } from "./compression.ts";

export const FORMAT_VERSION = 1;
export const FILE_HEADER_BYTES = 32;
export const RECORD_HEADER_BYTES = 88;
export const RECORD_TRAILER_BYTES = 4;
/** First bytes of each record; a scan looks for them after damage. */
export const RECORD_MAGIC = Buffer.from("LREC", "latin1");

const FILE_MAGIC = Buffer.from("LAGSPOOL", "latin1");
const GROUP_START = 1;
const GROUP_END = 2;
const CODEC_SHIFT = 8;

export type RecordHeader = {
  readonly sequence: number;
  /** Running number of the record's first document: a gap between two records tells how many are lost. */
  readonly firstDocument: number;
  readonly documents: number;
  readonly minTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly acceptedAtMs: number;
  readonly refusedSinceMs: number | null;
  /** Sequence of the record whose remainder this is; 0 for none. */
  readonly replaces: number;
  readonly attempts: number;
  readonly codec: Codec;
  /** Length of the document lines before compression. */
  readonly rawLength: number;
  readonly payloadLength: number;
  readonly payloadCrc: number;
  /** First and last record of one append: a group without its end was never accepted. */
  readonly groupStart: boolean;
  readonly groupEnd: boolean;
};

export type NewRecord = Omit<RecordHeader, "payloadLength" | "payloadCrc"> & { readonly payload: Buffer };

/** Length of the record on disk. */
export function recordLength(payloadLength: number): number {
  return RECORD_HEADER_BYTES + payloadLength + RECORD_TRAILER_BYTES;
}

export function encodeFileHeader(firstSequence: number, firstDocument: number): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  FILE_MAGIC.copy(bytes, 0);
  bytes.writeUInt32LE(FORMAT_VERSION, 8);
  bytes.writeBigUInt64LE(BigInt(firstSequence), 16);
  bytes.writeBigUInt64LE(BigInt(firstDocument), 24);
  bytes.writeUInt32LE(crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12))), 12);
  return bytes;
}

/** `damaged` when the header cannot be trusted; its records may still be readable. */
export function readFileHeader(file: Buffer): "ok" | "damaged" | { readonly unknownVersion: number } {
  if (file.length < FILE_HEADER_BYTES || !file.subarray(0, 8).equals(FILE_MAGIC)) return "damaged";
  const expected = crc32(file.subarray(16, FILE_HEADER_BYTES), crc32(file.subarray(0, 12)));
  if (expected !== file.readUInt32LE(12)) return "damaged";
  const version = file.readUInt32LE(8);
  return version === FORMAT_VERSION ? "ok" : { unknownVersion: version };
}

export function encodeRecord(record: NewRecord): Buffer {
  const length = record.payload.length;
  const bytes = Buffer.allocUnsafe(recordLength(length));
  writeHeader(bytes, record, crc32(record.payload));
  record.payload.copy(bytes, RECORD_HEADER_BYTES);
  bytes.writeUInt32LE(length, RECORD_HEADER_BYTES + length);
  return bytes;
}

/** The header at `offset`, or undefined when there is none that can be trusted. */
export function decodeHeader(file: Buffer, offset: number): RecordHeader | undefined {
  if (offset + RECORD_HEADER_BYTES > file.length) return undefined;
  const bytes = file.subarray(offset, offset + RECORD_HEADER_BYTES);
  if (!bytes.subarray(0, 4).equals(RECORD_MAGIC)) return undefined;
  if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return undefined;
  if (bytes.readUInt16LE(8) !== FORMAT_VERSION) return undefined;
  const flags = bytes.readUInt16LE(10);
  const codec = codecOfNumber(flags >> CODEC_SHIFT);
  if (codec === undefined) return undefined;
  const refused = bytes.readDoubleLE(64);
  return {
    payloadLength: bytes.readUInt32LE(12),
    payloadCrc: bytes.readUInt32LE(16),
    documents: bytes.readUInt32LE(20),
    sequence: Number(bytes.readBigUInt64LE(24)),
    firstDocument: Number(bytes.readBigUInt64LE(32)),
    minTimestampMs: bytes.readDoubleLE(40),
    maxTimestampMs: bytes.readDoubleLE(48),
    acceptedAtMs: bytes.readDoubleLE(56),
    refusedSinceMs: refused === 0 ? null : refused,
    replaces: Number(bytes.readBigUInt64LE(72)),
    attempts: bytes.readUInt32LE(80),
    rawLength: bytes.readUInt32LE(84),
    codec,
    groupStart: (flags & GROUP_START) !== 0,
    groupEnd: (flags & GROUP_END) !== 0,
  };
}

/** True when the payload that follows the header is what was written. */
export function payloadIsIntact(header: RecordHeader, payload: Buffer): boolean {
  return payload.length === header.payloadLength && crc32(payload) === header.payloadCrc;
}

function writeHeader(bytes: Buffer, record: NewRecord, payloadCrc: number): void {
  const flags =
    (record.groupStart ? GROUP_START : 0) |
    (record.groupEnd ? GROUP_END : 0) |
    (CODEC_NUMBERS[record.codec] << CODEC_SHIFT);
  RECORD_MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(FORMAT_VERSION, 8);
  bytes.writeUInt16LE(flags, 10);
  bytes.writeUInt32LE(record.payload.length, 12);
  bytes.writeUInt32LE(payloadCrc, 16);
  bytes.writeUInt32LE(record.documents, 20);
  bytes.writeBigUInt64LE(BigInt(record.sequence), 24);
  bytes.writeBigUInt64LE(BigInt(record.firstDocument), 32);
  bytes.writeDoubleLE(record.minTimestampMs, 40);
  bytes.writeDoubleLE(record.maxTimestampMs, 48);
  bytes.writeDoubleLE(record.acceptedAtMs, 56);
  bytes.writeDoubleLE(record.refusedSinceMs ?? 0, 64);
  bytes.writeBigUInt64LE(BigInt(record.replaces), 72);
  bytes.writeUInt32LE(record.attempts, 80);
  bytes.writeUInt32LE(record.rawLength, 84);
  bytes.writeUInt32LE(crc32(bytes.subarray(8, RECORD_HEADER_BYTES)), 4);
}
