/**
 * Time bounds for an Elasticsearch without the data stream module (the build from Maven): nothing there moves the end of
 * a time series. `lagline retention` opens one window after another; where that does not run, one index gets wide
 * bounds, and each later setup pushes its end on.
 */
import { z } from "zod";
import { firstWindow, suitsFirst } from "./windows.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { refusal } from "./detect.ts";
import { readTemplate } from "./setup-templates.ts";
import { flatten } from "./template-hash.ts";
import type { TimeBounds } from "./templates.ts";
import { templateNames } from "./templates.ts";

const DAY_MS = 86_400_000;
/** Documents older than this are refused. */
export const BOUND_DAYS_BACK = 30;
/** Documents newer than this are refused, so `lagline setup` must run once in the time. */
export const BOUND_DAYS_AHEAD = 365;
/** The end moves once less than this is left. */
const RENEW_DAYS = 180;

const indices = z.record(z.string(), z.object({ settings: z.record(z.string(), z.unknown()) }));
const settings = z.object({
  "index.time_series.start_time": z.string(),
  "index.time_series.end_time": z.string(),
});

export type BoundsPlan = {
  readonly bounds: TimeBounds;
  /** True when the end was moved, or set for the first time. */
  readonly moved: boolean;
  /** Backing index whose end has to move too; null before the first document. */
  readonly index: string | null;
  /** `lagline retention` opens windows, and this setup moves none that exists. */
  readonly inWindows: boolean;
};

export type BoundsQuestion = {
  readonly stream: string;
  readonly nowMs: number;
  readonly retentionDays: number;
  readonly inWindows: boolean;
};

/** What the template has to say, and what has to move. */
export async function boundsFor(http: ElasticsearchHttp, about: BoundsQuestion): Promise<BoundsPlan> {
  const ofIndices = await boundsOfIndices(http, about.stream);
  const ofTemplate = await boundsOfTemplate(http, about.stream);
  const [newest] = ofIndices.toSorted((a, b) => Date.parse(b.bounds.end) - Date.parse(a.bounds.end));
  const known = newest?.bounds ?? ofTemplate;
  // More than one index is the work of retention, whatever this setup was told.
  return about.inWindows || ofIndices.length > 1
    ? windowsPlan(about, ofTemplate ?? known, newest?.name ?? null)
    : widePlan(about, known, newest?.name ?? null);
}

/** Keeps the start for ever and moves the end when it comes near. */
function widePlan(
  { nowMs }: BoundsQuestion,
  known: TimeBounds | undefined,
  index: string | null,
): BoundsPlan {
  const end = day(nowMs + BOUND_DAYS_AHEAD * DAY_MS);
  if (known === undefined) {
    const bounds = { start: day(nowMs - BOUND_DAYS_BACK * DAY_MS), end };
    return { bounds, moved: true, index, inWindows: false };
  }
  const moved = Date.parse(known.end) - nowMs < RENEW_DAYS * DAY_MS;
  return { bounds: moved ? { start: known.start, end } : known, moved, index, inWindows: false };
}

/** Before the first document the template's bounds must hold it; after it they are the business of retention. */
function windowsPlan(
  { nowMs, retentionDays }: BoundsQuestion,
  known: TimeBounds | undefined,
  index: string | null,
): BoundsPlan {
  const span = known && { startMs: Date.parse(known.start), endMs: Date.parse(known.end) };
  if (known !== undefined && span !== undefined) {
    const isRight = index !== null || suitsFirst(span, nowMs, retentionDays);
    if (isRight) return { bounds: known, moved: false, index, inWindows: true };
  }
  const { startMs, endMs } = firstWindow(nowMs, retentionDays);
  return { bounds: { start: day(startMs), end: day(endMs) }, moved: true, index, inWindows: true };
}

async function boundsOfIndices(
  http: ElasticsearchHttp,
  stream: string,
): Promise<readonly { readonly name: string; readonly bounds: TimeBounds }[]> {
  const path = `/${encodeURIComponent(stream)}/_settings`;
  const answer = await http.request({ method: "GET", path, query: { flat_settings: true } });
  if (answer.status === 404) return [];
  const parsed = indices.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refusal(answer, `read the settings of ${stream}`);
  return Object.entries(parsed.data).flatMap(([name, found]) => {
    const bounds = boundsIn(found.settings);
    return bounds === undefined ? [] : [{ name, bounds }];
  });
}

async function boundsOfTemplate(http: ElasticsearchHttp, stream: string): Promise<TimeBounds | undefined> {
  const body = await readTemplate(http, { kind: "component", name: templateNames(stream).series });
  return boundsIn(flatten(body ?? {}, ""), "template.settings.");
}

/** Bounds among flat settings whose names begin with `prefix`. */
function boundsIn(found: Readonly<Record<string, unknown>> | undefined, prefix = ""): TimeBounds | undefined {
  const entries = Object.entries(found ?? {}).map(([name, value]): [string, unknown] => [
    name.startsWith(prefix) ? name.slice(prefix.length) : name,
    value,
  ]);
  const parsed = settings.safeParse(Object.fromEntries(entries));
  if (!parsed.success) return undefined;
  return {
    start: parsed.data["index.time_series.start_time"],
    end: parsed.data["index.time_series.end_time"],
  };
}

/** Whole days, so that two setups of one day agree. */
function day(ms: number): string {
  return new Date(Math.floor(ms / DAY_MS) * DAY_MS).toISOString();
}
