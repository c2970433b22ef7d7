import { expect, test } from "vitest";
import { Reading } from "./reading.ts";
import type { Phase } from "./types.ts";

const phase = (change: Partial<Phase> = {}): Phase => ({
  seconds: 60,
  members: 1,
  capacity: 10,
  says: "",
  expected: ["ok"],
  settleSeconds: 0,
  ...change,
});
const from = (offset: bigint, count: number): bigint[] =>
  Array.from({ length: count }, (_, index) => offset + BigInt(index));

test("a partition that another member took over is ignored", () => {
  const reading = new Reading(new Map([[0, 5n]]));
  expect(reading.handle(9, [5n])).toBe(0);
  expect(reading.positions()).toEqual([{ partition: 0, offset: 5n }]);
});

test("a stuck partition is not read, and its offset is committed with the others", () => {
  const reading = new Reading(
    new Map([
      [0, 5n],
      [2, 7n],
    ]),
  );
  const stuck = phase({ stuckPartition: 2 });
  expect(reading.want(stuck, 1).map(({ partition }) => partition)).toEqual([0]);
  reading.handle(0, [5n]);
  expect(reading.positions()).toEqual([
    { partition: 0, offset: 6n },
    { partition: 2, offset: 7n },
  ]);
});

test("no more than the capacity is handled, however much a fetch brings", () => {
  const reading = new Reading(new Map([[0, 100n]]));
  expect(reading.want(phase({ capacity: 3 }), 1)).toEqual([{ partition: 0, offset: 100n, atMost: 3 }]);
  expect(reading.handle(0, from(100n, 50))).toBe(3);
  expect(reading.positions()).toEqual([{ partition: 0, offset: 103n }]);
});

test("fractions of a capacity add up", () => {
  const reading = new Reading(new Map([[0, 0n]]));
  let handled = 0;
  for (let step = 0; step < 10; step += 1) {
    const [want] = reading.want(phase({ capacity: 0.5 }), 1);
    if (want !== undefined) handled += reading.handle(0, from(want.offset, 50));
  }
  expect(handled).toBe(5);
});

test("time spent waiting is not saved up beyond two seconds", () => {
  const reading = new Reading(new Map([[0, 0n]]));
  expect(reading.want(phase({ capacity: 10 }), 3600)).toEqual([{ partition: 0, offset: 0n, atMost: 20 }]);
});

test("messages before the position, which a batch may begin with, are not handled again", () => {
  const reading = new Reading(new Map([[0, 100n]]));
  reading.want(phase(), 1);
  expect(reading.handle(0, from(95n, 8))).toBe(3);
  expect(reading.positions()).toEqual([{ partition: 0, offset: 103n }]);
});

test("a rewind goes back, at most to the beginning", () => {
  const reading = new Reading(
    new Map([
      [0, 1000n],
      [1, 10n],
    ]),
  );
  reading.rewind(0, 600);
  reading.rewind(1, 600);
  expect(reading.positions()).toEqual([
    { partition: 0, offset: 400n },
    { partition: 1, offset: 0n },
  ]);
});

test("a position that the log no longer has moves to the nearest one", () => {
  const reading = new Reading(new Map([[0, 5n]]));
  reading.moveTo(0, 40n);
  expect(reading.want(phase(), 1)).toEqual([{ partition: 0, offset: 40n, atMost: 10 }]);
});
