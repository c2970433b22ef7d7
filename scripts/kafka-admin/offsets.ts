/**
 * What Kafka itself says about its groups, as `kafka-consumer-groups --describe` computes it: committed offset, log end
 * offset (read uncommitted) and their difference, for every partition a group has committed.
 */
import { Admin } from "@platformatic/kafka";
import { LaglineError } from "../../model/errors.ts";
import { kafkaClientOptions } from "./connection.ts";
import type { KafkaConnection } from "./connection.ts";
import { kafkaReasonText } from "./failures.ts";
import { mapBounded } from "./map-bounded.ts";
import { atMost, retryUntil } from "./waiting.ts";

export type GroupPartitionOffset = {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Null where nothing is committed; only in what `kafka-consumer-groups` prints. */
  readonly committedOffset: number | null;
  /** Null where Kafka has no leader to ask or the topic is gone. */
  readonly logEndOffset: number | null;
  /** logEndOffset − committedOffset; negative where a group committed beyond the end. */
  readonly lag: number | null;
};

export type GroupOffsets = {
  /** In order of group, topic and partition. */
  readonly offsets: readonly GroupPartitionOffset[];
  /** What could not be read, a sentence each. The rest is complete. */
  readonly problems: readonly string[];
  /** Between these moments (epoch ms) the offsets were read, committed ones first. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
};

export type ReadOffsetsOptions = KafkaConnection & {
  /** Which groups; left out: all. */
  readonly includeGroup?: (group: string) => boolean;
  readonly deadlineSeconds?: number;
  readonly signal: AbortSignal;
};

type Committed = {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
};
/** By partition. */
type EndOffsets = ReadonlyMap<number, number>;

const DEFAULT_DEADLINE_SECONDS = 30;
/** Requests at a time; a request is answered in about a millisecond. */
const CONCURRENCY = 8;
const LATEST = -1n;

/**
 * Reads all groups, or those named.
 * @throws LaglineError where Kafka cannot be reached or refuses the list of groups; a single group or topic that cannot
 * be read becomes a problem instead.
 */
export async function readGroupOffsets(options: ReadOffsetsOptions): Promise<GroupOffsets> {
  const admin = new Admin(await kafkaClientOptions(options, "lagline-verify"));
  try {
    const problems: string[] = [];
    const groups = await listGroups(admin, options);
    const startedAtMs = Date.now();
    const read = await mapBounded(groups, CONCURRENCY, (group) => readCommitted(admin, group, problems));
    const committed = read.flat();
    const ends = await readEndOffsets(admin, committed, problems);
    const offsets = committed.map((each) => joined(each, ends)).toSorted(byName);
    return { offsets, problems, startedAtMs, endedAtMs: Date.now() };
  } finally {
    await atMost(2000, admin.close());
  }
}

async function listGroups(admin: Admin, options: ReadOffsetsOptions): Promise<readonly string[]> {
  const listed = await retryUntil(() => admin.listGroups(), {
    failure: `The groups of Kafka at ${options.bootstrapServers.join(", ")} could not be read`,
    hint: "Check the address, credentials and TLS, and the right to describe groups.",
    deadlineSeconds: options.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS,
    signal: options.signal,
  });
  // Share groups have no committed offsets of this kind; the client asks for their types under the same name.
  return [...listed.values()]
    .filter(
      ({ id, groupType }) => groupType.toLowerCase() !== "share" && (options.includeGroup?.(id) ?? true),
    )
    .map(({ id }) => id);
}

async function readCommitted(admin: Admin, group: string, problems: string[]): Promise<readonly Committed[]> {
  try {
    const answers = await admin.listConsumerGroupOffsets({ groups: [group] });
    return answers.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions
          .filter(({ committedOffset }) => committedOffset >= 0n)
          .map(({ partitionIndex, committedOffset }) => ({
            group,
            topic: name,
            partition: partitionIndex,
            offset: toNumber(committedOffset, `${name}-${partitionIndex}`),
          })),
      ),
    );
  } catch (error) {
    problems.push(`The committed offsets of group "${group}" could not be read: ${kafkaReasonText(error)}.`);
    return [];
  }
}

async function readEndOffsets(
  admin: Admin,
  committed: readonly Committed[],
  problems: string[],
): Promise<ReadonlyMap<string, EndOffsets>> {
  const partitions = new Map<string, Set<number>>();
  for (const { topic, partition } of committed) {
    const known = partitions.get(topic) ?? new Set();
    partitions.set(topic, known.add(partition));
  }
  const entries = await mapBounded([...partitions], CONCURRENCY, async ([topic, indexes]) => {
    try {
      return [topic, await readTopicEnds(admin, topic, [...indexes])] as const;
    } catch (error) {
      problems.push(`The end offsets of topic ${topic} could not be read: ${kafkaReasonText(error)}.`);
      return [topic, new Map<number, number>()] as const;
    }
  });
  return new Map(entries);
}

async function readTopicEnds(admin: Admin, topic: string, indexes: readonly number[]): Promise<EndOffsets> {
  // The client leaves internal topics out of its metadata and then trips over them.
  if (topic.startsWith("__")) throw new Error("it is an internal topic");
  const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
  const existing = indexes.filter((index) => topics.get(topic)?.partitions[index] !== undefined);
  if (existing.length === 0) return new Map();
  const listed = await admin.listOffsets({
    topics: [
      { name: topic, partitions: existing.map((partitionIndex) => ({ partitionIndex, timestamp: LATEST })) },
    ],
  });
  return new Map(
    listed.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, offset }) => [
        partitionIndex,
        toNumber(offset, `${name}-${partitionIndex}`),
      ]),
    ),
  );
}

/** @throws LaglineError `LAGLINE_KAFKA_OFFSET_TOO_LARGE` above 2^53 − 1, where JavaScript and JSON lose digits. */
function toNumber(offset: bigint, where: string): number {
  if (offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
  throw new LaglineError({
    code: "LAGLINE_KAFKA_OFFSET_TOO_LARGE",
    message: `Offset ${offset} of ${where} is above 2^53 − 1 and cannot be kept exactly`,
  });
}

function joined(committed: Committed, ends: ReadonlyMap<string, EndOffsets>): GroupPartitionOffset {
  const { group, topic, partition, offset } = committed;
  const logEndOffset = ends.get(topic)?.get(partition) ?? null;
  const lag = logEndOffset === null ? null : logEndOffset - offset;
  return { group, topic, partition, committedOffset: offset, logEndOffset, lag };
}

function byName(a: GroupPartitionOffset, b: GroupPartitionOffset): number {
  return compare(a.group, b.group) || compare(a.topic, b.topic) || a.partition - b.partition;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
