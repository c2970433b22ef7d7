/** The lines above the table: how many groups are in which state, and how old the data is. Pure. */
import { VERDICTS } from "../../model/verdicts.ts";
import type { VerdictSeverity } from "../../model/verdicts.ts";
import { shortDuration } from "./cells.ts";
import type { GroupsAnswer } from "./groups.ts";
import { printable } from "./text-width.ts";

/** A tick this much older than the interval means that the collector or its way to Elasticsearch stands still. */
const STALE_INTERVALS = 4;

export type SummaryOptions = { readonly nowMs: number; readonly intervalSeconds: number };

/** First a sentence about the groups, then one for each thing that makes the table less than it seems. */
export function summarise(answer: GroupsAnswer, options: SummaryOptions): readonly string[] {
  return [headline(answer, options.nowMs), ...warnings(answer, options)];
}

function headline({ groups, ticks }: GroupsAnswer, nowMs: number): string {
  if (groups.length === 0) return "No groups yet.";
  const counts = new Map<VerdictSeverity, number>();
  for (const { verdict } of groups) {
    const { severity } = VERDICTS[verdict];
    counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  const words: readonly (readonly [VerdictSeverity, string])[] = [
    ["critical", "critical"],
    ["warning", "warning"],
    ["info", "unknown"],
    ["ok", "ok"],
  ];
  const parts = words.flatMap(([severity, word]) => {
    const count = counts.get(severity);
    return count === undefined ? [] : [`${count} ${word}`];
  });
  const newest = Math.max(...ticks.values());
  const noun = groups.length === 1 ? "group" : "groups";
  const where = ticks.size > 1 ? ` in ${ticks.size} clusters` : "";
  return `${groups.length} ${noun}${where}: ${parts.join(", ")}. Data of ${new Date(newest).toISOString()}, ${shortDuration((nowMs - newest) / 1000)} old.`;
}

function warnings({ ticks, unreadable }: GroupsAnswer, options: SummaryOptions): readonly string[] {
  const limit = options.intervalSeconds * STALE_INTERVALS;
  const stale = [...ticks]
    .map(([cluster, tick]) => ({ cluster, seconds: (options.nowMs - tick) / 1000 }))
    .filter(({ seconds }) => seconds > limit)
    .map(
      ({ cluster, seconds }) =>
        `Warning: cluster ${printable(cluster)} has had no data for ${shortDuration(seconds)}; what is shown of it is old. Is its collector running?`,
    );
  if (unreadable === 0) return stale;
  return [
    ...stale,
    `Warning: ${unreadable} ${unreadable === 1 ? "document" : "documents"} could not be understood; written by another version?`,
  ];
}
