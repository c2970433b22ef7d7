/**
 * Whether lag is expected at a moment, by the batch windows of a policy. Times of day are compared as the clock on the
 * wall shows them: on the two nights of the year in which that clock is set, a window is an hour longer or shorter.
 */
import { WEEKDAYS, type BatchWindow, type Weekday } from "../../model/policy.ts";

export type LagExpectation = {
  /**
   * Messages that have waited for no longer than this are expected to wait: Infinity outside of every window (and while
   * the group may still begin); inside, the seconds since the window began, because a batch that has handled what
   * waited then is done.
   */
  readonly ageSeconds: number;
  /** The windows in words. */
  readonly text: string;
};

const DAY_MINUTES = 24 * 60;

/** Null where the policy has no windows. Costs a few microseconds per window: once per tick and policy. */
export function expectLag(windows: readonly BatchWindow[] | undefined, nowMs: number): LagExpectation | null {
  if (windows === undefined || windows.length === 0) return null;
  const ages = windows.map((window) => expectedAge(window, nowMs));
  return { ageSeconds: Math.min(...ages), text: windows.map(describe).join(" and ") };
}

function expectedAge(window: BatchWindow, nowMs: number): number {
  const now = wallClock(window.timezone, nowMs);
  const begin = minutes(window.from);
  const length = (minutes(window.to) - begin + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const since = (now.minutes - begin + DAY_MINUTES) % DAY_MINUTES;
  const beganYesterday = now.minutes < begin;
  const place = WEEKDAYS.indexOf(now.weekday) + (beganYesterday ? WEEKDAYS.length - 1 : 0);
  const day = WEEKDAYS[place % WEEKDAYS.length] ?? now.weekday;
  const onDay = window.weekdays.length === 0 || window.weekdays.includes(day);
  const sinceSeconds = since * 60;
  const begun = sinceSeconds >= window.grace_seconds;
  const ended = sinceSeconds >= length * 60 + window.grace_seconds;
  return onDay && begun && !ended ? sinceSeconds : Number.POSITIVE_INFINITY;
}

/** Minutes with their fraction, so that the age grows by the second. */
function wallClock(timezone: string, nowMs: number): { weekday: Weekday; minutes: number } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(nowMs);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((each) => each.type === type)?.value ?? "";
  const weekday = WEEKDAYS.find((day) => day === part("weekday").toLowerCase()) ?? "mon";
  return {
    weekday,
    minutes: Number(part("hour")) * 60 + Number(part("minute")) + Number(part("second")) / 60,
  };
}

function minutes(time: string): number {
  const [hour, minute] = time.split(":").map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
}

function describe({ weekdays, from, to, timezone }: BatchWindow): string {
  const days = weekdays.length === 0 ? "" : `${weekdays.join(", ")} `;
  return `${days}${from} to ${to} ${timezone}`;
}
