/** Reads from Kafka what the doctor judges. Reads only: no topic is created, no offset committed. */
import { Admin, metadataV12 } from "@platformatic/kafka";
import type { Connection } from "@platformatic/kafka";
import { kafkaClientOptions } from "../kafka-admin/connection.ts";
import type { KafkaConnection } from "../kafka-admin/connection.ts";
import { hasReason, kafkaReasonText, kafkaReasons } from "../kafka-admin/failures.ts";
import { OFFSETS_TOPIC } from "../kafka-admin/offsets-topic.ts";
import { atMost } from "../kafka-admin/waiting.ts";
import type { BrokerReach, KafkaFacts, OffsetsTopic } from "./kafka-checks.ts";

/** @throws LaglineError `LAGLINE_KAFKA_FILE` when a certificate or password file cannot be read. */
export async function readKafkaFacts(connection: KafkaConnection): Promise<KafkaFacts> {
  const admin = new Admin(await kafkaClientOptions(connection, "lagline-doctor"));
  try {
    const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
    const reaches = await Promise.all(
      [...brokers].map(([id, { host, port }]) => reach(admin, id, `${host}:${port}`)),
    );
    const [first] = (await admin.connectToBrokers(null)).values();
    return {
      kind: "reached",
      brokers: reaches.toSorted((a, b) => a.id - b.id),
      ...(connection.sasl === undefined ? {} : { username: connection.sasl.username }),
      offsets:
        first === undefined ? { kind: "unreadable", reason: "no broker answered" } : await readOffsets(first),
    };
  } catch (error) {
    const reasons = kafkaReasons(error);
    return {
      kind: "failed",
      reason: kafkaReasonText(error),
      ids: reasons.flatMap(({ id }) => (id === undefined ? [] : [id])),
    };
  } finally {
    await atMost(2000, admin.close());
  }
}

async function reach(admin: Admin, id: number, address: string): Promise<BrokerReach> {
  try {
    await admin.connectToBrokers([id]);
    return { id, address, problem: null };
  } catch (error) {
    return { id, address, problem: kafkaReasonText(error) };
  }
}

/** Asks with the authorized operations: the broker itself says what these credentials may do with the topic. */
async function readOffsets(connection: Connection): Promise<OffsetsTopic> {
  try {
    const { topics } = await metadataV12.api.async(connection, [OFFSETS_TOPIC], false, true);
    const [topic] = topics;
    if (topic === undefined || topic.partitions.length === 0) return { kind: "missing" };
    const leaderless = topic.partitions.filter(({ leaderId }) => leaderId < 0).length;
    return {
      kind: "found",
      partitions: topic.partitions.length,
      leaderless,
      operations: topic.topicAuthorizedOperations,
    };
  } catch (error) {
    if (hasReason(error, "UNKNOWN_TOPIC_OR_PARTITION")) return { kind: "missing" };
    if (hasReason(error, "TOPIC_AUTHORIZATION_FAILED")) return { kind: "hidden" };
    return { kind: "unreadable", reason: kafkaReasonText(error) };
  }
}
