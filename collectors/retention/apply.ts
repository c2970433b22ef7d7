/** Does in Elasticsearch what a plan says. Each step leaves a state that the next run can go on from. */
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import { iso } from "./clock.ts";
import type { Reading, SeriesTemplate } from "./read.ts";
import { readIndices, refused } from "./read.ts";
import type { Removal } from "./types.ts";
import type { Span } from "../elasticsearch/windows.ts";

/** As the lifecycle policy of setup has it. */
const ROLL_OVER_AT = { max_age: "1d", max_primary_shard_size: "50gb", min_docs: 1 };

const rolled = z.object({ rolled_over: z.boolean(), new_index: z.string() });

/**
 * Opens one window: the template gets its bounds, a rollover makes the index.
 * @returns the name of the index.
 * @throws LaglineError `LAGLINE_RETENTION_WINDOW` when the index got other bounds.
 */
export async function openWindow(reading: Reading, template: SeriesTemplate, span: Span): Promise<string> {
  await moveTemplate(reading, template, span);
  const name = (await rollOver(reading, {})).new_index;
  const made = (await readIndices(reading)).find((index) => index.name === name);
  if (made?.span?.startMs === span.startMs && made.span.endMs === span.endMs) return name;
  throw new LaglineError({
    code: "LAGLINE_RETENTION_WINDOW",
    message: `The index ${name} was to take documents from ${iso(span.startMs)} to ${iso(span.endMs)}, but has other bounds: something else writes the template at the same time.`,
    hint: "Let one `lagline retention` run for a data stream, and no setup at the same time.",
    retryable: true,
  });
}

export async function moveTemplate(
  { http, signal }: Reading,
  { path, body }: SeriesTemplate,
  span: Span,
): Promise<void> {
  const json = withBounds(body, span);
  const answer = await http.request({ method: "PUT", path, json, signal });
  if (answer.status !== 200) throw refused(answer, "move the time bounds in the template");
}

/** True when there is a new index. */
export async function rollOverIfDue(reading: Reading): Promise<string | null> {
  const { rolled_over: isRolled, new_index: name } = await rollOver(reading, { conditions: ROLL_OVER_AT });
  return isRolled ? name : null;
}

/** False when it was gone already. */
export async function removeIndex({ http, signal }: Reading, { name }: Removal): Promise<boolean> {
  const answer = await http.request({ method: "DELETE", path: `/${encodeURIComponent(name)}`, signal });
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw refused(answer, `delete the index ${name}`);
  return true;
}

async function rollOver({ http, index, signal }: Reading, json: Readonly<Record<string, unknown>>) {
  const path = `/${encodeURIComponent(index.name)}/_rollover`;
  const answer = await http.request({ method: "POST", path, json, signal });
  const parsed = rolled.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) throw refused(answer, `open a new index of ${index.name}`);
  return parsed.data;
}

const settingsIn = z.looseObject({
  template: z.looseObject({ settings: z.record(z.string(), z.unknown()) }),
});
const nested = z.looseObject({});

/** The body as it is, but for the two bounds, nested as Elasticsearch gives them back. */
function withBounds(body: SeriesTemplate["body"], span: Span): SeriesTemplate["body"] {
  const parsed = settingsIn.parse(body);
  const { index, ...rest } = parsed.template.settings;
  const bounds = {
    start_time: new Date(span.startMs).toISOString(),
    end_time: new Date(span.endMs).toISOString(),
  };
  const settings = { ...rest, index: { ...nested.parse(index ?? {}), time_series: bounds } };
  return { ...parsed, template: { ...parsed.template, settings } };
}
