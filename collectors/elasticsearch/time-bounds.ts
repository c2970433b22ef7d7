/**
 * Time bounds for an Elasticsearch without the data stream module (the test build from Maven): nothing there moves the
 * end of a time series, so it gets wide bounds, and each later setup pushes the end on.
 */
import { z } from "zod";
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
  /** True when there is a backing index whose end has to move too. */
  readonly indexExists: boolean;
};

/** Keeps the start for ever and moves the end when it comes near. */
export async function boundsFor(
  http: ElasticsearchHttp,
  about: { readonly stream: string; readonly nowMs: number },
): Promise<BoundsPlan> {
  const { stream, nowMs } = about;
  const ofIndex = await boundsOfIndex(http, stream);
  const known = ofIndex ?? (await boundsOfTemplate(http, stream));
  const end = day(nowMs + BOUND_DAYS_AHEAD * DAY_MS);
  const indexExists = ofIndex !== undefined;
  if (known === undefined) {
    return { bounds: { start: day(nowMs - BOUND_DAYS_BACK * DAY_MS), end }, moved: true, indexExists };
  }
  const isNear = Date.parse(known.end) - nowMs < RENEW_DAYS * DAY_MS;
  return { bounds: isNear ? { start: known.start, end } : known, moved: isNear, indexExists };
}

async function boundsOfIndex(http: ElasticsearchHttp, stream: string): Promise<TimeBounds | undefined> {
  const path = `/${encodeURIComponent(stream)}/_settings`;
  const answer = await http.request({ method: "GET", path, query: { flat_settings: true } });
  if (answer.status === 404) return undefined;
  const parsed = indices.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refusal(answer, `read the settings of ${stream}`);
  return boundsIn(Object.values(parsed.data).at(-1)?.settings);
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
