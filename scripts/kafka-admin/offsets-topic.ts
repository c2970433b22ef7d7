/**
 * Makes sure that `__consumer_offsets` exists and that every partition of it answers. Burrow exits at its start where it
 * does not, even within about a second of its creation. Asking for the coordinator of any group makes Kafka create it,
 * without a commit and with automatic topic creation switched off (measured on Kafka 4.2.0).
 * ListOffsets version 7 is answered by every Kafka from 2.8 to 4.2.
 */
import { listOffsetsV7 } from "@platformatic/kafka";
import type { Admin } from "@platformatic/kafka";
import { LaglineError } from "../../model/errors.ts";
import { hasReason, kafkaReasonText } from "./failures.ts";
import { readLeaders } from "./topic-leaders.ts";

export const OFFSETS_TOPIC = "__consumer_offsets";
const ANY_GROUP = "lagline-topics";
const GROUP_KEY = 0;
const LATEST = -1n;
const ANY_EPOCH = -1;

/**
 * One attempt; the caller repeats it. Returns the number of partitions.
 * @throws LaglineError `LAGLINE_KAFKA_OFFSETS_TOPIC`, retryable, while the topic is missing or a leader does not answer;
 * any other error of the client as it is.
 */
export async function ensureOffsetsTopic(admin: Admin): Promise<number> {
  try {
    await admin.findCoordinator({ keyType: GROUP_KEY, keys: [ANY_GROUP] });
    const leaders = await readOffsetsLeaders(admin);
    await askLeaders(admin, leaders);
    return leaders.size;
  } catch (error) {
    if (hasReason(error, "GROUP_AUTHORIZATION_FAILED") || hasReason(error, "TOPIC_AUTHORIZATION_FAILED"))
      throw error;
    throw new LaglineError({
      code: "LAGLINE_KAFKA_OFFSETS_TOPIC",
      message: kafkaReasonText(error),
      retryable: true,
      cause: error,
    });
  }
}

async function readOffsetsLeaders(admin: Admin): Promise<ReadonlyMap<number, number>> {
  const [connection] = (await admin.connectToBrokers()).values();
  if (connection === undefined) throw new Error("no broker answered");
  const leaders = (await readLeaders(connection, [OFFSETS_TOPIC])).get(OFFSETS_TOPIC);
  if (leaders === undefined || leaders.size === 0) throw new Error("it has no partitions yet");
  return leaders;
}

/** A named leader may not know yet that it leads: asking each for its end offset finds that out. */
async function askLeaders(admin: Admin, leaders: ReadonlyMap<number, number>): Promise<void> {
  const ids = [...new Set(leaders.values())];
  const connections = await admin.connectToBrokers(ids);
  await Promise.all(
    ids.map(async (id) => {
      const connection = connections.get(id);
      if (connection === undefined) throw new Error(`broker ${id} does not answer`);
      const partitions = [...leaders]
        .filter(([, leader]) => leader === id)
        .map(([partitionIndex]) => ({ partitionIndex, currentLeaderEpoch: ANY_EPOCH, timestamp: LATEST }));
      await listOffsetsV7.api.async(connection, -1, 0, [{ name: OFFSETS_TOPIC, partitions }]);
    }),
  );
}
