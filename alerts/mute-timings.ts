/** Mute windows of policies as Grafana's mute timings. */
import { createHash } from "node:crypto";
import type { AlertPolicy, MuteWindow } from "./types.ts";
import type { JsonObject } from "../dashboards/types.ts";
import { WEEKDAYS } from "../model/policy.ts";
import type { Weekday } from "../model/policy.ts";

const NAMES: Readonly<Record<Weekday, string>> = {
  mon: "monday",
  tue: "tuesday",
  wed: "wednesday",
  thu: "thursday",
  fri: "friday",
  sat: "saturday",
  sun: "sunday",
};

/** One timing for each distinct list of windows. */
export function muteTimes(policies: readonly AlertPolicy[]): readonly JsonObject[] {
  const lists = new Map(
    policies
      .filter(({ muteWindows }) => muteWindows.length > 0)
      .map(({ muteWindows }) => [muteTimingName(muteWindows), muteWindows]),
  );
  return [...lists].map(([name, windows]) => ({
    orgId: 1,
    name,
    time_intervals: windows.flatMap(intervals),
  }));
}

/** Follows the windows, so that another policy with the same ones shares it. */
export function muteTimingName(windows: readonly MuteWindow[]): string {
  return `lagline-mute-${createHash("sha256").update(JSON.stringify(windows)).digest("hex").slice(0, 12)}`;
}

/** A window over midnight is two: its evening, and the morning of the next day. */
function intervals({ weekdays, from, to, timezone }: MuteWindow): readonly JsonObject[] {
  const days = weekdays.length === 0 ? WEEKDAYS : weekdays;
  const part = (on: readonly Weekday[], start: string, end: string): JsonObject => ({
    times: [{ start_time: start, end_time: end }],
    // Days one by one: Grafana refuses a range such as saturday:sunday and then does not start (measured).
    ...(on.length === WEEKDAYS.length ? {} : { weekdays: on.map((day) => NAMES[day]) }),
    ...(timezone === "UTC" ? {} : { location: timezone }),
  });
  if (to > from) return [part(days, from, to)];
  const morning = to === "00:00" ? [] : [part(days.map(nextDay), "00:00", to)];
  return [part(days, from, "24:00"), ...morning];
}

function nextDay(day: Weekday): Weekday {
  return WEEKDAYS[(WEEKDAYS.indexOf(day) + 1) % WEEKDAYS.length] ?? day;
}
