/** What the name of an index tells about the times of its documents: the way back from `indexName`. Pure. */
import type { DATE_TOKENS, IndexPattern } from "./index-pattern.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

type DateToken = (typeof DATE_TOKENS)[number];
type Period = "hour" | "day" | "week" | "month" | "year";

/** Longest that an index of such a name covers, in days. */
const DAYS: Readonly<Record<Period, number>> = { hour: 1, day: 1, week: 7, month: 31, year: 366 };

/** Undefined where names of the pattern do not say which time they are of. */
export function daysOfPattern(pattern: IndexPattern): number | undefined {
  const period = periodOf(pattern);
  return period === undefined ? undefined : DAYS[period];
}

/**
 * Times of the documents of an index, the end not included; undefined where the name is not exactly one of the pattern,
 * or can be read in two ways.
 */
export function spanOfName(
  pattern: IndexPattern,
  name: string,
): { readonly startMs: number; readonly endMs: number } | undefined {
  const period = periodOf(pattern);
  if (period === undefined) return undefined;
  const readings = ["+", "+?"].map((often) => valuesIn(pattern, name, `(?:.${often})`));
  const [first, second] = readings;
  if (first === undefined || second === undefined) return undefined;
  if (JSON.stringify([...first]) !== JSON.stringify([...second])) return undefined;
  return spanOf(period, (token) => first.get(token) ?? 0);
}

function periodOf({ parts }: IndexPattern): Period | undefined {
  const tokens = new Set(parts.flatMap((part) => (part.kind === "date" ? [part.token] : [])));
  const hasYear = tokens.has("%Y") || tokens.has("%y");
  if (hasYear && tokens.has("%m") && tokens.has("%d")) return tokens.has("%H") ? "hour" : "day";
  if (tokens.has("%G") && tokens.has("%V")) return "week";
  if (!hasYear) return undefined;
  return tokens.has("%m") ? "month" : "year";
}

function valuesIn(
  { parts }: IndexPattern,
  name: string,
  field: string,
): ReadonlyMap<DateToken, number> | undefined {
  const tokens: DateToken[] = [];
  const source = parts.map((part) => {
    switch (part.kind) {
      case "text":
        return part.text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
      case "field":
        return field;
      case "date":
        tokens.push(part.token);
        return part.token === "%Y" || part.token === "%G" ? String.raw`(\d{4})` : String.raw`(\d{2})`;
    }
  });
  const found = new RegExp(`^${source.join("")}$`, "su").exec(name);
  if (found === null) return undefined;
  const values = new Map<DateToken, number>();
  for (const [position, token] of tokens.entries()) {
    const value = Number(found[position + 1]);
    // A pattern may say one thing twice; a name that says two is of another pattern.
    if ((values.get(token) ?? value) !== value) return undefined;
    values.set(token, value);
  }
  return values;
}

function spanOf(
  period: Period,
  value: (token: DateToken) => number,
): { readonly startMs: number; readonly endMs: number } | undefined {
  const year = value("%Y") || 2000 + value("%y");
  const month = value("%m");
  switch (period) {
    case "hour":
    case "day": {
      const dayMs = Date.UTC(year, month - 1, value("%d"));
      const hour = value("%H");
      if (new Date(dayMs).getUTCMonth() !== month - 1 || value("%d") === 0 || hour > 23) return undefined;
      const startMs = period === "hour" ? dayMs + hour * HOUR_MS : dayMs;
      return { startMs, endMs: startMs + (period === "hour" ? HOUR_MS : DAY_MS) };
    }
    case "week": {
      const week = value("%V");
      if (week < 1 || week > 53) return undefined;
      // 4 January is always in week 1.
      const fourthMs = Date.UTC(value("%G"), 0, 4);
      const mondayMs = fourthMs - ((new Date(fourthMs).getUTCDay() + 6) % 7) * DAY_MS;
      const startMs = mondayMs + (week - 1) * 7 * DAY_MS;
      return { startMs, endMs: startMs + 7 * DAY_MS };
    }
    case "month":
      return month < 1 || month > 12
        ? undefined
        : { startMs: Date.UTC(year, month - 1), endMs: Date.UTC(year, month) };
    case "year":
      return { startMs: Date.UTC(year, 0), endMs: Date.UTC(year + 1, 0) };
  }
}
