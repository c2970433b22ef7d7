import { describe, expect, test } from "vitest";
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import { ReasonCounts, summarise } from "./summary.ts";

const STORE = { of: "orders", words: ["--cluster", "orders"] };

function letter(number: number, change: Partial<StoredLetter> = {}): StoredLetter {
  return {
    id: `0000000001:${number}`,
    document: "{}",
    errorType: "document_parsing_exception",
    reason: `[1:${100 + number}] failed to parse field [lag] of type [long] in document with id 'Ab-${number}'. Preview of field's value: 'x${number}'`,
    status: 400,
    firstSeen: `2026-11-21T00:00:${String(number % 60).padStart(2, "0")}.000Z`,
    lastSeen: "2026-11-21T00:00:30.000Z",
    attempts: 1,
    ...change,
  };
}

describe("100 000 letters", () => {
  const many = Array.from({ length: 100_000 }, (_, index) => letter(index));

  test("that were refused for one cause are one row", () => {
    expect(summarise(STORE, many)).toEqual([
      "100000 dead letters of orders, by reason:",
      "  100000 × document_parsing_exception (HTTP 400), 2026-11-21T00:00:00.000Z to 2026-11-21T00:00:59.000Z, such as 0000000001:0",
      expect.stringContaining("[1:100] failed to parse field [lag] of type [long]"),
      expect.stringContaining("lagline dead-letter retry --cluster orders --type <type>"),
    ]);
  });

  test("take about ten times as long as a tenth of them", () => {
    const secondsOf = (letters: readonly StoredLetter[]): number => {
      const startedMs = performance.now();
      summarise(STORE, letters);
      return performance.now() - startedMs;
    };
    const tenth = many.slice(0, 10_000);
    // Compiled first. Grouping one by one against all before them would take a hundred times as long.
    secondsOf(tenth);
    const ratios = [0, 1, 2].map(() => secondsOf(many) / secondsOf(tenth));
    expect(Math.min(...ratios)).toBeLessThan(40);
  });

  test("that are refused again are a few lines, not one each", () => {
    const reasons = new ReasonCounts();
    for (const { errorType, reason } of many) reasons.add(`refused again: ${errorType}: ${reason}`);
    expect(reasons.lines()).toEqual([
      expect.stringMatching(/^ {2}100000 refused again: document_parsing_exc/),
    ]);
  });

  test("for ever other causes are cut after the largest", () => {
    const letters = many.slice(0, 1000).map((one, index) => ({
      ...one,
      errorType: `type_${"abcdefghij"[index % 10]}${"abcdefghij"[index % 7]}`,
    }));
    const lines = summarise(STORE, letters);
    expect(lines).toHaveLength(1 + 2 * 20 + 1 + 1);
    expect(lines.at(-2)).toMatch(/^ {2}\d+ for 50 other reasons$/);
  });
});

test("two fields that cannot be parsed are two rows", () => {
  const other = letter(2, { reason: letter(2).reason.replace("[lag]", "[offset]") });
  expect(summarise(STORE, [letter(1), other]).filter((line) => line.includes("1 ×"))).toHaveLength(2);
});
