/** Decides what one run of retention does: which windows it opens, which indices it deletes, and why. Pure. */
import type { IndexMode } from "../../config/documents-index.ts";
import { doubt, iso } from "./clock.ts";
import type { Plan, Removal, StoredIndex } from "./types.ts";
import type { Span } from "../elasticsearch/windows.ts";
import {
  coveredUntil,
  DAY_MS,
  firstWindow,
  isFarAhead,
  isWide,
  missingWindows,
  suitsFirst,
  windowDays,
} from "../elasticsearch/windows.ts";

/** What one run deletes at most, so that a mistake can be noticed; 1,200 a day. */
export const MOST_REMOVALS = 50;

export type PlanInput = {
  readonly mode: IndexMode;
  readonly nowMs: number;
  readonly retentionDays: number;
  /** Those of this environment only. */
  readonly indices: readonly StoredIndex[];
  /** Time bounds in the template of a time series; null where there are none. */
  readonly template: Span | null;
  /** Mode daily: days that one index covers. */
  readonly daysOfName: number;
  /** See `steadySince`. */
  readonly steadySinceMs: number | null;
};

export function planRetention(input: PlanInput): Plan {
  const { mode, nowMs, indices } = input;
  const due = indices
    .flatMap((index): (StoredIndex & Removal)[] =>
      isDue(index, input) ? [{ ...index, span: index.span }] : [],
    )
    .toSorted((a, b) => a.span.endMs - b.span.endMs || (a.name < b.name ? -1 : 1));
  const ours = due.filter(({ isOurs, isWriteIndex }) => isOurs && !isWriteIndex);
  const held = ours.length === 0 ? null : doubt({ ...input, ...pace(input) });
  const remove = held === null ? ours.slice(0, MOST_REMOVALS).map(({ name, span }) => ({ name, span })) : [];
  const isSeries = mode === "time_series";
  const spans = indices.flatMap(({ span }) => span ?? []);
  const open = isSeries && indices.length > 0 ? missingWindows(spans, input) : [];
  return {
    open,
    first: firstBounds(input),
    rollOver: mode === "data_stream" && indices.length > 0,
    remove,
    due: ours.length,
    held,
    warnings: warningsOf(input, due),
    oldestMs: oldest(indices, remove),
    coveredUntilMs: isSeries ? coveredUntil([...spans, ...open], nowMs) : null,
  };
}

/** Its newest possible document is older than the retention. */
function isDue(index: StoredIndex, { nowMs, retentionDays }: PlanInput): index is StoredIndex & Removal {
  return index.span !== null && index.span.endMs + retentionDays * DAY_MS <= nowMs;
}

/** How often indices are made while everything runs, and two days for a standstill that needs no word. */
function pace({ mode, retentionDays, daysOfName }: PlanInput): {
  readonly longestPauseMs: number;
  readonly startsTell: boolean;
} {
  const days = { time_series: windowDays(retentionDays), data_stream: 1, daily: daysOfName }[mode];
  return { longestPauseMs: (days + 2) * DAY_MS, startsTell: mode === "daily" };
}

/** Before the first document there is no index, only the template that it will be made from. */
function firstBounds({ mode, indices, template, nowMs, retentionDays }: PlanInput): Span | null {
  if (mode !== "time_series" || indices.length > 0 || template === null) return null;
  return suitsFirst(template, nowMs, retentionDays) ? null : firstWindow(nowMs, retentionDays);
}

function warningsOf(input: PlanInput, due: readonly StoredIndex[]): readonly string[] {
  const { mode, indices, nowMs, retentionDays } = input;
  const strange = due.filter(({ isOurs }) => !isOurs).map(({ name }) => name);
  const series = mode === "time_series" ? indices : [];
  return [
    ...(strange.length === 0
      ? []
      : [
          `${strange.length} indices are older than ${retentionDays} days and do not carry the mark of Lagline's template, so they stay: ${listed(strange)}.`,
        ]),
    ...series.flatMap(({ name, span }) => {
      if (span === null) return [];
      const range = `${name} takes documents from ${iso(span.startMs)} to ${iso(span.endMs)}`;
      if (isWide(span, retentionDays)) {
        return [
          `${range}: it is the one index of a setup without retention, its end cannot be lowered, and it is deleted whole after ${iso(span.endMs + retentionDays * DAY_MS)}. Another elasticsearch.index.name begins anew.`,
        ];
      }
      return isFarAhead(span, nowMs, retentionDays)
        ? [`${range}, far ahead of ${iso(nowMs)}: it was made while a clock was wrong; delete it by hand.`]
        : [];
    }),
    ...overlaps(series),
  ];
}

function overlaps(indices: readonly StoredIndex[]): readonly string[] {
  const sorted = indices
    .flatMap(({ name, span }) => (span === null ? [] : [{ name, ...span }]))
    .toSorted((a, b) => a.startMs - b.startMs);
  return sorted.flatMap((later, position) => {
    const earlier = sorted[position - 1];
    return earlier !== undefined && earlier.endMs > later.startMs
      ? [
          `The time bounds of ${earlier.name} and ${later.name} overlap: documents of that time may be stored twice. Two processes opened windows at once.`,
        ]
      : [];
  });
}

function oldest(indices: readonly StoredIndex[], removed: readonly Removal[]): number | null {
  const names = new Set(removed.map(({ name }) => name));
  const starts = indices.flatMap(({ name, span }) =>
    span === null || names.has(name) ? [] : [span.startMs],
  );
  return starts.length === 0 ? null : Math.min(...starts);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
