/** The sizing of a group as sentences with the arithmetic. Pure. */
import { shortRate } from "../top/cells.ts";
import { printable } from "../top/text-width.ts";
import { MOST, TARGET_LOAD } from "./sizing.ts";
import type { Need, Sizing } from "./sizing.ts";

/** The group and the advice, then how it was found, indented. */
export function adviceLines(sizing: Sizing): readonly string[] {
  const { group, produce } = sizing;
  const facts = [
    produceLine(sizing),
    capacityLine(sizing),
    ...needLines(sizing),
    hotLine(sizing),
    fullLine(sizing),
    idleLine(sizing),
  ];
  return [
    `${printable(group)}: ${headline(sizing)}`,
    ...(produce === null ? ["No produce rate is stored for it.", idleLine(sizing)] : facts)
      .filter((line) => line !== "")
      .map((line) => `  ${line}`),
  ];
}

export function headline({ advice, consumers, partitions, atPeak, capacity, hottest }: Sizing): string {
  const have = consumers ?? 0;
  const need = atPeak?.consumers ?? 0;
  switch (advice) {
    case "enough":
      return `enough: ${count(have, "consumer")} ${have === 1 ? "carries" : "carry"} the peak.`;
    case "spare":
      return `more than enough: ${count(have, "consumer")}, ${need} would carry the peak.`;
    case "add_consumers":
      return `add ${count(need - have, "consumer")}: it has ${have} on ${count(partitions, "partition")} and needs ${need} at the peak.`;
    case "add_partitions": {
      const first = have >= partitions ? "" : `${partitions - have} more consumers help, then `;
      return `${first}more partitions: it needs ${need} consumers at the peak, and ${count(partitions, "partition")} ${partitions === 1 ? "feeds" : "feed"} at most ${partitions}; a further consumer would idle.`;
    }
    case "spread_keys":
      return `more consumers or partitions do not help: ${where(hottest)} gets ${rate(hottest?.produceRate ?? 0)}, one consumer handles ${rate(capacity?.perConsumer ?? 0)}. Spread its keys, or make the handling of a message faster.`;
    case "unknown":
      return consumers === null
        ? "cannot be said: nobody knows who owns its partitions (no consumer is there, or only Burrow was asked and has forgotten)."
        : "cannot be said: no consumption was observed.";
  }
}

function produceLine({ produce }: Sizing): string {
  return produce === null
    ? ""
    : `Produced: ${rate(produce.median)} at the median, ${rate(produce.p95)} at the peak (95th percentile), ${rate(produce.max)} at most.`;
}

function capacityLine({ capacity, consumers }: Sizing): string {
  if (capacity === null) return "";
  const per = rate(capacity.perConsumer);
  return capacity.method === "measured"
    ? `One consumer handles ${per}: the median of ${capacity.consumers} of ${count(consumers ?? 0, "consumer")} while messages waited for it.`
    : `One consumer handles at least ${per}: none ever had a backlog, so its limit is not known and the needs below are upper bounds.`;
}

function needLines({ capacity, atMedian, atPeak }: Sizing): readonly string[] {
  if (capacity === null) return [];
  const line = (name: string, need: Need | null): string =>
    need === null
      ? ""
      : `${name}: ${rate(need.produceRate)} ÷ (${rate(capacity.perConsumer)} × ${TARGET_LOAD * 100} % load) = ${(need.produceRate / (capacity.perConsumer * TARGET_LOAD)).toFixed(2)} → ${count(need.consumers, "consumer")} and at least as many partitions.`;
  return [line("Median", atMedian), line("Peak", atPeak)];
}

function hotLine({ hottest, partitions, advice }: Sizing): string {
  if (hottest === null || partitions < 2 || hottest.share < MOST || advice === "spread_keys") return "";
  return `${where(hottest)} gets ${Math.round(hottest.share * 100)} % of the messages: only its own consumer can handle them.`;
}

function fullLine({ consumers, partitions, advice }: Sizing): string {
  return consumers === partitions && (advice === "enough" || advice === "spare")
    ? "Every partition has a consumer of its own: a further one would idle."
    : "";
}

function idleLine({ members, partitions }: Sizing): string {
  if (members === null || members.idle === 0) return "";
  const { total, idle } = members;
  const why =
    total > partitions ? `there are only ${count(partitions, "partition")}` : "the assignment left them out";
  return `Kafka counts ${count(total, "consumer")}; ${idle} of them ${idle === 1 ? "owns" : "own"} no partition, because ${why}. They only stand by for the others.`;
}

function where(hottest: Sizing["hottest"]): string {
  return hottest === null ? "one partition" : printable(`${hottest.topic}/${hottest.partition}`);
}

function rate(perSecond: number): string {
  return `${shortRate(perSecond)}/s`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
