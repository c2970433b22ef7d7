import { expect, test } from "vitest";
import { createRepeatLimiter } from "./log.ts";

test("lets one line of a kind through per period and says how many it held back", () => {
  let nowMs = 0;
  const limiter = createRepeatLimiter({ periodMs: 1000, now: () => nowMs });
  expect(limiter.admit("a")).toEqual({ write: true, suppressed: 0 });
  expect(limiter.admit("a").write).toBe(false);
  expect(limiter.admit("a").write).toBe(false);
  expect(limiter.admit("b").write).toBe(true);
  nowMs = 1000;
  expect(limiter.admit("a")).toEqual({ write: true, suppressed: 2 });
});

test("lets several lines of a kind through where that is wanted, each kind for itself", () => {
  let nowMs = 0;
  const limiter = createRepeatLimiter({ periodMs: 1000, lines: 3, now: () => nowMs });
  const written = ["a", "a", "b", "a", "a", "b"].map((key) => limiter.admit(key).write);
  expect(written).toEqual([true, true, true, true, false, true]);
  nowMs = 1000;
  expect(limiter.admit("a")).toEqual({ write: true, suppressed: 1 });
});

test("is not silenced by a clock that was set back", () => {
  let nowMs = 10_000_000;
  const limiter = createRepeatLimiter({ periodMs: 1000, now: () => nowMs });
  limiter.admit("a");
  nowMs = 0;
  expect(limiter.admit("a").write).toBe(true);
});
