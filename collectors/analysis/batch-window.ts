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
  /**
   * Outside of every window: messages that have waited for longer than this waited already when the last window began, so
   * the run that should have handled them failed, and the failure lasts until a run succeeds. Infinity inside of a window.
   */
  readonly overdueSeconds: number;
  /** The windows in words. */
  readonly text: string;
};

const DAY_MINUTES = 24 * 60;

/** Null where the policy has no windows. Costs a few microseconds per window: once per tick and policy. */
export function expectLag(windows: readonly BatchWindow[] | undefined, nowMs: number): LagExpectation | null {
  if (windows === undefined || windows.length === 0) return null;
  const ages = windows.map((window) => expectedAge(window, nowMs));
  const ageSeconds = Math.min(...ages);
  const isInside = Number.isFinite(ageSeconds);
  return {
    ageSeconds,
    overdueSeconds: isInside
      ? Number.POSITIVE_INFINITY
      : Math.min(...windows.map((window) => sinceLastBegin(window, nowMs))),
    text: windows.map(describe).join(" and "),
  };
}

function expectedAge(window: BatchWindow, nowMs: number): number {
  const length = (minutes(window.to) - minutes(window.from) + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
  const { onDay, seconds } = sinceBegin(window, nowMs, 0);
  const begun = seconds >= window.grace_seconds;
  const ended = seconds >= length * 60 + window.grace_seconds;
  return onDay && begun && !ended ? seconds : Number.POSITIVE_INFINITY;
}

/** Seconds since the newest begin of the window that is past its grace. */
function sinceLastBegin(window: BatchWindow, nowMs: number): number {
  // A week and a day: today's begin may still be in its grace.
  for (let daysBack = 0; daysBack <= WEEKDAYS.length; daysBack++) {
    const { onDay, seconds } = sinceBegin(window, nowMs, daysBack);
    if (onDay && seconds >= window.grace_seconds) return seconds;
  }
  return Number.POSITIVE_INFINITY;
}

/** The time of day at which the window begins, `daysBack` days before its last one, and whether it begins on that day. */
function sinceBegin(
  window: BatchWindow,
  nowMs: number,
  daysBack: number,
): { readonly seconds: number; readonly onDay: boolean } {
  const now = wallClock(window.timezone, nowMs);
  const begin = minutes(window.from);
  const since = (now.minutes - begin + DAY_MINUTES) % DAY_MINUTES;
  const before = daysBack + (now.minutes < begin ? 1 : 0);
  const place = WEEKDAYS.indexOf(now.weekday) - before + 2 * WEEKDAYS.length;
  const day = WEEKDAYS[place % WEEKDAYS.length] ?? now.weekday;
  return {
    seconds: (since + daysBack * DAY_MINUTES) * 60,
    onDay: window.weekdays.length === 0 || window.weekdays.includes(day),
  };
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
