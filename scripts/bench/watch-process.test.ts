import process from "node:process";
import { expect, test } from "vitest";
import { type Sample, sample, summarise } from "./watch-process.ts";

function at(atSeconds: number, change: Partial<Sample> = {}): Sample {
  return { atSeconds, cpuSeconds: atSeconds * 0.25, residentMegabytes: 100, openFiles: 20, ...change };
}

test("one sample says nothing and is refused", () => {
  expect(() => summarise([at(0)])).toThrow("Two samples are needed, got 1.");
});

test("a leak is a slope, whatever the noise on it", () => {
  const samples = Array.from({ length: 361 }, (_, index) =>
    at(index * 10, { residentMegabytes: 100 + (index / 360) * 12 + (index % 2 === 0 ? 5 : -5) }),
  );
  expect(summarise(samples).growthMegabytesPerHour).toBeCloseTo(12, 0);
  expect(summarise(samples).residentByFifth).toEqual([101.2, 103.6, 106, 108.4, 110.9]);
});

test("CPU is time used per time passed; files are told first, last and highest", () => {
  const summary = summarise([at(0), at(50, { openFiles: 31 }), at(100, { openFiles: 21 })]);
  expect(summary.cpuPercent).toBeCloseTo(25);
  expect(summary.openFiles).toEqual({ first: 20, last: 21, highest: 31 });
  expect(summary.growthMegabytesPerHour).toBe(0);
});

test("reads this process", () => {
  const now = sample(process.pid, performance.now());
  expect(now.residentMegabytes).toBeGreaterThan(10);
  expect(now.openFiles).toBeGreaterThan(2);
});
