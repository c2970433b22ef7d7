import { describe, expect, it } from "vitest";
import { HEAD_POINTS, HeadHistory } from "./head-history.ts";
import { TimeLagFinder, type TimeLag } from "./time-lag.ts";

const T0 = Date.UTC(2026, 10, 21);
const lag = (): TimeLag => ({ seconds: 0, errorSeconds: 0, method: "none" });

function find(
  history: HeadHistory,
  of: { slot: number; committed: number; head: number; nowMs: number },
): TimeLag {
  const into = lag();
  new TimeLagFinder(history).find({ ...of, lag: of.head - of.committed, refreshMs: 10_000 }, into);
  return into;
}

describe("HeadHistory", () => {
  it("starts anew when an end offset goes back, because the topic is another one", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    history.record(slot, T0, 5000);
    expect(history.record(slot, T0 + 30_000, 10)).toBe(false);
    expect(history.count(slot)).toBe(1);
    expect(history.newestOffset(slot)).toBe(10);
  });

  it("takes no end below 0, which a commit at -1 would imply and no history could keep", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    expect(history.record(slot, T0, -1)).toBe(true);
    history.seed(slot, T0 - 30_000, -1);
    expect(history.count(slot)).toBe(0);
    history.record(slot, T0, 0);
    expect(history.newestOffset(slot)).toBe(0);
  });

  it("does not grow beyond its ring and keeps the oldest point for days", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    for (let tick = 0; tick < 5000; tick++) history.record(slot, T0 + tick * 30_000, tick * 300);
    expect(history.count(slot)).toBe(HEAD_POINTS);
    expect(history.timeAt(slot, 0)).toBe(T0);
  });

  it("keeps gaps in proportion to their age, so that an hour ago is known to minutes", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    const last = 2880;
    for (let tick = 0; tick <= last; tick++) history.record(slot, T0 + tick * 30_000, tick * 300);
    const nowMs = T0 + last * 30_000;
    const shares = Array.from({ length: HEAD_POINTS - 1 }, (_, index) => {
      const from = history.timeAt(slot, index);
      const to = history.timeAt(slot, index + 1);
      return (to - from) / (nowMs - from);
    });
    // The first and the last few points are bounded by the tick, not by their age.
    expect(Math.max(...shares.slice(1, -8))).toBeLessThan(0.35);
  });

  it("keeps only the ends of a run without movement, and still knows when it ended", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    history.record(slot, T0 - 30_000, 900);
    for (let tick = 0; tick < 100; tick++) history.record(slot, T0 + tick * 30_000, 1000);
    expect(history.count(slot)).toBe(3);
    expect(history.rate(slot, 60_000)).toBe(0);
    history.record(slot, T0 + 100 * 30_000, 1300);
    const found = find(history, { slot, committed: 1000, head: 1300, nowMs: T0 + 100 * 30_000 });
    expect(found.seconds).toBeLessThan(40);
  });

  it("gives back a released ring empty", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    history.record(slot, T0, 1);
    history.release(slot);
    expect(history.allocate()).toBe(slot);
    expect(history.count(slot)).toBe(0);
  });
});

describe("TimeLagFinder", () => {
  it("says none without any history", () => {
    const history = new HeadHistory();
    const found = find(history, { slot: history.allocate(), committed: 5, head: 10, nowMs: T0 });
    expect(found.method).toBe("none");
    expect(found.seconds).toBeNaN();
  });

  it("says only a lower bound for what is older than every point and cannot be reached by a short line", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    for (let tick = 0; tick <= 4; tick++) history.record(slot, T0 + tick * 30_000, 1_000_000 + tick * 300);
    const found = find(history, { slot, committed: 0, head: 1_001_200, nowMs: T0 + 120_000 });
    expect(found).toEqual({ seconds: 120, errorSeconds: Number.NaN, method: "lower_bound" });
  });

  it("draws a line back at most as far as the history is long, or ten minutes", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    for (let tick = 0; tick <= 4; tick++) history.record(slot, T0 + tick * 30_000, 10_000 + tick * 300);
    const near = find(history, { slot, committed: 5000, head: 11_200, nowMs: T0 + 120_000 });
    expect(near.method).toBe("estimated");
    expect(near.seconds).toBeCloseTo(120 + 500, 0);
    const far = find(history, { slot, committed: 3900, head: 11_200, nowMs: T0 + 120_000 });
    expect(far.method).toBe("lower_bound");
  });

  it("is exact when both neighbours lie within one refresh", () => {
    const history = new HeadHistory();
    const slot = history.allocate();
    for (let tick = 0; tick <= 10; tick++) history.record(slot, T0 + tick * 10_000, 1000 + tick * 100);
    const found = find(history, { slot, committed: 1500, head: 2000, nowMs: T0 + 100_000 });
    expect(found.method).toBe("exact");
    expect(Math.abs(found.seconds - 55)).toBeLessThanOrEqual(found.errorSeconds);
  });
});
