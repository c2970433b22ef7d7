/**
 * Leaders of topics as a broker knows them. The client's own metadata leaves internal topics out and asks one broker
 * only, so this speaks the protocol one level lower. Metadata version 9 is answered by every Kafka from 2.8 to 4.2.
 */
import { metadataV9 } from "@platformatic/kafka";
import type { Admin, Connection } from "@platformatic/kafka";

/** Leader by partition, for each topic. The request itself fails while a topic is unknown or a partition leaderless. */
export type Leaders = ReadonlyMap<string, ReadonlyMap<number, number>>;

export async function readLeaders(connection: Connection, topics: readonly string[]): Promise<Leaders> {
  const answer = await metadataV9.api.async(connection, [...topics], false, false);
  return new Map(
    answer.topics.map(({ name, partitions }) => [
      name ?? "",
      new Map(partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])),
    ]),
  );
}

/** Fails until every broker knows every topic: a topic just created is not known everywhere at once. */
export async function checkKnownEverywhere(admin: Admin, topics: readonly string[]): Promise<void> {
  if (topics.length === 0) return;
  const connections = await admin.connectToBrokers();
  await Promise.all([...connections.values()].map((connection) => readLeaders(connection, topics)));
}
