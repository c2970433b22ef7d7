import { expect, test } from "vitest";
import { expectedVerdicts, momentAt } from "./timeline.ts";
import type { Phase, Scenario } from "./types.ts";

const phase = (seconds: number, change: Partial<Phase> = {}): Phase => ({
  seconds,
  members: 1,
  capacity: 10,
  says: `lasts ${seconds} s`,
  expected: ["ok"],
  settleSeconds: 5,
  ...change,
});
const scenario = (phases: readonly Phase[], repeatFrom?: number): Scenario => ({
  group: "g",
  topic: "t",
  partitions: 1,
  shows: "",
  production: { ratePerSecond: 1 },
  phases,
  ...(repeatFrom === undefined ? {} : { repeatFrom }),
});
const normal = { seed: 1, speed: 1 };

test("a phase begins exactly when the one before it is over", () => {
  const two = scenario([phase(10), phase(20)]);
  expect(momentAt(two, 9.999, normal)).toMatchObject({ ordinal: 0, phase: { seconds: 10 } });
  expect(momentAt(two, 10, normal)).toMatchObject({ ordinal: 1, secondsInto: 0, phase: { seconds: 20 } });
});

test("the last phase holds for ever where nothing repeats", () => {
  expect(momentAt(scenario([phase(10), phase(20)]), 1_000_000, normal)).toMatchObject({
    ordinal: 1,
    secondsInto: 999_990,
  });
});

test("a repeat goes back to its phase and counts on", () => {
  const repeating = scenario([phase(10), phase(20), phase(30)], 1);
  expect(momentAt(repeating, 60, normal)).toMatchObject({ ordinal: 3, phase: { seconds: 20 } });
  expect(momentAt(repeating, 60 + 20 + 29, normal)).toMatchObject({ ordinal: 4, phase: { seconds: 30 } });
});

test("speed shortens phases only", () => {
  expect(momentAt(scenario([phase(10), phase(20)]), 5, { seed: 1, speed: 2 })).toMatchObject({
    ordinal: 1,
    secondsInto: 0,
  });
});

test("drawn member numbers stay in their bounds and are the same for the same seed only", () => {
  const drawn = scenario([phase(10, { members: { from: 2, to: 5 } })], 0);
  const series = (seed: number) =>
    Array.from({ length: 200 }, (_, index) => momentAt(drawn, index * 10, { seed, speed: 1 }).members);
  expect(series(7)).toEqual(series(7));
  expect(series(7)).not.toEqual(series(8));
  expect(new Set(series(7))).toEqual(new Set([2, 3, 4, 5]));
});

test("an unsettled phase expects nothing, a settled one its verdicts", () => {
  const two = scenario([phase(10), phase(20, { expected: ["stopped"] })]);
  expect(expectedVerdicts(two, 4, normal)).toBeUndefined();
  expect(expectedVerdicts(two, 5, normal)).toEqual(["ok"]);
  expect(expectedVerdicts(two, 14.9, normal)).toBeUndefined();
  expect(expectedVerdicts(two, 15, normal)).toEqual(["stopped"]);
});

test("phases that all expect the same settle once", () => {
  const same = scenario([phase(4), phase(4)], 0);
  expect(expectedVerdicts(same, 4, normal)).toBeUndefined();
  expect(expectedVerdicts(same, 8.1, normal)).toEqual(["ok"]);
});
