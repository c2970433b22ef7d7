import { describe, expect, test } from "vitest";
import { readRecorded } from "../../tests/fakes/recorded.ts";
import { createPartitionCounts, decodeTopic } from "./topics.ts";

const topic = {
  server: "http://burrow:8000",
  cluster: "local",
  name: "orders",
  knownPartitions: 0,
  maximumPartitions: 100,
};

describe("topic offsets", () => {
  test("refuses an answer without offsets", () => {
    const { reading, problem } = decodeTopic({ offsets: "none" }, topic);
    expect(reading).toBeNull();
    expect(problem).toMatchObject({ kind: "schema", scope: "topic", name: "orders" });
  });

  test("refuses a topic beyond the limit of partitions", () => {
    expect(decodeTopic({ offsets: [1, 2, 3] }, { ...topic, maximumPartitions: 2 })).toMatchObject({
      reading: null,
      problem: { kind: "limit" },
    });
  });

  test.each([
    ["a negative offset", -1, "schema"],
    ["a fraction", 1.5, "schema"],
    ["null", null, "schema"],
    ["a number above 2^53 - 1", 2 ** 60, "number_too_large"],
  ])("leaves out the partition with %s and keeps the others in place", (_name, value, kind) => {
    const { reading, problem } = decodeTopic({ offsets: [7, value, 9] }, topic);
    expect(reading).toEqual({ topic: "orders", endOffsets: [7, undefined, 9], assignable: true });
    expect(problem).toMatchObject({ kind });
  });

  test("does not assign a list that is shorter than the partitions known from groups", () => {
    const { reading } = decodeTopic({ offsets: [10, 30] }, { ...topic, knownPartitions: 3 });
    expect(reading).toEqual({
      topic: "orders",
      endOffsets: [],
      assignable: false,
      unassigned: [10, 30],
    });
  });

  test.each(["topic-offsets.json", "topic-offsets-broker-down.json"])("reads the recorded %s", (file) => {
    const { reading, problem } = decodeTopic(JSON.parse(readRecorded(file)), {
      ...topic,
      knownPartitions: 3,
    });
    expect(problem).toBeNull();
    expect(reading).toMatchObject({ assignable: true });
    expect(reading?.endOffsets).toHaveLength(3);
  });

  test("takes null, which Go sends for an empty list, as no partitions", () => {
    expect(decodeTopic({ offsets: null }, topic).reading).toMatchObject({ endOffsets: [], assignable: true });
  });
});

describe("partition counts", () => {
  test("learn the highest partition from groups when the tick is over", () => {
    const counts = createPartitionCounts();
    counts.learnFromGroup("orders", 4);
    counts.learnFromGroup("orders", 2);
    expect(counts.get("orders")).toBe(0);
    counts.endTick(true);
    expect(counts.get("orders")).toBe(5);
  });

  test("follow a topic that was made again with fewer partitions, once a whole tick shows it", () => {
    const counts = createPartitionCounts();
    counts.learnFromGroup("orders", 4);
    counts.endTick(true);
    counts.learnFromGroup("orders", 1);
    counts.endTick(false);
    expect(counts.get("orders")).toBe(5);
    counts.learnFromGroup("orders", 1);
    counts.endTick(true);
    expect(counts.get("orders")).toBe(2);
  });

  test("remember the longest list of a topic without groups for ten ticks, then believe the shorter one", () => {
    const counts = createPartitionCounts();
    counts.learnFromList("logs", 3);
    for (let tick = 0; tick < 10; tick += 1) {
      counts.endTick(true);
      expect(counts.get("logs")).toBe(3);
    }
    counts.endTick(true);
    expect(counts.get("logs")).toBe(0);
  });
});
