/** The sentence of a group: what, how much, since when, whose. Written for whoever reads it in a message at night. */
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import { formatCount, formatDuration, formatList, formatRate, formatShare, plural } from "./format.ts";
import { countOf } from "./group-facts.ts";
import { isOutsideWindows } from "./group-verdict.ts";
import type { Culprits, GroupFacts } from "./group-state.ts";

export function groupCause(verdict: Verdict, facts: GroupFacts): string {
  switch (verdict) {
    case "ok":
      return okCause(facts);
    case "idle":
      return idleCause(facts);
    case "catching_up":
      return catchingUp(facts);
    case "unknown":
      return unknownCause(facts);
    case "rewound":
      return rewoundCause(facts);
    case "hot_partition":
      return hotCause(facts);
    case "falling_behind":
      return fallingBehindCause(facts);
    case "no_owner":
    case "stalled":
    case "stopped":
      return failureCause(verdict, facts);
    case "suspect_data":
    case "vanished":
      return "";
  }
}

function idleCause(facts: GroupFacts): string {
  const { expectation, totalLag } = facts;
  if (totalLag === 0) return "Nothing is produced on its topics and nothing waits.";
  if (expectation === null) return `Idle as its policy expects: ${waiting(totalLag)}.`;
  return isOutsideWindows(facts)
    ? `Not due now by its batch window (${expectation.text}): ${waiting(totalLag)}, as expected.`
    : `Done with its batch window (${expectation.text}): what waits came after it began, ${formatCount(totalLag)} message${totalLag === 1 ? "" : "s"}.`;
}

function okCause(facts: GroupFacts): string {
  if (facts.expectation !== null && isOutsideWindows(facts) && facts.totalLag > 0) {
    return `Works although not due now by its batch window (${facts.expectation.text}): ${waiting(facts.totalLag)}, as expected.`;
  }
  if (facts.totalLag === 0) return `Keeps up: nothing waits on ${plural(facts.partitionCount, "partition")}.`;
  const late = facts.worst === null || Number.isNaN(facts.worst.timeLag) ? "" : `, ${howLate(facts)} late`;
  const failing = countOf(facts, "stopped") + countOf(facts, "stalled");
  const held = failing > 0 ? `; ${plural(failing, "partition")} recovering` : "";
  return `Keeps up: ${waiting(facts.totalLag)}${late}, objective ${formatDuration(facts.policy.objective_seconds)}${held}.`;
}

function catchingUp(facts: GroupFacts): string {
  const eta = Number.isNaN(facts.eta) ? "" : `; done in ${formatDuration(facts.eta)} at this pace`;
  const pace = facts.velocity < 0 ? `, lag shrinks by ${formatRate(-facts.velocity)}` : "";
  return `${capital(howLate(facts))} late and catching up: ${waiting(facts.totalLag)}${pace}${eta}.`;
}

function unknownCause(facts: GroupFacts): string {
  if (facts.partitionCount === 0) return "The group has no partitions any more: its topics were deleted.";
  if (facts.known === 0) return "Burrow has seen no commit of this group yet, so lag cannot be said.";
  if (facts.beyondEnd > 0) {
    return `Committed offsets lie beyond the end of the log on ${of(facts.beyondEnd, facts)}: the topic was made anew or cut, so lag cannot be said.`;
  }
  return `${capital(waiting(facts.totalLag))}, but there is not enough history yet to say whether the group keeps up.`;
}

function rewoundCause(facts: GroupFacts): string {
  const count = countOf(facts, "rewound");
  const eta =
    facts.lateShrinking > 0 && !Number.isNaN(facts.eta) ? `, caught up in ${formatDuration(facts.eta)}` : "";
  const back =
    facts.culprits?.verdict === "rewound" ? `; worst is ${facts.culprits.partitions[0] ?? "?"}` : "";
  return `Offsets went back on ${of(count, facts)}: ${waiting(facts.totalLag)}, read again${eta}${back}.`;
}

function hotCause(facts: GroupFacts): string {
  const { culprits, worst } = facts;
  if (culprits === null || worst === null) return `${capital(howLate(facts))} late on few partitions.`;
  const share = formatShare(culprits.lag / Math.max(1, facts.totalLag));
  return `${of(culprits.count, facts)} ${culprits.count === 1 ? "holds" : "hold"} ${share} of the lag${belonging(culprits)}; ${whyHot(facts, culprits)}.`;
}

/** More messages than its siblings, or fewer handled than its siblings? */
function whyHot(facts: GroupFacts, culprits: Culprits): string {
  const others = facts.known - culprits.count;
  const meanOther = others > 0 ? Math.max(0, (facts.produceRate || 0) - culprits.produceRate) / others : 0;
  const mean = culprits.produceRate / culprits.count;
  const name = formatList(culprits.partitions, 3);
  if (mean > 2 * meanOther && mean > 0) {
    return `${name} gets ${formatRate(mean)} where the others get ${formatRate(meanOther)}: a hot key or skewed partitioning`;
  }
  return `${name} is ${howLate(facts)} late, handles ${formatRate(culprits.consumeRate)} of ${formatRate(culprits.produceRate)} produced while the others keep up: look at its consumer`;
}

function fallingBehindCause(facts: GroupFacts): string {
  const objective = formatDuration(facts.policy.objective_seconds);
  const growth = growthOf(facts.velocity);
  const breach =
    facts.late === 0 && !Number.isNaN(facts.breachIn)
      ? `, misses its objective of ${objective} in ${formatDuration(facts.breachIn)}`
      : `, objective ${objective}`;
  const whole = facts.late > 1 && facts.late === facts.known ? " on all partitions" : "";
  return `${capital(howLate(facts))} late${whole}${breach}; ${growth}: ${whoChanged(facts)}${silence(facts)}.`;
}

function growthOf(velocity: number): string {
  if (velocity > 0) return `lag grows by ${formatRate(velocity)}`;
  return velocity < 0 ? `lag shrinks by ${formatRate(-velocity)}` : "lag does not shrink";
}

/** Not yet a stop, but worth a word. */
function silence(facts: GroupFacts): string {
  const age = facts.worst?.commitAge ?? 0;
  return age > 45 ? `; no commit for ${formatDuration(age)}` : "";
}

/** A group that was watched for less than this before its lag grew has no usual rates yet: it may only have begun. */
const USUAL_NEEDS_MS = 600_000;

/** Says whether the producer sped up or the consumer slowed, against what was usual before. */
function whoChanged(facts: GroupFacts): string {
  const { usualProduce, usualConsume, growingSinceMs, firstSeenMs } = facts.state;
  const produce = facts.produceRate;
  const consume = facts.consumeRate;
  const rates = `produced ${rate(produce)}, consumed ${rate(consume)}`;
  if (
    growingSinceMs - firstSeenMs < USUAL_NEEDS_MS ||
    Number.isNaN(usualProduce) ||
    Number.isNaN(usualConsume) ||
    Number.isNaN(produce) ||
    Number.isNaN(consume)
  ) {
    return rates;
  }
  if (produce > 1.25 * usualProduce && consume >= 0.8 * usualConsume) {
    return `the producer sped up from ${rate(usualProduce)} to ${rate(produce)}, the consumer handles ${rate(consume)}`;
  }
  if (consume < 0.8 * usualConsume) {
    return `the consumer slowed from ${rate(usualConsume)} to ${rate(consume)}, the producer is at ${rate(produce)}`;
  }
  return rates;
}

function failureCause(verdict: Verdict, facts: GroupFacts): string {
  const { culprits, state } = facts;
  // Hysteresis holds the verdict after the finding is gone.
  if (culprits === null || culprits.verdict !== verdict) return recovering(verdict, facts);
  if (Number.isNaN(culprits.commitAge)) {
    return `Was ${VERDICTS[verdict].label} on ${of(culprits.count, facts)} when Burrow lost their commits (${named(culprits)}); nothing newer is known.`;
  }
  const where =
    culprits.count === facts.known && culprits.count > 1 ? "all partitions" : of(culprits.count, facts);
  const lag =
    culprits.lag === 0 && facts.beyondEnd > 0 ? "its topic was made anew or cut" : waiting(culprits.lag);
  const age = formatDuration(culprits.commitAge);
  if (verdict === "no_owner") {
    return `${capital(where)} ${culprits.count === 1 ? "belongs" : "belong"} to no consumer: no commit for ${age}, ${lag} (${named(culprits)}).`;
  }
  if (verdict === "stalled") {
    const how = culprits.commitsComing
      ? "commits keep coming but the offset does not move"
      : "no progress while the rest moves";
    const at = culprits.count === 1 ? ` at offset ${culprits.offset}` : "";
    return `${capital(where)} stuck${at} for ${formatDuration(culprits.unmoved)}, ${how}: ${lag} (${named(culprits)})${belonging(culprits)}.`;
  }
  const left =
    facts.owners.length === 0 && state.lastOwners.length > 0
      ? `; no consumer is left, the last ${state.lastOwners.length === 1 ? "was" : "were"} ${formatList(state.lastOwners, 3)}`
      : belonging(culprits);
  return `No commit for ${age} on ${where} while ${lag}${left}.`;
}

function recovering(verdict: Verdict, facts: GroupFacts): string {
  const state =
    facts.totalLag === 0 ? "nothing waits any more" : `${waiting(facts.totalLag)}, ${howLate(facts)} late`;
  return `Was ${VERDICTS[verdict].label} until a moment ago and moves again: ${state}. Held until this lasts.`;
}

function belonging(culprits: Culprits): string {
  if (culprits.owners.length === 0) return "";
  if (culprits.owners.length === 1 && culprits.unowned === 0) {
    const verb = culprits.count === 1 ? "it belongs" : culprits.count === 2 ? "both belong" : "all belong";
    return `; ${verb} to ${culprits.owners[0] ?? "?"}`;
  }
  return culprits.owners.length <= 3 ? `; they belong to ${formatList(culprits.owners, 3)}` : "";
}

function named(culprits: Culprits): string {
  const more = culprits.count - culprits.partitions.length;
  return `${culprits.partitions.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function of(count: number, facts: GroupFacts): string {
  return `${formatCount(count)} of ${plural(facts.partitionCount, "partition")}`;
}

function waiting(lag: number): string {
  return `${formatCount(lag)} message${lag === 1 ? " waits" : "s wait"}`;
}

function howLate(facts: GroupFacts): string {
  const { worst } = facts;
  if (worst === null || Number.isNaN(worst.timeLag)) return "an unknown time";
  const text = formatDuration(worst.timeLag);
  return worst.method === "lower_bound"
    ? `at least ${text}`
    : worst.method === "estimated"
      ? `about ${text}`
      : text;
}

function rate(perSecond: number): string {
  return Number.isNaN(perSecond) ? "unknown" : formatRate(perSecond);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
