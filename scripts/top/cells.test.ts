import { expect, test } from "vitest";
import { owners, shortCount, shortDuration, shortRate, since, timeLag, trendArrow } from "./cells.ts";
import type { GroupRow } from "./groups.ts";

const row = (change: Partial<GroupRow> = {}): GroupRow => ({
  "@timestamp": "2026-11-21T10:00:00.000Z",
  cluster: "shop",
  group: "orders",
  verdict: "ok",
  ...change,
});

test("what is absent is a dash, never a zero", () => {
  expect([
    shortDuration(undefined),
    shortCount(undefined),
    shortRate(undefined),
    timeLag(row()),
    trendArrow(row()),
    owners(row()),
    since(row(), 0),
  ]).toEqual(["-", "-", "-", "-", "-", "-", "-"]);
});

test.each([
  [0, "0 s"],
  [59.4, "59 s"],
  [59.6, "1m00s"],
  [192, "3m12s"],
  [3599.6, "1h00m"],
  [7500, "2h05m"],
  [86_400, "1d00h"],
  [273_600, "3d04h"],
  [-5, "0 s"],
])("%s seconds are %s", (seconds, text) => {
  expect(shortDuration(seconds)).toBe(text);
});

test.each([
  [0, "0"],
  [99_999, "99999"],
  [100_000, "100k"],
  [999_499, "999k"],
  [999_500, "1.0M"],
  [12_345_678, "12.3M"],
  [2_500_000_000, "2.5G"],
])("%s messages are %s", (count, text) => {
  expect(shortCount(count)).toBe(text);
});

test.each([
  [0, "0"],
  [0.004, "0"],
  [0.04, "0.04"],
  [9.34, "9.3"],
  [120.4, "120"],
  [45_300, "45k"],
])("%s per second are %s", (rate, text) => {
  expect(shortRate(rate)).toBe(text);
});

test("a time lag says how sure it is", () => {
  expect(timeLag(row({ time_lag_seconds: 75, time_lag_method: "interpolated" }))).toBe("1m15s");
  expect(timeLag(row({ time_lag_seconds: 75, time_lag_method: "lower_bound" }))).toBe("≥ 1m15s");
  expect(timeLag(row({ time_lag_seconds: 75, time_lag_method: "estimated" }))).toBe("~ 1m15s");
});

test("the arrow follows the lag, measured against the traffic", () => {
  const arrow = (lag_velocity: number, produce_rate: number) =>
    trendArrow(row({ lag_velocity, produce_rate }));
  expect([
    arrow(60, 100),
    arrow(10, 100),
    arrow(3, 100),
    arrow(-3, 100),
    arrow(-10, 100),
    arrow(-60, 100),
  ]).toEqual(["↑", "↗", "→", "→", "↘", "↓"]);
  expect(arrow(0.02, 0), "a trickle on an idle group is no trend").toBe("→");
});

test("since is counted from the beginning of the verdict, not from the document", () => {
  const began = row({ verdict_since: "2026-11-21T09:50:00.000Z", verdict_seconds: 1 });
  expect(since(began, Date.parse("2026-11-21T10:00:05Z"))).toBe("10m05s");
  expect(since(row({ verdict_seconds: 61 }), 0)).toBe("1m01s");
});

test("owners that Burrow cannot know are a dash beside the partitions", () => {
  expect(owners(row({ partition_count: 12 }))).toBe("-/12");
  expect(owners(row({ owner_count: 3, partition_count: 12 }))).toBe("3/12");
});
