/** Transitions as documents of their own, so that a timeline does not have to be found again in the ticks. */
import type { LagDocument } from "../../model/documents.ts";
import type { Verdict } from "../../model/verdicts.ts";
import { VERDICTS } from "../../model/verdicts.ts";
import { round, type Stamp } from "./documents.ts";
import type { Peak } from "./group-state.ts";
import { formatCount, formatDuration, formatList, plural } from "./format.ts";

export function verdictEvent(
  stamp: Stamp,
  group: string,
  of: {
    from: Verdict;
    to: Verdict;
    heldSeconds: number;
    cause: string;
    team: string | null;
    peak: Peak | null;
  },
): LagDocument {
  const { from, to, heldSeconds, cause, team, peak } = of;
  return {
    ...head(stamp, group, "verdict"),
    event_from: from,
    event_to: to,
    cause,
    duration_seconds: round(heldSeconds),
    event_since: stamp.times.format(stamp.nowMs - heldSeconds * 1000),
    ...(team !== null && { team }),
    ...(peak !== null && peakFields(peak)),
    event_text: `${group} is ${VERDICTS[to].label} after ${formatDuration(heldSeconds)} of ${VERDICTS[from].label}: ${cause}`,
  };
}

function peakFields({ timeLag, lag, cause }: Peak): Partial<LagDocument> {
  return {
    ...(!Number.isNaN(timeLag) && { peak_time_lag_seconds: round(timeLag) }),
    peak_lag: lag,
    peak_cause: cause,
  };
}

export function ownersEvent(
  stamp: Stamp,
  group: string,
  of: { from: readonly string[]; to: readonly string[] },
): LagDocument {
  const joined = of.to.filter((owner) => !of.from.includes(owner));
  const left = of.from.filter((owner) => !of.to.includes(owner));
  const parts = [
    joined.length > 0 ? `${formatList(joined, 5)} joined` : "",
    left.length > 0 ? `${formatList(left, 5)} left` : "",
  ].filter((part) => part !== "");
  return {
    ...head(stamp, group, "owners"),
    event_from: plural(of.from.length, "owner"),
    event_to: plural(of.to.length, "owner"),
    event_text: `${group}: ${parts.join(", ")}; ${plural(of.to.length, "host")} now ${of.to.length === 1 ? "owns" : "own"} its partitions.`,
  };
}

export function rewindEvent(
  stamp: Stamp,
  group: string,
  of: { messages: number; partitions: number; back: boolean },
): LagDocument {
  const where = plural(of.partitions, "partition");
  const text = of.back
    ? `${group}: committed offsets went back by ${formatCount(of.messages)} messages on ${where}; they are read again.`
    : `${group}: committed offsets jumped ahead by ${formatCount(of.messages)} messages on ${where} after a silence; they were skipped.`;
  return {
    ...head(stamp, group, "rewind"),
    event_from: of.back ? "forward" : "silent",
    event_to: of.back ? "rewound" : "skipped",
    event_text: text,
    ...(of.back && { rewound_messages: of.messages }),
  };
}

export function appearedEvent(stamp: Stamp, group: string, awaySeconds: number | null): LagDocument {
  return {
    ...head(stamp, group, "group_appeared"),
    event_to: "present",
    ...(awaySeconds !== null && { duration_seconds: round(awaySeconds) }),
    event_text:
      awaySeconds === null
        ? `${group} was seen for the first time.`
        : `${group} is back after ${formatDuration(awaySeconds)}.`,
  };
}

export function vanishedEvent(
  stamp: Stamp,
  group: string,
  of: { cause: string; knownSeconds: number },
): LagDocument {
  return {
    ...head(stamp, group, "group_vanished"),
    event_from: "present",
    event_to: "vanished",
    cause: of.cause,
    duration_seconds: round(of.knownSeconds),
    event_text: `${group} is gone: ${of.cause}`,
  };
}

function head(stamp: Stamp, group: string, kind: string): LagDocument {
  return {
    "@timestamp": stamp.timestamp,
    record: "event",
    cluster: stamp.cluster,
    group,
    event_kind: kind,
  };
}
