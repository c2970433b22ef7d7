/** The table of groups, fitted to a width. Pure: rows in, lines out. */
import { VERDICTS } from "../../model/verdicts.ts";
import type { VerdictSeverity } from "../../model/verdicts.ts";
import { owners, shortCount, shortDuration, shortRate, since, timeLag, trendArrow } from "./cells.ts";
import type { GroupRow } from "./groups.ts";
import { cut, pad, printable, textWidth } from "./text-width.ts";

type Column = {
  readonly title: string;
  readonly align: "left" | "right";
  /** Columns with the highest number go first when the table is too wide; 0 always stays. */
  readonly dispensable: number;
  readonly cell: (row: GroupRow, nowMs: number) => string;
};

const COLUMNS: readonly Column[] = [
  { title: "CLUSTER", align: "left", dispensable: 2, cell: ({ cluster }) => printable(cluster) },
  { title: "GROUP", align: "left", dispensable: 0, cell: ({ group }) => printable(group) },
  { title: "VERDICT", align: "left", dispensable: 0, cell: ({ verdict }) => VERDICTS[verdict].label },
  { title: "TIME LAG", align: "right", dispensable: 0, cell: timeLag },
  { title: "OBJECTIVE", align: "right", dispensable: 6, cell: (row) => shortDuration(row.objective_seconds) },
  { title: "LAG", align: "right", dispensable: 0, cell: ({ total_lag }) => shortCount(total_lag) },
  { title: "TREND", align: "left", dispensable: 1, cell: trendArrow },
  { title: "IN/S", align: "right", dispensable: 4, cell: ({ produce_rate }) => shortRate(produce_rate) },
  { title: "OUT/S", align: "right", dispensable: 4, cell: ({ consume_rate }) => shortRate(consume_rate) },
  { title: "ETA", align: "right", dispensable: 3, cell: ({ eta_seconds }) => shortDuration(eta_seconds) },
  { title: "OWNERS/PARTITIONS", align: "right", dispensable: 7, cell: owners },
  { title: "SINCE", align: "right", dispensable: 5, cell: since },
];

const GAP = "  ";
/** Below this a cause says nothing. */
const MIN_CAUSE = 24;
/** A group name is cut to this before columns are given up for it. */
const MAX_GROUP = 48;
const MIN_GROUP = 12;

const RANK: Readonly<Record<VerdictSeverity, number>> = { critical: 0, warning: 1, info: 2, ok: 3 };

/** Most urgent first: severity, then time lag, then lag, then name. */
export function byUrgency(a: GroupRow, b: GroupRow): number {
  return (
    RANK[VERDICTS[a.verdict].severity] - RANK[VERDICTS[b.verdict].severity] ||
    (b.time_lag_seconds ?? -1) - (a.time_lag_seconds ?? -1) ||
    (b.total_lag ?? -1) - (a.total_lag ?? -1) ||
    compareText(a.cluster, b.cluster) ||
    compareText(a.group, b.group)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export type TableOptions = {
  /** Characters per line; undefined where the output has none, a file for example. */
  readonly width: number | undefined;
  readonly color: boolean;
  readonly nowMs: number;
};

/** Header and one line per group. Columns give way to the width, the least needed ones first; the cause takes the rest. */
export function formatTable(groups: readonly GroupRow[], options: TableOptions): readonly string[] {
  const rows = groups.toSorted(byUrgency);
  const oneCluster = new Set(rows.map(({ cluster }) => cluster)).size <= 1;
  const wanted = COLUMNS.filter(({ title }) => title !== "CLUSTER" || !oneCluster);
  const measured = wanted.map((column) => {
    const cells = rows.map((row) => column.cell(row, options.nowMs));
    const longest = Math.max(column.title.length, ...cells.map(textWidth));
    return { column, cells, width: column.title === "GROUP" ? Math.min(longest, MAX_GROUP) : longest };
  });
  const columns = fit(measured, options.width);
  const used = columns.reduce((sum, { width }) => sum + width + GAP.length, 0);
  const causeWidth = options.width === undefined ? Infinity : options.width - used;
  const header = line(
    columns.map(({ column, width }) => pad(column.title, width, column.align)),
    causeWidth,
    "CAUSE",
  );
  const body = rows.map((row, index) => {
    const cells = columns.map(({ column, cells: texts, width }) =>
      pad(texts[index] ?? "", width, column.align),
    );
    const text = line(cells, causeWidth, printable(row.cause ?? ""));
    return options.color ? colored(text, VERDICTS[row.verdict].severity) : text;
  });
  return [options.color ? `\u001B[1m${header}\u001B[22m` : header, ...body];
}

type Measured = { readonly column: Column; readonly cells: readonly string[]; readonly width: number };

function fit(columns: readonly Measured[], width: number | undefined): readonly Measured[] {
  if (width === undefined) return columns;
  let kept = columns;
  for (;;) {
    const used = kept.reduce((sum, each) => sum + each.width + GAP.length, 0);
    const most = Math.max(...kept.map(({ column }) => column.dispensable));
    if (used + MIN_CAUSE <= width) return kept;
    if (most === 0) return narrowGroup(kept, used - GAP.length - width);
    kept = kept.filter(({ column }) => column.dispensable !== most);
  }
}

/** Nothing is left to give up: the cause goes, then the group name is cut. */
function narrowGroup(columns: readonly Measured[], excess: number): readonly Measured[] {
  if (excess <= 0) return columns;
  return columns.map((each) =>
    each.column.title === "GROUP" ? { ...each, width: Math.max(MIN_GROUP, each.width - excess) } : each,
  );
}

function line(cells: readonly string[], causeWidth: number, cause: string): string {
  const text = cells.join(GAP);
  return causeWidth < MIN_CAUSE ? text.trimEnd() : `${text}${GAP}${cut(cause, causeWidth)}`.trimEnd();
}

const COLORS: Readonly<Record<VerdictSeverity, number | undefined>> = {
  critical: 31,
  warning: 33,
  info: 36,
  ok: undefined,
};

function colored(text: string, severity: VerdictSeverity): string {
  const code = COLORS[severity];
  return code === undefined ? text : `\u001B[${code}m${text}\u001B[39m`;
}
