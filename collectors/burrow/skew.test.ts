import { expect, test } from "vitest";
import { clockSkewMs } from "./skew.ts";

const at = (clockMs: number, skewMs: number) => ({
  sentMs: clockMs,
  receivedMs: clockMs + 2,
  dateMs: Math.floor((clockMs + 1 + skewMs) / 1000) * 1000,
});

test("says nothing without a Date header", () => {
  expect(clockSkewMs([{ sentMs: 1, receivedMs: 2, dateMs: null }])).toBeNull();
});

test("is 0 while whole seconds allow no difference", () => {
  expect(clockSkewMs([at(10_100, 0), at(10_999, 0), at(12_500, 0)])).toBe(0);
});

test("finds a clock that is 90 s ahead or behind within half a second", () => {
  expect(clockSkewMs([at(10_100, 90_000)])).toBeGreaterThan(89_000);
  expect(Math.abs((clockSkewMs([at(10_300, -90_000)]) ?? 0) + 90_000)).toBeLessThanOrEqual(700);
});
