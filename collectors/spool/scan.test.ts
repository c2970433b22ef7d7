import { describe, expect, test } from "vitest";
import { batchOf } from "../../tests/fakes/documents.ts";
import { draftOf, encodeGroup } from "./draft.ts";
import { encodeFileHeader, FILE_HEADER_BYTES, readFileHeader, RECORD_HEADER_BYTES } from "./record.ts";
import { scanSegment } from "./scan.ts";
import type { ScanResult } from "./scan.ts";

const origin = { acceptedAtMs: 1_700_000_000_000, bornMs: 0, attempts: 0, refusedSinceMs: null, replaces: 0 };

/** Groups of one to three records with two to five documents each. */
function segment(groups: readonly number[]): {
  file: Buffer;
  ends: readonly { end: number; groupEnd: boolean }[];
} {
  const parts = [encodeFileHeader(1, 0)];
  const ends: { end: number; groupEnd: boolean }[] = [];
  let sequence = 1;
  let document = 0;
  let end = FILE_HEADER_BYTES;
  for (const size of groups) {
    const drafts = Array.from({ length: size }, (_, index) =>
      draftOf(batchOf(`group-${sequence + index}`, 2 + ((sequence + index) % 4)), "zstd", origin),
    );
    const group = encodeGroup(drafts, { sequence, document });
    for (const [index, record] of group.records.entries()) {
      end += record.length;
      ends.push({ end, groupEnd: index === size - 1 });
    }
    parts.push(...group.records);
    sequence += size;
    document = group.nextDocument;
  }
  return { file: Buffer.concat(parts), ends };
}

function intact(scan: ScanResult): readonly number[] {
  return scan.kind === "records"
    ? scan.records.filter((record) => record.intact).map(({ header }) => header.sequence)
    : [];
}

const { file, ends } = segment([1, 2, 3, 1, 2, 1, 2]);
const all = ends.map((_, index) => index + 1);

describe("a segment that ends too early", () => {
  test("gives exactly the appends that are complete, whatever the byte it ends at", () => {
    for (let length = 0; length <= file.length; length += 1) {
      const whole = ends.filter(({ end }) => end <= length);
      const lastGroupEnd = whole.findLastIndex(({ groupEnd }) => groupEnd);
      const scan = scanSegment(file.subarray(0, length));
      expect({ length, found: intact(scan) }).toEqual({ length, found: all.slice(0, lastGroupEnd + 1) });
      expect(scan).toMatchObject({ kind: "records", damagedBytes: 0 });
    }
  });
});

describe("a segment with damage", () => {
  const versionBytes = new Set([8, 9, 10, 11]);

  test("loses at most the record that is touched, whatever byte is flipped", () => {
    for (let place = 0; place < file.length; place += 1) {
      const bytes = Buffer.from(file);
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (place % 8));
      const scan = scanSegment(bytes);
      const found = intact(scan);
      expect({ place, wrong: found.filter((sequence) => !all.includes(sequence)) }).toEqual({
        place,
        wrong: [],
      });
      expect({ place, lost: all.length - found.length <= 1 }).toEqual({ place, lost: true });
    }
    expect(versionBytes.size).toBe(4);
  });

  test("says how many documents are in a record whose payload is damaged", () => {
    const bytes = Buffer.from(file);
    const place = FILE_HEADER_BYTES + RECORD_HEADER_BYTES + 3;
    bytes[place] = (bytes[place] ?? 0) ^ 0xff;
    const scan = scanSegment(bytes);
    expect(scan.kind === "records" ? scan.records[0] : undefined).toMatchObject({
      intact: false,
      header: { sequence: 1, documents: 3 },
    });
  });

  test("loses only what a zeroed block of 512 bytes touches", () => {
    for (let start = 0; start + 512 <= file.length; start += 64) {
      const bytes = Buffer.from(file);
      bytes.fill(0, start, start + 512);
      const untouched = ends.flatMap(({ end }, index) => {
        const from = index === 0 ? FILE_HEADER_BYTES : (ends[index - 1]?.end ?? 0);
        return end <= start || from >= start + 512 ? [index + 1] : [];
      });
      expect({ start, found: intact(scanSegment(bytes)) }).toEqual({ start, found: untouched });
    }
  });

  test("finds records again after garbage of any length", () => {
    const garbage = Buffer.from("LRECLRECLREC some garbage LREC");
    const cut = ends[2]?.end ?? 0;
    const bytes = Buffer.concat([file.subarray(0, cut), garbage, file.subarray(cut)]);
    const scan = scanSegment(bytes);
    expect(intact(scan)).toEqual(all);
    expect(scan).toMatchObject({ damagedBytes: garbage.length });
  });
});

describe("file header", () => {
  test("tells a version it does not know", () => {
    const bytes = encodeFileHeader(1, 0);
    expect(readFileHeader(bytes)).toBe("ok");
    expect(readFileHeader(bytes.subarray(0, 31))).toBe("damaged");
    expect(readFileHeader(Buffer.alloc(32))).toBe("damaged");
  });
});
