import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextTick, sleep, waitUntil } from "./schedule.ts";

const at = (nowMs: number, lastTickMs: number | null) => nextTick({ nowMs, intervalMs: 1000, lastTickMs });

describe("the next tick", () => {
  test("is the coming multiple of the interval at the start", () => {
    expect(at(10_400, null)).toEqual({ tickMs: 11_000, skipped: 0, clockWentBack: false });
    expect(at(11_000, null).tickMs).toBe(11_000);
  });

  test("follows the last one when the cycle was short", () => {
    expect(at(11_200, 11_000)).toEqual({ tickMs: 12_000, skipped: 0, clockWentBack: false });
  });

  test("skips and counts what an overrun cycle ran over, and does not start late", () => {
    expect(at(14_200, 11_000)).toEqual({ tickMs: 15_000, skipped: 3, clockWentBack: false });
  });

  test("waits out a clock that was corrected by a little, so that no tick comes twice", () => {
    expect(at(10_100, 11_000)).toEqual({ tickMs: 12_000, skipped: 0, clockWentBack: false });
  });

  test("follows a clock that was set back by more than three intervals", () => {
    expect(at(5_100, 11_000)).toEqual({ tickMs: 6_000, skipped: 0, clockWentBack: true });
  });

  test("is aligned, never in the past by an interval and never the last one again", () => {
    const times = fc.record({
      nowMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      intervalMs: fc.integer({ min: 1000, max: 3_600_000 }),
      back: fc.integer({ min: -5, max: 1_000_000 }),
    });
    fc.assert(
      fc.property(times, ({ nowMs, intervalMs, back }) => {
        const lastTickMs = (Math.floor(nowMs / intervalMs) - back) * intervalMs;
        const next = nextTick({ nowMs, intervalMs, lastTickMs });
        expect(next.tickMs % intervalMs === 0).toBe(true);
        expect(next.tickMs).toBeGreaterThanOrEqual(nowMs);
        expect(next.tickMs).not.toBe(lastTickMs);
        const counted = lastTickMs + (next.skipped + 1) * intervalMs;
        expect(next.tickMs).toBe(next.clockWentBack ? Math.ceil(nowMs / intervalMs) * intervalMs : counted);
      }),
    );
  });
});

describe("waiting", () => {
  test("ends at once when the signal aborts", async () => {
    const stop = new AbortController();
    const started = performance.now();
    const waiting = waitUntil({ untilMs: Date.now() + 60_000, now: Date.now, signal: stop.signal });
    stop.abort();
    expect(await waiting).toBe("aborted");
    await sleep(60_000, stop.signal);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test("ends when the clock reaches the time, also when it jumped there", async () => {
    let nowMs = 0;
    const waiting = waitUntil({ untilMs: 3_600_000, now: () => nowMs, signal: new AbortController().signal });
    nowMs = 3_600_001;
    expect(await waiting).toBe("due");
  });

  test("tells when the clock was set back meanwhile", async () => {
    let nowMs = 100_000;
    const waiting = waitUntil({ untilMs: 102_000, now: () => nowMs, signal: new AbortController().signal });
    nowMs = 10_000;
    expect(await waiting).toBe("clock_back");
  });
});
