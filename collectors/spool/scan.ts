/**
 * Finds the records of a segment file whatever happened to it: a torn tail, flipped bits, zeroed blocks. Pure.
 *
 * A crash of the process leaves a prefix of what was written. So a file that ends inside a record, or cleanly inside a
 * group, holds the beginning of an append that never succeeded: its records are left out. Anything else that cannot be
 * read is damage, and costs only the records it touches.
 */
import type { RecordHeader } from "./record.ts";
import {
  decodeHeader,
  FILE_HEADER_BYTES,
  payloadIsIntact,
  readFileHeader,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  recordLength,
} from "./record.ts";

export type FoundRecord = {
  readonly header: RecordHeader;
  readonly offset: number;
  readonly intact: boolean;
};

export type ScanResult =
  | { readonly kind: "unknown_version"; readonly version: number }
  | {
      readonly kind: "records";
      readonly records: readonly FoundRecord[];
      /** Bytes that belong to no readable record. */
      readonly damagedBytes: number;
      /** Bytes at the end that belong to an append that was never accepted. */
      readonly unfinishedBytes: number;
    };

export function scanSegment(file: Buffer): ScanResult {
  const head = readFileHeader(file);
  if (typeof head === "object") return { kind: "unknown_version", version: head.unknownVersion };
  const records: FoundRecord[] = [];
  let damagedBytes = 0;
  let position = head === "ok" ? FILE_HEADER_BYTES : 0;
  while (position < file.length) {
    const record = recordAt(file, position);
    if (record === undefined) {
      const next = nextRecord(file, position + 1);
      if (next === undefined && isTorn(file, position)) break;
      damagedBytes += (next ?? file.length) - position;
      position = next ?? file.length;
    } else {
      records.push(record);
      position = endOf(record);
    }
  }
  const kept = withoutUnfinishedGroup(records, position);
  const unfinishedFrom = records[kept]?.offset ?? position;
  return {
    kind: "records",
    records: records.slice(0, kept),
    damagedBytes,
    unfinishedBytes: file.length - unfinishedFrom,
  };
}

function recordAt(file: Buffer, offset: number): FoundRecord | undefined {
  const header = decodeHeader(file, offset);
  if (header === undefined || offset + recordLength(header.payloadLength) > file.length) return undefined;
  const start = offset + RECORD_HEADER_BYTES;
  const payload = file.subarray(start, start + header.payloadLength);
  return { header, offset, intact: payloadIsIntact(header, payload) };
}

/** Next place from `from` on with a whole record whose header can be trusted. */
function nextRecord(file: Buffer, from: number): number | undefined {
  let place = file.indexOf(RECORD_MAGIC, from);
  while (place !== -1) {
    const header = decodeHeader(file, place);
    if (header !== undefined && place + recordLength(header.payloadLength) <= file.length) return place;
    place = file.indexOf(RECORD_MAGIC, place + 1);
  }
  return undefined;
}

/** True when what follows `offset` can be the beginning of a record that was cut off, not a damaged record. */
function isTorn(file: Buffer, offset: number): boolean {
  return file.length - offset < RECORD_HEADER_BYTES || decodeHeader(file, offset) !== undefined;
}

function endOf(record: FoundRecord): number {
  return record.offset + recordLength(record.header.payloadLength);
}

/** How many records remain when the group that reaches up to `tail` has no end. */
function withoutUnfinishedGroup(records: readonly FoundRecord[], tail: number): number {
  let expectedEnd = tail;
  for (let kept = records.length; kept > 0; kept -= 1) {
    const record = records[kept - 1];
    if (record === undefined || endOf(record) !== expectedEnd || record.header.groupEnd) return kept;
    if (record.header.groupStart) return kept - 1;
    expectedEnd = record.offset;
  }
  return 0;
}
