/** One sentence per partition verdict, with the numbers behind it. Must read well at 3 a.m. */
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import { formatCount, formatDuration, formatRate } from "./format.ts";
import { isFailing } from "./hysteresis.ts";
import type { PartitionView } from "./partition-view.ts";

export function partitionCause(verdict: Verdict, view: PartitionView, objective: number): string {
  const waiting = `${formatCount(view.lag)} message${view.lag === 1 ? " waits" : "s wait"}`;
  if (!view.known && isFailing(verdict)) {
    return `Was ${VERDICTS[verdict].label} when Burrow lost its commit; nothing newer is known.`;
  }
  // Hysteresis holds a failure for some ticks after it ended.
  if (isFailing(verdict) && verdict !== "vanished" && view.unmoved < view.patience / 2) {
    return `Was ${VERDICTS[verdict].label} until a moment ago and moves again: ${waiting}.`;
  }
  switch (verdict) {
    case "ok":
      return view.lag === 0 ? "Keeps up: nothing waits." : "Keeps up: lag is within the objective.";
    case "idle":
      return view.lag === 0
        ? "Nothing is produced and nothing waits."
        : `${waiting}; the policy expects this group to be idle now.`;
    case "catching_up":
      return `${late(view)} late and catching up: ${waiting}, lag shrinks by ${formatRate(-view.lagVelocity)}.`;
    case "falling_behind":
      return fallingBehind(view, objective);
    case "rewound":
      return `Went back: ${formatCount(view.rewindLeft)} messages are read again before it is where it was.`;
    case "stopped":
      return `No commit for ${formatDuration(view.commitAge)} while ${waiting}${ofOwner(view)}.`;
    case "stalled":
      return view.commitAge < view.patience
        ? `Commits keep coming but stay at offset ${view.committed} for ${formatDuration(view.unmoved)} while ${waiting}${ofOwner(view)}.`
        : `Stuck at offset ${view.committed} for ${formatDuration(view.unmoved)} while ${waiting} and other partitions move${ofOwner(view)}.`;
    case "no_owner":
      return `No consumer owns it, no commit for ${formatDuration(view.commitAge)}, ${waiting}; other partitions have owners.`;
    case "unknown":
      return unknown(view);
    case "suspect_data":
      return "The monitoring cannot be trusted at the moment; see the group's suspect_reason.";
    case "hot_partition":
    case "vanished":
      return `${waiting}.`;
  }
}

function unknown(view: PartitionView): string {
  if (!view.known) return "Burrow has seen no commit here, so lag cannot be said.";
  if (view.beyondEnd) {
    return `Committed offset ${view.committed} lies beyond the end ${view.head}: the topic was made anew or cut, so lag cannot be said.`;
  }
  return "Not enough history yet to say.";
}

function fallingBehind(view: PartitionView, objective: number): string {
  const growth = view.lagVelocity > 0 ? `grows by ${formatRate(view.lagVelocity)}` : "does not shrink";
  return `${late(view)} late, objective ${formatDuration(objective)}: lag ${growth}, consumes ${rate(view.consumeRate)} of ${rate(view.produceRate)} produced.`;
}

/** `3 min`, with `at least` where it is a bound. */
export function late(view: PartitionView): string {
  const { seconds, method } = view.timeLag;
  if (Number.isNaN(seconds)) return "Unknown time";
  const text = formatDuration(seconds);
  return method === "lower_bound" ? `At least ${text}` : method === "estimated" ? `About ${text}` : text;
}

function rate(perSecond: number): string {
  return Number.isNaN(perSecond) ? "an unknown rate" : formatRate(perSecond);
}

function ofOwner(view: PartitionView): string {
  return view.reading.owner === null ? "" : `; its consumer is ${view.reading.owner}`;
}
