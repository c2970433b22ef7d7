/** The requests of a demo member: committed offsets, messages, and the ends of the log. */
import type { Consumer, fetchV17 } from "@platformatic/kafka";
import type { Reading, Wanted } from "./reading.ts";

const EARLIEST = -2n;
const LATEST = -1n;
/** Larger than a demo message with its share of the batch header, so that a fetch holds what is allowed. */
const BYTES_PER_MESSAGE = 400;
const MAX_WAIT_MS = 100;
const ANY_EPOCH = -1;
const READ_UNCOMMITTED = 0;

/** Committed offset of every partition the consumer owns; 0 where the group never committed. */
export async function readCommitted(consumer: Consumer, topic: string): Promise<ReadonlyMap<number, bigint>> {
  const owned = (consumer.assignments ?? []).filter((assignment) => assignment.topic === topic);
  const partitions = owned.flatMap((assignment) => assignment.partitions);
  if (partitions.length === 0) return new Map();
  const offsets = await consumer.listCommittedOffsets({ topics: [{ topic, partitions }] });
  return new Map(
    partitions.map((partition) => {
      const offset = offsets.get(topic)?.[partition] ?? -1n;
      return [partition, offset < 0n ? 0n : offset];
    }),
  );
}

/** Fetches from every leader at once; offsets of the messages found, by partition. */
export async function fetchOffsets(
  consumer: Consumer,
  topic: string,
  wanted: readonly Wanted[],
): Promise<ReadonlyMap<number, readonly bigint[]>> {
  const metadata = await consumer.metadata({ topics: [topic] });
  const known = metadata.topics.get(topic);
  if (known === undefined) throw new Error(`connection closed before topic ${topic} was known`);
  const byLeader = new Map<number, Wanted[]>();
  for (const want of wanted) {
    const leader = known.partitions[want.partition]?.leader ?? -1;
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), want]);
  }
  const responses = await Promise.all(
    [...byLeader].map(async ([node, partitions]) =>
      consumer.fetch({
        node,
        minBytes: 0,
        maxWaitTime: MAX_WAIT_MS,
        maxBytes: partitions.reduce((sum, want) => sum + bytesFor(want), 0),
        isolationLevel: READ_UNCOMMITTED,
        topics: [{ topicId: known.id, partitions: partitions.map(toRequest) }],
      }),
    ),
  );
  return new Map(responses.flatMap(offsetsByPartition));
}

const bytesFor = ({ atMost }: Wanted): number => 2048 + atMost * BYTES_PER_MESSAGE;

function toRequest(want: Wanted) {
  return {
    partition: want.partition,
    fetchOffset: want.offset,
    currentLeaderEpoch: ANY_EPOCH,
    lastFetchedEpoch: ANY_EPOCH,
    partitionMaxBytes: bytesFor(want),
  };
}

function offsetsByPartition(
  response: fetchV17.FetchResponse,
): readonly (readonly [number, readonly bigint[]])[] {
  return response.responses.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, records = [] }) => {
      const offsets = records.flatMap((batch) =>
        batch.records.map(({ offsetDelta }) => batch.firstOffset + BigInt(offsetDelta)),
      );
      return [partitionIndex, offsets] as const;
    }),
  );
}

/** Where the log no longer has a position (deleted by retention, or the topic was made anew): the nearest one it has. */
export async function resetPositions(
  consumer: Consumer,
  {
    topic,
    reading,
    wanted,
  }: { readonly topic: string; readonly reading: Reading; readonly wanted: readonly Wanted[] },
): Promise<void> {
  const partitions = { [topic]: wanted.map(({ partition }) => partition) };
  const [earliest, latest] = await Promise.all([
    consumer.listOffsets({ topics: [topic], partitions, timestamp: EARLIEST }),
    consumer.listOffsets({ topics: [topic], partitions, timestamp: LATEST }),
  ]);
  for (const { partition, offset } of wanted) {
    const first = earliest.get(topic)?.[partition] ?? 0n;
    const end = latest.get(topic)?.[partition] ?? 0n;
    if (offset < first) reading.moveTo(partition, first);
    else if (offset > end) reading.moveTo(partition, end);
  }
}
