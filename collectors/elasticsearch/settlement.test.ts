import * as fc from "fast-check";
import { expect, test } from "vitest";
import { batchOf, linesOf } from "../../tests/fakes/documents.ts";
import { bulkBody, CREATE_IN_STREAM, cutIntoRequests, Lines } from "./lines.ts";
import { RETRY_REASONS } from "./outcomes.ts";
import type { Outcome } from "./outcomes.ts";
import { settle, TOO_NEW_LIMIT_MS } from "./settlement.ts";

const lease = (documents: number, refusedSinceMs: number | null = null) => ({
  ...batchOf("a", documents),
  sequence: 1,
  acceptedAtMs: 0,
  attempts: 0,
  refusedSinceMs,
});

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant<Outcome>({ kind: "stored" }),
  fc.constant<Outcome>({ kind: "duplicate" }),
  fc.constant<Outcome>({ kind: "dead", errorType: "e", reason: "r", status: 400 }),
  fc
    .constantFrom(...RETRY_REASONS)
    .map((reason): Outcome => ({ kind: "retry", reason, status: 0, detail: "d" })),
);

test("every document is settled in exactly one way, for any answer", () => {
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 60 }), (outcomes) => {
      const leased = lease(outcomes.length);
      const { settlement, retried } = settle(leased, { lines: new Lines(leased), outcomes, fault: null }, 0);
      const { stored, duplicate, deadLetters, remaining } = settlement;
      expect(stored + duplicate + deadLetters.length + (remaining?.documents ?? 0)).toBe(outcomes.length);
      const all = linesOf(leased);
      const again = all.filter((_, index) => outcomes[index]?.kind === "retry");
      expect(remaining === null ? [] : linesOf(remaining)).toEqual(again);
      expect(deadLetters.map(({ document }) => document)).toEqual(
        all.filter((_, index) => outcomes[index]?.kind === "dead"),
      );
      expect(Object.values(retried).reduce((sum, count) => sum + count, 0)).toBe(again.length);
    }),
    { numRuns: 1_000 },
  );
});

test("a batch that nothing happened to is given back as it is", () => {
  const leased = lease(2);
  const busy: Outcome = { kind: "retry", reason: "busy", status: 429, detail: "" };
  expect(settle(leased, { lines: new Lines(leased), outcomes: [busy, busy], fault: null }, 0).unchanged).toBe(
    true,
  );
});

test("the time of the first refusal as too new is kept, and ends it after the limit", () => {
  const tooNew: Outcome = { kind: "retry", reason: "too_new", status: 400, detail: "outside" };
  const first = lease(1);
  const delivery = { lines: new Lines(first), outcomes: [tooNew], fault: null };
  expect(settle(first, delivery, 1_000).settlement).toMatchObject({
    refusedSinceMs: 1_000,
    remaining: { documents: 1 },
  });
  const later = lease(1, 1_000);
  expect(settle(later, delivery, 1_000 + TOO_NEW_LIMIT_MS - 1).settlement.refusedSinceMs).toBe(1_000);
  expect(settle(later, delivery, 1_000 + TOO_NEW_LIMIT_MS).settlement).toMatchObject({
    remaining: null,
    deadLetters: [{ errorType: "timestamp_too_new" }],
  });
});

test("a body holds an action line before every document line", () => {
  const batch = batchOf("a", 3);
  const [first, second, third] = linesOf(batch);
  const lines = new Lines(batch);
  expect(bulkBody(lines, { from: 1, to: 3 }, CREATE_IN_STREAM).toString()).toBe(
    `{"create":{}}\n${second}\n{"create":{}}\n${third}\n`,
  );
  const named = bulkBody(
    lines,
    { from: 0, to: 1 },
    (_bytes, from, to) => `{"create":{"_index":"i-${to - from}"}}\n`,
  );
  expect(named.toString()).toBe(`{"create":{"_index":"i-${(first?.length ?? 0) + 1}"}}\n${first}\n`);
});

test("requests cover every line once and keep both bounds, except for a line that is too large alone", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 50, max: 900 }),
      (lengths, maxDocuments, maxBytes) => {
        const ndjson = Buffer.from(lengths.map((length) => `${"x".repeat(length)}\n`).join(""));
        const lines = new Lines({ ndjson, documents: lengths.length });
        const ranges = cutIntoRequests(lines, { maxDocuments, maxBytes });
        expect(
          ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index)),
        ).toEqual([...lengths.keys()]);
        const broken = ranges.filter(
          ({ from, to }) => to - from > maxDocuments || (to - from > 1 && lines.bytes(from, to) > maxBytes),
        );
        expect(broken).toEqual([]);
      },
    ),
  );
});

test("a batch whose number of lines is wrong is not sent", () => {
  const { ndjson } = batchOf("a", 3);
  expect(() => new Lines({ ndjson, documents: 4 })).toThrow("has only 3 lines");
  expect(() => new Lines({ ndjson, documents: 2 })).toThrow("has more lines");
});
