/** The comparison as text: a sentence, and a table of what is not equal. Pure. */
import { pad, printable, textWidth } from "../top/text-width.ts";
import type { ComparedPartition, Comparison, Outcome } from "./compare.ts";

export type ReportOptions = {
  /** Also the partitions that are equal or only moved on. */
  readonly all: boolean;
  /** Most rows shown; the rest is counted. */
  readonly maxRows: number;
};

const WORDS: Readonly<Record<Outcome, string>> = {
  different: "different",
  not_stored: "not stored",
  not_in_kafka: "not in Kafka",
  moved: "moved on since the tick",
  equal: "equal",
  no_commit: "without a commit",
};
const SHOWN_ALWAYS: ReadonlySet<Outcome> = new Set(["different", "not_stored", "not_in_kafka"]);
const HEADER = [
  "GROUP",
  "TOPIC",
  "PARTITION",
  "STORED COMMITTED",
  "KAFKA COMMITTED",
  "STORED END",
  "KAFKA END",
  "STORED LAG",
  "KAFKA LAG",
  "RESULT",
] as const;
const LEFT = new Set<string>(["GROUP", "TOPIC", "RESULT"]);

/** Lines without their ends, the sentence first. */
export function formatReport(comparison: Comparison, options: ReportOptions): readonly string[] {
  const rows = comparison.partitions.filter(({ outcome }) => options.all || SHOWN_ALWAYS.has(outcome));
  const shown = rows.slice(0, options.maxRows);
  const rest = rows.length - shown.length;
  return [
    headline(comparison),
    ...(shown.length === 0 ? [] : ["", ...table(shown.map(toCells))]),
    ...(rest === 0 ? [] : [`… ${rest} more`]),
  ];
}

function headline({ partitions, counts, ok }: Comparison): string {
  if (partitions.length === 0)
    return "Nothing to compare: neither Kafka nor Elasticsearch knows a committed partition.";
  const groups = new Set(partitions.map(({ group }) => group)).size;
  const order: readonly Outcome[] = [
    "equal",
    "moved",
    "different",
    "not_stored",
    "not_in_kafka",
    "no_commit",
  ];
  const parts = order
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome]} ${WORDS[outcome]}`);
  const verdict = ok ? "What is stored is what Kafka says" : "What is stored is not all what Kafka says";
  return `${verdict}: ${partitions.length} ${noun(partitions.length, "partition")} of ${groups} ${noun(groups, "group")}, ${parts.join(", ")}.`;
}

function noun(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}

function toCells({
  group,
  topic,
  partition,
  stored,
  kafka,
  outcome,
  reason,
}: ComparedPartition): readonly string[] {
  return [
    printable(group),
    printable(topic),
    String(partition),
    number(stored?.committedOffset),
    number(kafka?.committedOffset),
    number(stored?.logEndOffset),
    number(kafka?.logEndOffset),
    number(stored?.lag),
    number(kafka?.lag),
    reason === null ? WORDS[outcome] : `${WORDS[outcome]}: ${reason}`,
  ];
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? "-" : String(value);
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => textWidth(row[column] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    HEADER.map((title, column) =>
      pad(cells[column] ?? "", widths[column] ?? 0, LEFT.has(title) ? "left" : "right"),
    )
      .join("  ")
      .trimEnd();
  return [line(HEADER), ...rows.map(line)];
}
