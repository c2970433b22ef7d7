/** Numbers, durations and trends in the few characters a table cell has. Pure. */
import type { GroupRow } from "./groups.ts";

const ABSENT = "-";

/** `9 s`, `42 s`, `3m12s`, `2h05m`, `3d04h`; at most six characters up to 99 days. */
export function shortDuration(seconds: number | undefined): string {
  if (seconds === undefined) return ABSENT;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${twoDigits(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${twoDigits(hours % 24)}h`;
}

const twoDigits = (value: number): string => String(value).padStart(2, "0");

/** Exact up to 99 999, then `123k`, `1.2M`, `3.4G`. */
export function shortCount(count: number | undefined): string {
  if (count === undefined) return ABSENT;
  if (Math.abs(count) < 100_000) return String(Math.round(count));
  if (Math.abs(count) < 999_500) return `${Math.round(count / 1000)}k`;
  if (Math.abs(count) < 999_500_000) return `${(count / 1_000_000).toFixed(1)}M`;
  return `${(count / 1_000_000_000).toFixed(1)}G`;
}

/** Messages per second: `0`, `0.04`, `9.3`, `120`, `45k`. */
export function shortRate(perSecond: number | undefined): string {
  if (perSecond === undefined) return ABSENT;
  const size = Math.abs(perSecond);
  if (size < 0.005) return "0";
  if (size < 0.95) return perSecond.toFixed(2);
  if (size < 99.95) return perSecond.toFixed(1);
  return size < 10_000 ? String(Math.round(perSecond)) : `${Math.round(perSecond / 1000)}k`;
}

/** Marks how sure a time lag is: `≥` at least, `~` estimated. */
export function timeLag({ time_lag_seconds, time_lag_method }: GroupRow): string {
  const text = shortDuration(time_lag_seconds);
  if (text === ABSENT) return text;
  if (time_lag_method === "lower_bound") return `≥ ${text}`;
  return time_lag_method === "estimated" ? `~ ${text}` : text;
}

/** Lag moves by more than a twentieth of the traffic: slanted; by more than half of it: steep. */
const NOTICEABLE = 0.05;
const STEEP = 0.5;

/** Which way the lag goes, measured against the traffic of the group so that big and small groups compare. */
export function trendArrow({ lag_velocity, produce_rate = 0, consume_rate = 0 }: GroupRow): string {
  if (lag_velocity === undefined) return ABSENT;
  const share = lag_velocity / Math.max(1, produce_rate, consume_rate);
  if (share > STEEP) return "↑";
  if (share > NOTICEABLE) return "↗";
  if (share < -STEEP) return "↓";
  return share < -NOTICEABLE ? "↘" : "→";
}

/** `3/12`: owners and partitions; `-/12` where Burrow cannot know owners. */
export function owners({ owner_count, partition_count }: GroupRow): string {
  if (owner_count === undefined && partition_count === undefined) return ABSENT;
  return `${shortCount(owner_count)}/${shortCount(partition_count)}`;
}

/** Since when the verdict holds; a document without it says nothing. */
export function since(row: GroupRow, nowMs: number): string {
  const beganMs = row.verdict_since === undefined ? Number.NaN : Date.parse(row.verdict_since);
  return Number.isNaN(beganMs) ? shortDuration(row.verdict_seconds) : shortDuration((nowMs - beganMs) / 1000);
}
