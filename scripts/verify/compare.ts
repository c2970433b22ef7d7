/** Compares stored partition documents with what Kafka itself says, partition by partition. Pure. */
import type { GroupPartitionOffset } from "../kafka-admin/offsets.ts";

/** A stored partition document, as far as it is compared. */
export type StoredPartition = {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Absent in a document of a partition without a commit. */
  readonly committedOffset: number | null;
  readonly logEndOffset: number | null;
  readonly lag: number | null;
  /** Tick of the document (epoch ms). */
  readonly tickMs: number;
  /** Messages per second, where the document knows them. */
  readonly consumeRate: number | null;
  readonly produceRate: number | null;
};

/**
 * `equal`: the same offsets and lag. `moved`: Kafka is further, by no more than the traffic since the tick explains.
 * `different`: neither. `not_stored`: Kafka knows the partition, no document does. `not_in_kafka`: the other way round.
 * `no_commit`: a document of a partition that was never committed; there is nothing to compare.
 */
export const OUTCOMES = ["different", "not_stored", "not_in_kafka", "moved", "equal", "no_commit"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type ComparedPartition = {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly outcome: Outcome;
  readonly stored: StoredPartition | null;
  readonly kafka: GroupPartitionOffset | null;
  /** What differs, in words; null where nothing does. */
  readonly reason: string | null;
};

export type Tolerance = {
  /**
   * `at_rest`: nothing is produced or committed, everything must be equal. `in_flight`: both offsets may have moved on
   * since the tick.
   */
  readonly mode: "at_rest" | "in_flight";
  /** How old an end offset may already be at its tick: Burrow's offset refresh plus its cache. */
  readonly refreshSeconds: number;
};

export type Comparison = {
  readonly partitions: readonly ComparedPartition[];
  readonly counts: Readonly<Record<Outcome, number>>;
  /** True when nothing is different or missing. */
  readonly ok: boolean;
};

export type CompareInput = {
  readonly stored: readonly StoredPartition[];
  readonly kafka: readonly GroupPartitionOffset[];
  /** When Kafka was read (epoch ms). */
  readonly kafkaReadAtMs: number;
  readonly tolerance: Tolerance;
};

/** In order of outcome, the worst first, then of group, topic and partition. */
export function compareOffsets(input: CompareInput): Comparison {
  const kafka = new Map(input.kafka.map((each) => [keyOf(each), each]));
  const stored = new Map(input.stored.map((each) => [keyOf(each), each]));
  const keys = new Set([...stored.keys(), ...kafka.keys()]);
  const partitions = [...keys]
    .map((key) => comparePartition(stored.get(key) ?? null, kafka.get(key) ?? null, input))
    .filter((each) => each !== undefined)
    .toSorted(byOutcome);
  const count = (outcome: Outcome): number => partitions.filter((each) => each.outcome === outcome).length;
  const counts = {
    different: count("different"),
    not_stored: count("not_stored"),
    not_in_kafka: count("not_in_kafka"),
    moved: count("moved"),
    equal: count("equal"),
    no_commit: count("no_commit"),
  };
  return { partitions, counts, ok: counts.different + counts.not_stored + counts.not_in_kafka === 0 };
}

/** Names are free text, so the parts are told apart by JSON. */
function keyOf({ group, topic, partition }: Pick<StoredPartition, "group" | "topic" | "partition">): string {
  return JSON.stringify([group, topic, partition]);
}

function comparePartition(
  stored: StoredPartition | null,
  kafka: GroupPartitionOffset | null,
  input: CompareInput,
): ComparedPartition | undefined {
  const name = stored ?? kafka;
  if (name === null) return undefined;
  const { group, topic, partition } = name;
  const result = judge(stored, kafka, input);
  return { group, topic, partition, stored, kafka, ...result };
}

type Judged = Pick<ComparedPartition, "outcome" | "reason">;

function judge(
  stored: StoredPartition | null,
  kafka: GroupPartitionOffset | null,
  input: CompareInput,
): Judged {
  if (stored === null) return { outcome: "not_stored", reason: whyNotStored(kafka) };
  if (kafka === null) {
    return stored.committedOffset === null
      ? { outcome: "no_commit", reason: null }
      : { outcome: "not_in_kafka", reason: "Kafka has no committed offset of it (deleted or expired?)" };
  }
  const seconds = (input.kafkaReadAtMs - stored.tickMs) / 1000 + input.tolerance.refreshSeconds;
  const committed = judgeOffset({
    what: "committed offset",
    stored: stored.committedOffset,
    kafka: kafka.committedOffset,
    allowed: allowance(stored.consumeRate, seconds, input.tolerance),
  });
  const end = judgeOffset({
    what: "log end offset",
    stored: stored.logEndOffset,
    kafka: kafka.logEndOffset,
    allowed: allowance(stored.produceRate, seconds, input.tolerance),
  });
  const problems = [committed.problem, end.problem, lagProblem(stored)].filter((text) => text !== null);
  if (problems.length > 0) return { outcome: "different", reason: problems.join("; ") };
  if (!committed.moved && !end.moved) return { outcome: "equal", reason: null };
  return { outcome: "moved", reason: null };
}

function whyNotStored(kafka: GroupPartitionOffset | null): string {
  if (kafka?.group.includes("/") === true)
    return "Burrow cannot be asked about a group with a slash in its name";
  return "no document (new, filtered, or committed only before Burrow knew the topic?)";
}

/** Rates are smoothed and consumers work in batches: twice the rate, and at least this many messages. */
const RATE_FACTOR = 2;
const LEAST_ALLOWANCE = 100;
/** For a partition without a known rate: what a busy partition carries. Only movement in the right direction counts. */
const UNKNOWN_RATE = 10_000;

function allowance(rate: number | null, seconds: number, { mode }: Tolerance): number {
  if (mode === "at_rest") return 0;
  return Math.max(LEAST_ALLOWANCE, RATE_FACTOR * (rate ?? UNKNOWN_RATE) * Math.max(0, seconds));
}

type OffsetPair = {
  readonly what: string;
  readonly stored: number | null;
  readonly kafka: number | null;
  /** Messages by which Kafka may be ahead. */
  readonly allowed: number;
};
type OffsetVerdict = { readonly moved: boolean; readonly problem: string | null };

function judgeOffset({ what, stored, kafka, allowed }: OffsetPair): OffsetVerdict {
  // Where Kafka has no leader to ask there is nothing to hold against the document.
  if (kafka === null || stored === kafka) return { moved: false, problem: null };
  if (stored === null) return { moved: false, problem: `${what} is missing, Kafka says ${kafka}` };
  const ahead = kafka - stored;
  if (ahead > 0 && ahead <= allowed) return { moved: true, problem: null };
  const direction = ahead > 0 ? "behind" : "ahead of";
  return { moved: true, problem: `${what} ${stored} is ${Math.abs(ahead)} ${direction} Kafka's ${kafka}` };
}

/** A document must agree with itself: Burrow's lag is never below 0. */
function lagProblem({ lag, committedOffset, logEndOffset }: StoredPartition): string | null {
  if (committedOffset === null || logEndOffset === null) return null;
  const expected = Math.max(0, logEndOffset - committedOffset);
  if (lag === expected) return null;
  return `its lag is ${lag ?? "missing"}, its own offsets say ${expected}`;
}

function byOutcome(a: ComparedPartition, b: ComparedPartition): number {
  return (
    OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) ||
    compareText(a.group, b.group) ||
    compareText(a.topic, b.topic) ||
    a.partition - b.partition
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
