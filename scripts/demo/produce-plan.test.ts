import fc from "fast-check";
import { expect, test } from "vitest";
import { ProductionPlan, ratePerPartition } from "./produce-plan.ts";
import type { Production, Scenario } from "./types.ts";

const scenario = (production: Production, partitions = 4): Scenario => ({
  group: "g",
  topic: "demo-t",
  partitions,
  shows: "",
  production,
  phases: [],
});

const write = (seed: number) => {
  const plan = new ProductionPlan(scenario({ ratePerSecond: 20 }), seed);
  return Array.from({ length: 20 }, () => plan.next(0.5)).flat();
};

test("after an outage only two seconds are made up for", () => {
  const messages = new ProductionPlan(scenario({ ratePerSecond: 100 }), 1).next(3600);
  expect(messages.length).toBeLessThanOrEqual(100 * 2 * 1.2 + 4);
});

test("no rate produces nothing after the first burst", () => {
  const plan = new ProductionPlan(scenario({ ratePerSecond: 0, firstBurst: 3 }), 1);
  expect(plan.next(0.5)).toHaveLength(12);
  expect(plan.next(0.5)).toEqual([]);
});

test("the same seed writes the same messages, another seed others", () => {
  expect(write(3)).toEqual(write(3));
  expect(write(3)).not.toEqual(write(4));
});

test("weights shift the load between partitions and leave the total alone", () => {
  const rates = ratePerPartition(scenario({ ratePerSecond: 30, weights: [1, 1, 1, 10, 1, 1] }, 6));
  expect(rates[3]).toBeCloseTo(20);
  expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(30);
});

test("the rate holds over time whatever the tick", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1.9, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer(),
      (tick, rate, seed) => {
        const plan = new ProductionPlan(scenario({ ratePerSecond: rate }), seed);
        const ticks = Math.ceil(600 / tick);
        let total = 0;
        for (let index = 0; index < ticks; index += 1) total += plan.next(tick).length;
        const ideal = rate * tick * ticks;
        expect(Math.abs(total - ideal)).toBeLessThan(ideal * 0.05 + 5);
      },
    ),
    { numRuns: 30 },
  );
});

test("messages are small JSON with a key of their partition", () => {
  const messages = new ProductionPlan(scenario({ ratePerSecond: 40 }), 1).next(1);
  for (const { key, value, partition, topic } of messages) {
    expect(topic).toBe("demo-t");
    expect(key).toMatch(new RegExp(`^demo-t-${partition}-\\d{1,3}$`));
    expect(value.length).toBeLessThan(120);
    expect(JSON.parse(value)).toEqual({
      number: expect.any(Number),
      customer: expect.any(Number),
      amount_cents: expect.any(Number),
    });
  }
});
