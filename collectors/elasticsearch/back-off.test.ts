import { describe, expect, test } from "vitest";
import { BackOff } from "./back-off.ts";
import { ReplayLimit } from "./replay-limit.ts";

const failing = { retryAfterMs: null, progress: false };

describe("while Elasticsearch fails", () => {
  test("delays double up to their limit", () => {
    const backOff = new BackOff({ random: () => 1 });
    const delays = Array.from({ length: 10 }, () => backOff.failed(failing));
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("delays are drawn from the whole range, but never nothing", () => {
    const backOff = new BackOff({ random: () => 0 });
    expect([backOff.failed(failing), backOff.failed(failing)]).toEqual([50, 100]);
  });

  test("a server that says when is asked no earlier, and no later than in ten minutes", () => {
    const backOff = new BackOff({ random: () => 0 });
    expect(backOff.failed({ retryAfterMs: 7_000, progress: false })).toBe(7_000);
    expect(backOff.failed({ retryAfterMs: 86_400_000, progress: false })).toBe(600_000);
  });

  test("a success of a request that was under way does not shorten the time that a server asked for", async () => {
    const backOff = new BackOff({ baseMs: 1, maxMs: 1 });
    backOff.failed({ retryAfterMs: 200, progress: false });
    expect(backOff.succeeded()).toBe(true);
    const startedMs = performance.now();
    expect(await backOff.pass(new AbortController().signal)).toBe(true);
    expect(performance.now() - startedMs).toBeGreaterThan(190);
  });

  test("delays stay short while some documents get through", () => {
    const backOff = new BackOff({ random: () => 1 });
    const delays = Array.from({ length: 6 }, () => backOff.failed({ retryAfterMs: null, progress: true }));
    expect(delays).toEqual([500, 1_000, 2_000, 2_000, 2_000, 2_000]);
  });

  test("one caller probes, the others wait for what it finds", async () => {
    const backOff = new BackOff({ baseMs: 20, random: () => 1 });
    const { signal } = new AbortController();
    backOff.failed(failing);
    const passed: number[] = [];
    const callers = [1, 2, 3].map(async (caller) => {
      await backOff.pass(signal);
      passed.push(caller);
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(passed).toHaveLength(1);
    expect(backOff.succeeded()).toBe(true);
    await Promise.all(callers);
    expect(passed).toHaveLength(3);
  });

  test("a probe that had nothing to send lets the next one try", async () => {
    const backOff = new BackOff({ baseMs: 1, random: () => 1 });
    const { signal } = new AbortController();
    backOff.failed(failing);
    expect(await backOff.pass(signal)).toBe(true);
    const second = backOff.pass(signal);
    backOff.unused();
    expect(await second).toBe(true);
  });

  test("nobody waits on after a stop, nor when there is no later", async () => {
    const backOff = new BackOff({ baseMs: 60_000, random: () => 1 });
    const stop = new AbortController();
    backOff.failed(failing);
    const waiting = backOff.pass(stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
    const hurried = backOff.pass(new AbortController().signal);
    backOff.hurry();
    expect(await hurried).toBe(true);
  });
});

test("the replay limit lets so many documents through per second, and a batch may overdraw once", () => {
  let nowMs = 0;
  const limit = new ReplayLimit(100, () => nowMs);
  expect(limit.allows()).toBe(true);
  limit.spend(250);
  expect(limit.allows()).toBe(false);
  nowMs = 1_500;
  expect(limit.allows()).toBe(false);
  nowMs = 1_600;
  expect(limit.allows()).toBe(true);
});
