/** The Kafka of a configured cluster, as this host reaches it. */
import type { ClusterConfig } from "../../config/schema.ts";
import { bootstrapHostServers } from "../../stacks/endpoints.ts";
import type { KafkaConnection } from "./connection.ts";

/** For a cluster whose `kafka` is given. */
export function connectionOf(entry: ClusterConfig): KafkaConnection {
  const external = entry.kafka?.external;
  return {
    bootstrapServers: bootstrapHostServers(entry),
    ...(external?.tls === undefined ? {} : { tls: external.tls }),
    ...(external?.sasl === undefined ? {} : { sasl: external.sasl }),
  };
}
