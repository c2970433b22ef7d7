import fc from "fast-check";
import { expect, test } from "vitest";
import { createBatchEncoder, encodeAll } from "./encode.ts";
import type { SpoolBatch } from "./spool/contract.ts";

const document = (text: string, second = 0) => ({
  "@timestamp": `2026-11-21T10:00:${String(second).padStart(2, "0")}.000Z`,
  text,
});

/** Encodes one by one and copies each batch, because its memory is used again. */
function encodeEach(
  documents: readonly { "@timestamp": string }[],
  maximumDocuments: number,
  maximumBytes: number,
): SpoolBatch[] {
  const encoder = createBatchEncoder({ maximumDocuments, maximumBytes });
  const batches: SpoolBatch[] = [];
  const keep = (batch: SpoolBatch): void => {
    batches.push({ ...batch, ndjson: Buffer.from(batch.ndjson) });
  };
  for (const entry of documents) {
    for (const batch of encoder.add([entry])) {
      keep(batch);
    }
  }
  for (const batch of encodeAll(encoder, [])) {
    keep(batch);
  }
  expect(encoder.documents).toBe(documents.length);
  return batches;
}

const linesOf = (batches: readonly SpoolBatch[]): unknown[] =>
  batches
    .flatMap(({ ndjson }) => ndjson.toString("utf8").split("\n").slice(0, -1))
    .map((line) => JSON.parse(line));

test("gives no batch without documents", () => {
  expect(encodeEach([], 10, 1000)).toEqual([]);
});

test("puts a document that is larger than the bound into a batch of its own", () => {
  const batches = encodeEach([document("a"), document("x".repeat(5000)), document("b")], 10, 1000);
  expect(batches.map(({ documents }) => documents)).toEqual([1, 1, 1]);
  expect(batches[1]?.ndjson.length).toBeGreaterThan(5000);
});

test("closes a batch at the number of documents", () => {
  const batches = encodeEach(
    Array.from({ length: 5 }, () => document("a")),
    2,
    100_000,
  );
  expect(batches.map(({ documents }) => documents)).toEqual([2, 2, 1]);
});

test("tells the smallest and largest timestamp of each batch", () => {
  const [batch] = encodeEach([document("a", 5), document("b", 1), document("c", 3)], 10, 1000);
  expect(batch).toMatchObject({
    minTimestampMs: Date.parse("2026-11-21T10:00:01Z"),
    maxTimestampMs: Date.parse("2026-11-21T10:00:05Z"),
  });
});

test("keeps every document, in order, whole, in batches within the bounds", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 400 }), { maxLength: 60 });
  fc.assert(
    fc.property(
      texts,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 100, max: 3000 }),
      (values, most, bytes) => {
        const documents = values.map((text) => document(text));
        const batches = encodeEach(documents, most, bytes);
        expect(linesOf(batches)).toEqual(documents);
        for (const batch of batches) {
          expect(batch.documents).toBeLessThanOrEqual(most);
          expect(batch.documents === 1 || batch.ndjson.length <= bytes).toBe(true);
        }
      },
    ),
  );
});
