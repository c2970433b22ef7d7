import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAXIMUM_SHARDS, shardOf } from "./shard.ts";

const NAMES = Array.from({ length: 20_000 }, (_, index) => `team${index % 37}-service-${index}`);
const shards = fc.integer({ min: 1, max: MAXIMUM_SHARDS });

describe("the shard of a group", () => {
  test("is one of them, whatever the name, and the same each time", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), shards, (group, of) => {
        const index = shardOf(group, of);
        expect(Number.isInteger(index) && index >= 1 && index <= of).toBe(true);
        expect(shardOf(group, of)).toBe(index);
      }),
    );
  });

  test("changes, where one shard is added, only to the new one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 15 }), (group, of) => {
        const after = shardOf(group, of + 1);
        expect([shardOf(group, of), of + 1]).toContain(after);
      }),
    );
  });

  test.each([2, 3, 4, 8, 16])(
    "is even: no one of %i has a tenth more than its share of 20,000 names",
    (of) => {
      const counts = new Map<number, number>();
      for (const name of NAMES) counts.set(shardOf(name, of), (counts.get(shardOf(name, of)) ?? 0) + 1);
      expect(counts.size).toBe(of);
      for (const count of counts.values()) {
        expect(Math.abs(count - NAMES.length / of)).toBeLessThan((NAMES.length / of) * 0.1);
      }
    },
  );

  test("moves one in n + 1 groups where n becomes n + 1", () => {
    const moved = NAMES.filter((name) => shardOf(name, 3) !== shardOf(name, 4)).length;
    expect(moved / NAMES.length).toBeCloseTo(1 / 4, 1);
  });

  test("is what it was in the first release, because two releases may run at once", () => {
    const names = ["billing", "orders-api", "", "größe", "console-consumer-1", "😀"];
    expect(names.map((name) => shardOf(name, 5))).toEqual([2, 1, 1, 2, 2, 4]);
  });
});
