import { describe, expect, it } from "vitest";
import type { BatchWindow } from "../../model/policy.ts";
import { expectLag } from "./batch-window.ts";

const window = (change: Partial<BatchWindow> = {}): BatchWindow => ({
  weekdays: [],
  from: "02:00",
  to: "05:00",
  timezone: "UTC",
  grace_seconds: 900,
  ...change,
});
/** 21 November 2026 is a Saturday. */
const age = (time: string, change?: Partial<BatchWindow>) =>
  expectLag([window(change)], Date.parse(`2026-11-21T${time}:00Z`))?.ageSeconds;

describe("a batch window", () => {
  it("asks nothing of a policy without windows", () => {
    expect(expectLag(undefined, 0)).toBeNull();
    expect(expectLag([], 0)).toBeNull();
  });

  it("lets everything wait at noon and until the grace to begin is over", () => {
    expect(age("12:00")).toBe(Infinity);
    expect(age("01:59")).toBe(Infinity);
    expect(age("02:14")).toBe(Infinity);
  });

  it("lets only wait what came since it began, until the grace to end is over", () => {
    expect(age("02:15")).toBe(900);
    expect(age("05:14")).toBe(3 * 3600 + 14 * 60);
    expect(age("05:15")).toBe(Infinity);
  });

  it("may end on the next day, and belongs to the day on which it begins", () => {
    const night = { from: "22:00", to: "03:00" };
    expect(age("01:00", night)).toBe(3 * 3600);
    expect(age("01:00", { ...night, weekdays: ["fri"] })).toBe(3 * 3600);
    expect(age("01:00", { ...night, weekdays: ["sat"] })).toBe(Infinity);
    expect(age("23:00", { ...night, weekdays: ["sat"] })).toBe(3600);
  });

  it("is read by the clock of its time zone", () => {
    expect(age("02:00", { timezone: "Europe/Berlin" })).toBe(3600);
    expect(age("18:00", { timezone: "Asia/Tokyo" })).toBe(3600);
  });

  it("of a whole day has no time outside", () => {
    expect(age("12:00", { from: "00:00", to: "00:00" })).toBe(12 * 3600);
  });

  it("with others lets wait what the strictest allows, and names all", () => {
    const found = expectLag(
      [window(), window({ from: "04:00", to: "06:00", weekdays: ["sat", "sun"] })],
      Date.parse("2026-11-21T04:30:00Z"),
    );
    expect(found).toEqual({
      ageSeconds: 1800,
      overdueSeconds: Infinity,
      text: "02:00 to 05:00 UTC and sat, sun 04:00 to 06:00 UTC",
    });
  });

  it("outside holds against the group what waited when the last window began", () => {
    const overdue = (time: string, change?: Partial<BatchWindow>) =>
      expectLag([window(change)], Date.parse(`2026-11-21T${time}:00Z`))?.overdueSeconds;
    expect(overdue("03:00")).toBe(Infinity);
    expect(overdue("12:00")).toBe(10 * 3600);
    // Until the grace to begin is over, the run of the day before is the last one.
    expect(overdue("02:10")).toBe(24 * 3600 + 600);
    expect(overdue("12:00", { weekdays: ["mon"] })).toBe((5 * 24 + 10) * 3600);
    expect(overdue("01:00", { weekdays: ["sat"] })).toBe((6 * 24 + 23) * 3600);
    expect(overdue("12:00", { from: "22:00", to: "03:00" })).toBe(14 * 3600);
  });

  it("that has ended no longer counts where another one is open", () => {
    const two = [window(), window({ from: "11:00", to: "13:00" })];
    expect(expectLag(two, Date.parse("2026-11-21T12:00:00Z"))?.overdueSeconds).toBe(Infinity);
    expect(expectLag(two, Date.parse("2026-11-21T15:00:00Z"))?.overdueSeconds).toBe(4 * 3600);
  });
});
