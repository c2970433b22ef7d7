/** One run of retention: look, decide, do, and say what was done and what is left. */
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { daysOfPattern } from "../../model/index-span.ts";
import type { ElasticsearchHttp } from "../elasticsearch/client.ts";
import { detectServer } from "../elasticsearch/detect.ts";
import { moveTemplate, openWindow, removeIndex, rollOverIfDue } from "./apply.ts";
import { iso } from "./clock.ts";
import { planRetention } from "./plan.ts";
import { readIndices, readSeriesTemplate, type Reading, type SeriesTemplate } from "./read.ts";
import type { Plan } from "./types.ts";

export type RunOptions = {
  readonly http: ElasticsearchHttp;
  readonly index: DocumentsIndex;
  readonly retentionDays: number;
  readonly nowMs: number;
  readonly steadySinceMs: number | null;
  /** Changes nothing, says what it would do. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Gets one sentence for each thing that was done, as it is done. */
  readonly log: (sentence: string) => void;
};

export type RunResult = {
  /** `modules`: this Elasticsearch deletes by itself. `empty`: there is nothing yet. */
  readonly state: "modules" | "empty" | "done";
  readonly deleted: number;
  readonly opened: number;
  /** Old enough, and still there. */
  readonly due: number;
  readonly indices: number;
  readonly held: string | null;
  readonly warnings: readonly string[];
  readonly oldestMs: number | null;
  readonly coveredUntilMs: number | null;
};

const NOTHING = { deleted: 0, opened: 0, due: 0, indices: 0, held: null, warnings: [], oldestMs: null };

/** @throws ElasticsearchFault without an answer; LaglineError when Elasticsearch refuses something. */
export async function runRetention(options: RunOptions): Promise<RunResult> {
  const { http, index, signal } = options;
  const reading: Reading = { http, index, signal };
  const server = await detectServer(http, index.mode === "daily" ? index.templateName : index.name);
  if (server.hasDataStreamApi) return { ...NOTHING, state: "modules", coveredUntilMs: null };
  const indices = await readIndices(reading);
  const template = index.mode === "time_series" ? await readSeriesTemplate(reading) : null;
  const plan = planRetention({
    mode: index.mode,
    nowMs: options.nowMs,
    retentionDays: options.retentionDays,
    indices,
    template: template?.bounds ?? null,
    daysOfName: daysOfPattern(index.pattern) ?? 1,
    steadySinceMs: options.steadySinceMs,
  });
  const opened = await open(reading, options, { plan, template });
  const deleted = await remove(reading, options, plan);
  return {
    state: indices.length === 0 ? "empty" : "done",
    deleted,
    opened,
    due: plan.due - deleted,
    indices: indices.length + opened - deleted,
    held: plan.held,
    warnings: plan.warnings,
    oldestMs: plan.oldestMs,
    coveredUntilMs: plan.coveredUntilMs,
  };
}

/** Before anything is deleted: what is written now matters more than what is old. */
async function open(
  reading: Reading,
  { dryRun, log }: RunOptions,
  { plan, template }: { plan: Plan; template: SeriesTemplate | null },
): Promise<number> {
  const { index } = reading;
  if (plan.first !== null && template !== null) {
    if (!dryRun) await moveTemplate(reading, template, plan.first);
    const range = `${iso(plan.first.startMs)} to ${iso(plan.first.endMs)}`;
    log(`The first index of ${index.name} ${dryRun ? "would take" : "will take"} documents from ${range}.`);
  }
  for (const span of plan.open) {
    const range = `${iso(span.startMs)} to ${iso(span.endMs)}`;
    const name = dryRun || template === null ? null : await openWindow(reading, template, span);
    log(
      name === null
        ? `Would open an index for documents from ${range}.`
        : `Opened ${name} for documents from ${range}.`,
    );
  }
  if (!plan.rollOver) return dryRun ? 0 : plan.open.length;
  if (dryRun) {
    log(`Would ask for a new index of ${index.name} where the newest is a day old or 50 GB large.`);
    return 0;
  }
  const name = await rollOverIfDue(reading);
  if (name === null) return 0;
  log(`Opened ${name}: the one before it is a day old, or 50 GB large.`);
  return 1;
}

async function remove(reading: Reading, options: RunOptions, plan: Plan): Promise<number> {
  const { dryRun, log, retentionDays } = options;
  let deleted = 0;
  for (const removal of plan.remove) {
    const { name, span } = removal;
    const why = `its documents are from ${iso(span.startMs)} to ${iso(span.endMs)} at the latest, older than ${retentionDays} days`;
    if (dryRun) {
      log(`Would delete ${name}: ${why}.`);
    } else if (await removeIndex(reading, removal)) {
      deleted += 1;
      log(`Deleted ${name}: ${why}.`);
    }
  }
  return deleted;
}

/** What there is after a run, in one sentence. */
export function summary(result: RunResult, retentionDays: number): string {
  if (result.state === "modules") {
    return "This Elasticsearch has lifecycle modules of its own, and deletes by them: nothing is done here.";
  }
  if (result.state === "empty") return "There is no index yet; the first document makes it.";
  const { indices, oldestMs, coveredUntilMs, deleted, opened, due } = result;
  const oldest = oldestMs === null ? "" : `, the oldest from ${iso(oldestMs)}`;
  const covered = coveredUntilMs === null ? "" : `, documents are taken until ${iso(coveredUntilMs)}`;
  const rest = due === 0 ? "" : `, ${due} more are due`;
  return `${deleted} indices deleted, ${opened} opened; ${indices} are left${oldest}${covered}${rest}. Kept are ${retentionDays} days.`;
}
