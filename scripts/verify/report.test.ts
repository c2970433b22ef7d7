import { expect, test } from "vitest";
import { compareOffsets } from "./compare.ts";
import { formatReport } from "./report.ts";

const offsets = { topic: "orders", partition: 0, committedOffset: 10, logEndOffset: 15, lag: 5 };
const document = { ...offsets, tickMs: 0, consumeRate: null, produceRate: null };
const compared = (stored: readonly string[], kafka: readonly string[]) =>
  compareOffsets({
    stored: stored.map((group) => ({ ...document, group })),
    kafka: kafka.map((group) => ({ ...offsets, group })),
    kafkaReadAtMs: 0,
    tolerance: { mode: "at_rest", refreshSeconds: 0 },
  });

test("what is missing is shown with its reason, what is equal only counted", () => {
  expect(formatReport(compared(["orders"], ["orders", "a\u001B[31mb"]), { all: false, maxRows: 10 })).toEqual(
    [
      "What is stored is not all what Kafka says: 2 partitions of 2 groups, 1 equal, 1 not stored.",
      "",
      "GROUP    TOPIC   PARTITION  STORED COMMITTED  KAFKA COMMITTED  STORED END  KAFKA END  STORED LAG  KAFKA LAG  RESULT",
      "a�[31mb  orders          0                 -               10           -         15           -          5  not stored: no document (new, filtered, or committed only before Burrow knew the topic?)",
    ],
  );
});

test("with nothing wrong the sentence is enough; all rows on request, up to a bound", () => {
  const comparison = compared(["a", "b", "c"], ["a", "b", "c"]);
  const sentence = "What is stored is what Kafka says: 3 partitions of 3 groups, 3 equal.";
  expect(formatReport(comparison, { all: false, maxRows: 10 })).toEqual([sentence]);
  const all = formatReport(comparison, { all: true, maxRows: 2 });
  expect(all).toHaveLength(6);
  expect(all.at(-1)).toBe("… 1 more");
});

test("nothing on either side is said in words", () => {
  expect(formatReport(compared([], []), { all: true, maxRows: 5 })).toEqual([
    "Nothing to compare: neither Kafka nor Elasticsearch knows a committed partition.",
  ]);
});
