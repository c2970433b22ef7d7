/**
 * Reads the text of `kafka-consumer-groups.sh --describe [--all-groups]` (seen on Kafka 4.2.0). Pure; for tests and for
 * people who want to compare `lagline verify` with the tool they know.
 */
import { LaglineError } from "../../model/errors.ts";
import type { GroupPartitionOffset } from "./offsets.ts";

/** A described partition, with the member that owns it. */
export type DescribedPartition = GroupPartitionOffset & {
  /** Member id; null where the tool prints `-`. */
  readonly consumerId: string | null;
  /** As printed, with Java's leading slash. */
  readonly host: string | null;
  readonly clientId: string | null;
};

const COLUMNS = ["TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"] as const;

/**
 * All rows of all groups, in the order of the text. Every group has a header of its own, whose column positions count
 * for its rows: group and topic are cut by position, because a group may have spaces in its name.
 * @throws LaglineError `LAGLINE_DESCRIBE_UNREADABLE` with the line, for a failure of the tool or an unknown layout.
 */
export function parseDescribe(text: string): readonly DescribedPartition[] {
  const rows: DescribedPartition[] = [];
  let layout: Layout | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "" || isRemark(line)) continue;
    if (line.startsWith("GROUP ")) layout = readLayout(line);
    else rows.push(parseRow(line, layout));
  }
  return rows;
}

/** "Consumer group 'x' has no active members.", and the like of it while a group rebalances. */
function isRemark(line: string): boolean {
  return /^Consumer group '.*' (has no active members|is rebalancing|does not exist)\.?$/.test(line.trim());
}

type Layout = { readonly topicAt: number; readonly partitionAt: number };

function readLayout(header: string): Layout {
  if (COLUMNS.some((column) => !header.includes(` ${column}`))) throw unreadable(header);
  return { topicAt: header.indexOf(" TOPIC") + 1, partitionAt: header.indexOf(" PARTITION") + 1 };
}

function parseRow(line: string, layout: Layout | undefined): DescribedPartition {
  if (layout === undefined) throw unreadable(line);
  const group = line.slice(0, layout.topicAt).trimEnd();
  const topic = line.slice(layout.topicAt, layout.partitionAt).trim();
  const [partition, current, end, lag, consumerId, host, ...clientId] = line
    .slice(layout.partitionAt)
    .split(/\s+/);
  const index = offsetOf(partition, line);
  if (group === "" || topic === "" || topic === "-" || index === null) throw unreadable(line);
  return {
    group,
    topic,
    partition: index,
    committedOffset: offsetOf(current, line),
    logEndOffset: offsetOf(end, line),
    lag: offsetOf(lag, line),
    consumerId: textOf(consumerId),
    host: textOf(host),
    clientId: textOf(clientId.join(" ")),
  };
}

function offsetOf(text: string | undefined, line: string): number | null {
  if (text === "-") return null;
  const value = Number(text);
  if (text === undefined || text === "" || !Number.isSafeInteger(value)) throw unreadable(line);
  return value;
}

function textOf(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" || trimmed === "-" ? null : trimmed;
}

function unreadable(line: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_DESCRIBE_UNREADABLE",
    message: `The output of kafka-consumer-groups has a line that cannot be understood: ${JSON.stringify(line.slice(0, 300))}.`,
    hint: "A line that begins with Error is the tool's own failure; otherwise its layout is of an unknown version.",
  });
}
