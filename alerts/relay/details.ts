/**
 * What a message gains from the newest documents at the moment of posting: Grafana's rules carry numbers only, so the cause
 * in words, the worst partitions and the peak come from Elasticsearch. Pure; names in it are hostile until escaped.
 */
import { VERDICTS } from "../../model/verdicts.ts";
import type { TimeLagMethod, Verdict } from "../../model/verdicts.ts";
import {
  TEXT_LENGTH,
  count,
  cut,
  duration,
  moment,
  nameOf,
  sentence,
  shortened,
  wallClock,
} from "./markup.ts";

export type PartitionDetails = {
  readonly topic: string;
  readonly partition: string;
  /** Messages. */
  readonly lag: number;
  readonly timeLagSeconds: number | null;
  readonly timeLagMethod: TimeLagMethod;
  readonly commitAgeSeconds: number | null;
  /** Only of a consumer that owns the partition now. */
  readonly clientId: string | null;
  /** Host of the owner now, or of the last one known. */
  readonly host: string | null;
  readonly verdict: Verdict;
};

export type Details =
  | {
      readonly kind: "state";
      /** The tick that all of it is of, epoch ms. */
      readonly tickMs: number;
      readonly verdict: Verdict;
      readonly cause: string;
      /** Worst first. */
      readonly partitions: readonly PartitionDetails[];
    }
  | {
      /** The highest values while an alert lasted; null where none is known. */
      readonly kind: "peak";
      /** Begin and end of the alert as people know it, epoch ms: Grafana counts anew after a reload. */
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly timeLagSeconds: number | null;
      readonly lag: number | null;
    };

/** A cause names up to three partitions and hosts; on a phone this is a few lines. */
const CAUSE_LENGTH = 300;
/** Parts of a line, shorter than names elsewhere: four of them share it. */
const PART_LENGTH = 48;
const NUMBER_LENGTH = 10;
/** Of the worst partition's lateness and lag; below it a partition that is judged well is left out. */
const LEAST_SHARE = 0.1;

/**
 * The text with the cause under its first sentence and the partitions above its links. Both go into the first block, so
 * that a text that is too long loses what comes after it.
 */
export function withDetails(text: string, details: Details): string {
  const [block = "", ...blocks] = text.split("\n\n");
  const [summary = "", ...lines] = block.split("\n");
  const links = lines.findIndex((line) => line.startsWith("<http"));
  const end = links === -1 ? lines.length : links;
  const { cause, list } = linesOf(details);
  const first = [summary, ...cause, ...lines.slice(0, end), ...list, ...lines.slice(end)].join("\n");
  return shortened([first, ...blocks].join("\n\n"), TEXT_LENGTH);
}

function linesOf(details: Details): { readonly cause: readonly string[]; readonly list: readonly string[] } {
  if (details.kind === "peak") return { cause: peakLine(details), list: [] };
  const { tickMs, verdict } = details;
  const isWell = verdict === "ok" || verdict === "idle";
  const partitions = isWell
    ? []
    : details.partitions.filter((one) => matters(one, details.partitions[0] ?? one));
  const title = `Worst ${partitions.length === 1 ? "partition" : "partitions"} at ${wallClock(tickMs)} UTC:`;
  return {
    cause: causeLine(details),
    list: partitions.length === 0 ? [] : [title, ...partitions.map(partitionLine)],
  };
}

/** Beside one stuck partition those that keep up are noise. */
function matters(partition: PartitionDetails, worst: PartitionDetails): boolean {
  const { severity } = VERDICTS[partition.verdict];
  if (severity === "warning" || severity === "critical") return true;
  return (
    (partition.timeLagSeconds ?? 0) >= LEAST_SHARE * (worst.timeLagSeconds ?? 0) &&
    partition.lag >= LEAST_SHARE * worst.lag
  );
}

/** Newer than the alert: where the group is well again by now, the message says so. */
function causeLine({ verdict, cause }: Extract<Details, { kind: "state" }>): readonly string[] {
  if (cause === "") return [];
  const { severity, label } = VERDICTS[verdict];
  const isBad = severity === "warning" || severity === "critical";
  return [`${isBad ? "Cause" : `Newest data says ${label}`}: ${sentence(cause, CAUSE_LENGTH)}`];
}

function peakLine({
  sinceMs,
  untilMs,
  timeLagSeconds,
  lag,
}: Extract<Details, { kind: "peak" }>): readonly string[] {
  const parts = [
    ...(timeLagSeconds === null ? [] : [`${duration(timeLagSeconds * 1000)} late`]),
    ...(lag === null ? [] : [`${count(lag)} ${lag === 1 ? "message" : "messages"} behind`]),
  ];
  return parts.length === 0
    ? []
    : [`At its worst since ${moment(sinceMs, untilMs)} UTC: ${parts.join(", ")}.`];
}

/** `• topic/3: 14m 2s late, 12.3k behind, last commit 14m 5s ago, owner client-1 (host)` */
function partitionLine(partition: PartitionDetails): string {
  const { topic, lag, timeLagSeconds, timeLagMethod, commitAgeSeconds } = partition;
  const least = timeLagMethod === "lower_bound" ? "at least " : "";
  const parts = [
    ...(timeLagSeconds === null ? [] : [`${least}${duration(timeLagSeconds * 1000)} late`]),
    `${count(lag)} behind`,
    ...(commitAgeSeconds === null ? [] : [`last commit ${duration(commitAgeSeconds * 1000)} ago`]),
    ...ownerOf(partition),
  ];
  // The number stays when a long topic is cut.
  return `• ${nameOf(`${cut(topic, PART_LENGTH)}/${cut(partition.partition, NUMBER_LENGTH)}`)}: ${parts.join(", ")}`;
}

/**
 * Documents keep the host of a partition that nobody owns any more; a client has no name then. That no owner is known says
 * nothing, because Burrow forgets owners, unless the verdict says that there is none.
 */
function ownerOf({ clientId, host, verdict }: PartitionDetails): readonly string[] {
  const name = (text: string): string => nameOf(text, PART_LENGTH);
  if (clientId !== null) return [`owner ${name(clientId)}${host === null ? "" : ` (${name(host)})`}`];
  if (host !== null) return [`last owner ${name(host)}`];
  return verdict === "no_owner" ? ["no owner"] : [];
}
