/** Names of indices, read back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indexName, parseIndexPattern } from "./index-pattern.ts";
import { daysOfPattern, spanOfName } from "./index-span.ts";

const parse = (text: string) => parseIndexPattern(text, { fields: ["cluster", "group"] }).pattern;
const spanOf = (pattern: string, name: string) => {
  const span = spanOfName(parse(pattern), name);
  return span === undefined ? undefined : [span.startMs, span.endMs].map((ms) => new Date(ms).toISOString());
};

describe("a name tells no time", () => {
  test.each([
    ["of another environment", "lagline-test-%Y.%m.%d", "lagline-test-eu-2026.11.21"],
    ["with something behind it", "lagline-test-%Y.%m.%d", "lagline-test-2026.11.21-reindexed"],
    ["with something before it", "lagline-test-%Y.%m.%d", "partial-lagline-test-2026.11.21"],
    ["of a day that does not exist", "lagline-test-%Y.%m.%d", "lagline-test-2026.02.30"],
    ["of day 0", "lagline-test-%Y.%m.%d", "lagline-test-2026.02.00"],
    ["of month 13", "lag-%Y.%m", "lag-2026.13"],
    ["of hour 24", "lag-%Y.%m.%d.%H", "lag-2026.11.21.24"],
    ["of week 54", "lag-%G.%V", "lag-2026.54"],
    ["where a point of the pattern is another character", "lag-%Y.%m.%d", "lag-2026x11x21"],
    ["that contradicts itself", "lag-%Y-%Y.%m.%d", "lag-2025-2026.11.21"],
    ["that can be read in two ways", "l-{{cluster}}-%Y.%m.%d-{{group}}", "l-a-2020.01.01-2026.11.21-b"],
    ["without a year", "lag-%m.%d", "lag-11.21"],
    ["without a date", "lag-all", "lag-all"],
  ])("%s", (_name, pattern, name) => {
    expect(spanOf(pattern, name)).toBeUndefined();
  });

  test("where the pattern has no year or no date", () => {
    expect(daysOfPattern(parse("lag-%m.%d"))).toBeUndefined();
    expect(daysOfPattern(parse("lag-all"))).toBeUndefined();
  });
});

test.each([
  [
    "lagline-test-%Y.%m.%d",
    "lagline-test-2026.11.21",
    "2026-11-21T00:00:00.000Z",
    "2026-11-22T00:00:00.000Z",
    1,
  ],
  ["lag-%Y.%m.%d.%H", "lag-2026.11.21.23", "2026-11-21T23:00:00.000Z", "2026-11-22T00:00:00.000Z", 1],
  ["lag-%Y.%m", "lag-2026.12", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z", 31],
  ["lag-%y%m%d", "lag-261121", "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z", 1],
  ["lag-%Y", "lag-2026", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z", 366],
  ["lag-%G.%V", "lag-2026.01", "2025-12-29T00:00:00.000Z", "2026-01-05T00:00:00.000Z", 7],
  [
    "l-{{cluster}}-%Y.%m.%d",
    "l-a-2020.01.01-2026.11.21",
    "2026-11-21T00:00:00.000Z",
    "2026-11-22T00:00:00.000Z",
    1,
  ],
])("%s: %s covers %s to %s", (...row) => {
  const [pattern, name, start, end, days] = row;
  expect(spanOf(pattern, name)).toEqual([start, end]);
  expect(daysOfPattern(parse(pattern))).toBe(days);
});

test("every document's time lies in the span of its index", () => {
  const patterns = ["a-%Y.%m.%d", "a-%Y.%m.%d-%H", "a-%G-%V", "a-%Y.%m", "a-%Y", "a-{{cluster}}-%y.%m.%d"];
  fc.assert(
    fc.property(
      fc.constantFrom(...patterns),
      fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11) }),
      fc.string(),
      (text, timestampMs, cluster) => {
        const pattern = parse(text);
        const name = indexName(pattern, { timestampMs, valueOf: () => cluster, missing: "x" });
        const span = spanOfName(pattern, name);
        // An empty value makes a name that the pattern does not have: it stays.
        if (cluster === "" && text.includes("{{")) return;
        expect(span).toBeDefined();
        expect(span?.startMs).toBeLessThanOrEqual(timestampMs);
        expect(span?.endMs).toBeGreaterThan(timestampMs);
      },
    ),
    { numRuns: 2000 },
  );
});
