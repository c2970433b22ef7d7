import fc from "fast-check";
import { expect, test } from "vitest";
import type { GroupPartitionOffset } from "../kafka-admin/offsets.ts";
import { compareOffsets } from "./compare.ts";
import type { CompareInput, StoredPartition } from "./compare.ts";

const TICK = Date.parse("2026-11-21T10:00:00Z");

const stored = (change: Partial<StoredPartition> = {}): StoredPartition => ({
  group: "orders",
  topic: "orders",
  partition: 0,
  committedOffset: 1000,
  logEndOffset: 1050,
  lag: 50,
  tickMs: TICK,
  consumeRate: 10,
  produceRate: 10,
  ...change,
});
const kafka = (
  committed: number,
  end: number | null,
  change: Partial<GroupPartitionOffset> = {},
): GroupPartitionOffset => ({
  group: "orders",
  topic: "orders",
  partition: 0,
  committedOffset: committed,
  logEndOffset: end,
  lag: end === null ? null : end - committed,
  ...change,
});
const compare = (change: Partial<CompareInput>, mode: "at_rest" | "in_flight" = "in_flight") =>
  compareOffsets({
    stored: [stored()],
    kafka: [kafka(1000, 1050)],
    kafkaReadAtMs: TICK + 10_000,
    tolerance: { mode, refreshSeconds: 10 },
    ...change,
  });
const first = (change: Partial<CompareInput>, mode?: "at_rest" | "in_flight") =>
  compare(change, mode).partitions[0];

test("a stored offset ahead of Kafka is different, however little", () => {
  expect(first({ kafka: [kafka(999, 1050)] })).toMatchObject({
    outcome: "different",
    reason: "committed offset 1000 is 1 ahead of Kafka's 999",
  });
});

test("more than the traffic explains is different: twice the rate over the age of the data", () => {
  // 10 messages per second, 20 s old: 400 are explained.
  expect(first({ kafka: [kafka(1000, 1450)] })?.outcome).toBe("moved");
  expect(first({ kafka: [kafka(1000, 1451)] })).toMatchObject({
    outcome: "different",
    reason: "log end offset 1050 is 401 behind Kafka's 1451",
  });
});

test("at rest a single message is different", () => {
  expect(first({ kafka: [kafka(1001, 1050)] }, "at_rest")?.outcome).toBe("different");
  expect(first({}, "at_rest")?.outcome).toBe("equal");
});

test("a lag that is not the difference of its own offsets is different", () => {
  expect(first({ stored: [stored({ lag: 49 })] })).toMatchObject({
    outcome: "different",
    reason: "its lag is 49, its own offsets say 50",
  });
  expect(first({ stored: [stored({ lag: null })] })?.reason).toBe(
    "its lag is missing, its own offsets say 50",
  );
});

test("a commit beyond the end is lag 0 in Burrow and below 0 in Kafka: both are right", () => {
  const beyond = stored({ committedOffset: 1060, lag: 0 });
  expect(first({ stored: [beyond], kafka: [kafka(1060, 1050)] }, "at_rest")?.outcome).toBe("equal");
});

test("what only one side knows is told apart", () => {
  const comparison = compare({
    stored: [stored(), stored({ group: "gone" }), stored({ group: "new", committedOffset: null, lag: null })],
    kafka: [kafka(1000, 1050), kafka(1, 1, { group: "unseen" }), kafka(1, 1, { group: "a/b" })],
  });
  expect(comparison.partitions.map(({ group, outcome }) => [group, outcome])).toEqual([
    ["a/b", "not_stored"],
    ["unseen", "not_stored"],
    ["gone", "not_in_kafka"],
    ["orders", "equal"],
    ["new", "no_commit"],
  ]);
  expect(comparison.partitions[0]?.reason).toContain("slash");
  expect(comparison.ok).toBe(false);
});

test("a partition whose end Kafka cannot tell is judged by its commit alone", () => {
  expect(first({ kafka: [kafka(1000, null)] })?.outcome).toBe("equal");
});

test("names that only look alike when joined are kept apart", () => {
  const a = { group: "a", topic: "b c" };
  const b = { group: "a b", topic: "c" };
  const comparison = compare({
    stored: [stored(a), stored({ ...b, committedOffset: 1, logEndOffset: 2, lag: 1 })],
    kafka: [kafka(1000, 1050, a), kafka(1, 2, b)],
  });
  expect(comparison.counts.equal).toBe(2);
});

test("every partition of either side is counted once", () => {
  const partition = fc.record({ partition: fc.nat(20), committed: fc.nat(100), end: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(partition), fc.array(partition), (left, right) => {
      const comparison = compare({
        stored: left.map((each) => stored({ partition: each.partition, committedOffset: each.committed })),
        kafka: right.map((each) => kafka(each.committed, each.end, { partition: each.partition })),
      });
      const known = new Set([...left, ...right].map((each) => each.partition));
      const counted = Object.values(comparison.counts).reduce((sum, count) => sum + count, 0);
      expect(comparison.partitions).toHaveLength(known.size);
      expect(counted).toBe(known.size);
    }),
  );
});
