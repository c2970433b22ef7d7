import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeGroup } from "./sizing.ts";
import type { ObservedGroup, ObservedPartition, Rates } from "./sizing.ts";
import { adviceLines } from "./text.ts";

const flat = (rate: number): Rates => ({ median: rate, p95: rate, max: rate });
const partition = (index: number, change: Partial<ObservedPartition> = {}): ObservedPartition => ({
  topic: "orders",
  partition: index,
  consumer: `c${index}`,
  produce: flat(10),
  consume: flat(10),
  busyConsume: null,
  ...change,
});
const group = (
  partitions: readonly ObservedPartition[],
  produce = flat(10 * partitions.length),
): ObservedGroup => ({
  cluster: "shop",
  group: "billing",
  members: null,
  produce,
  partitions,
});

describe("the sizing of a group", () => {
  it("cannot be said where nobody knows the owners", () => {
    const sizing = sizeGroup(group([partition(0, { consumer: null })]));
    expect(sizing).toMatchObject({ advice: "unknown", consumers: null, atPeak: null });
    expect(adviceLines(sizing)[0]).toContain("nobody knows who owns");
  });

  it("sends to the keys where one partition gets more than a consumer can handle", () => {
    const hot = partition(0, { produce: flat(90), busyConsume: 14 });
    const sizing = sizeGroup(group([hot, partition(1), partition(2)], flat(110)));
    expect(sizing.advice).toBe("spread_keys");
    expect(adviceLines(sizing)[0]).toContain("orders/0 gets 90.0/s, one consumer handles 14.0/s");
  });

  it("asks for partitions where every one has its consumer and the peak needs more", () => {
    const sizing = sizeGroup(group([0, 1].map((index) => partition(index, { busyConsume: 10 }))));
    // 20 ÷ (10 × 0.8) = 2.5
    expect(sizing).toMatchObject({ advice: "add_partitions", atPeak: { consumers: 3 } });
    expect(adviceLines(sizing)[0]).toContain("2 partitions feed at most 2");
  });

  it("asks for consumers while partitions share one, and adds up what that one handles", () => {
    const partitions = [0, 1, 2, 3].map((index) => partition(index, { consumer: "only", busyConsume: 5 }));
    const sizing = sizeGroup(group(partitions));
    // 40 ÷ (20 × 0.8) = 2.5
    expect(sizing).toMatchObject({
      advice: "add_consumers",
      consumers: 1,
      capacity: { perConsumer: 20, method: "measured" },
      atPeak: { consumers: 3 },
    });
    expect(adviceLines(sizing)).toContain(
      "  Peak: 40.0/s ÷ (20.0/s × 80 % load) = 2.50 → 3 consumers and at least as many partitions.",
    );
  });

  it("does not ask for more where no consumer was ever under pressure", () => {
    const sizing = sizeGroup(group([partition(0), partition(1)]));
    expect(sizing).toMatchObject({ advice: "enough", capacity: { method: "at_least", perConsumer: 10 } });
    expect(adviceLines(sizing).at(-1)).toBe(
      "  Every partition has a consumer of its own: a further one would idle.",
    );
  });

  it("says nothing of idle consumers where Kafka was not asked or none idles", () => {
    const own = group([partition(0), partition(1)]);
    const texts = [own, { ...own, members: { total: 2, idle: 0 } }].map((each) =>
      adviceLines(sizeGroup(each)).join(),
    );
    expect(texts.join()).not.toContain("stand by");
  });

  it("tells consumers that own nothing, and why", () => {
    const own = group([partition(0), partition(1)]);
    expect(adviceLines(sizeGroup({ ...own, members: { total: 3, idle: 1 } })).at(-1)).toBe(
      "  Kafka counts 3 consumers; 1 of them owns no partition, because there are only 2 partitions. They only stand by for the others.",
    );
  });

  it("says that half would do", () => {
    const partitions = [0, 1, 2, 3].map((index) => partition(index, { busyConsume: 100 }));
    expect(sizeGroup(group(partitions)).advice).toBe("spare");
  });

  it("never gives a number that is none, and more traffic never needs fewer consumers", () => {
    const rate = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(rate, rate, rate, (produce, more, capacity) => {
        const size = (of: number) =>
          sizeGroup(group([partition(0, { busyConsume: capacity })], flat(of))).atPeak?.consumers ?? 1;
        expect(Number.isFinite(size(produce))).toBe(true);
        expect(size(produce + more)).toBeGreaterThanOrEqual(size(produce));
      }),
    );
  });
});
