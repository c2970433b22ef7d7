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

test("is not silenced by a clock that was set back", () => {
  let nowMs = 10_000_000;
  const limiter = createRepeatLimiter({ periodMs: 1000, now: () => nowMs });
  limiter.admit("a");
  nowMs = 0;
  expect(limiter.admit("a").write).toBe(true);
});
