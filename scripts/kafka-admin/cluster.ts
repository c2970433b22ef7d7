/** Reads what a cluster has: brokers, topics and their options. Thin adapter over the client library. */
import type { Admin, ClusterTopicMetadata } from "@platformatic/kafka";
import { kafkaReasons } from "./failures.ts";
import type { ExistingTopic } from "./topics-plan.ts";

/** Number of the resource type "topic" in DescribeConfigs and IncrementalAlterConfigs. */
export const TOPIC_RESOURCE = 2;

export type BrokerAddress = { readonly id: number; readonly host: string; readonly port: number };

/** Brokers as the cluster advertises them, in order of id. */
export async function readBrokers(admin: Admin): Promise<readonly BrokerAddress[]> {
  const { brokers } = await admin.metadata({ topics: [], forceUpdate: true });
  return [...brokers].map(([id, { host, port }]) => ({ id, host, port })).toSorted((a, b) => a.id - b.id);
}

/** Those of the named topics that exist, with partitions, replicas and effective options. */
export async function readTopics(
  admin: Admin,
  names: readonly string[],
): Promise<ReadonlyMap<string, ExistingTopic>> {
  const found: [string, ClusterTopicMetadata][] = [];
  for (const name of names) {
    const topic = await readTopic(admin, name);
    if (topic !== undefined) found.push([name, topic]);
  }
  if (found.length === 0) return new Map();
  const options = await readOptions(
    admin,
    found.map(([name]) => name),
  );
  return new Map(
    found.map(([name, topic]) => {
      const replicas = Math.min(...topic.partitions.map((partition) => partition.replicas.length));
      return [name, { partitions: topic.partitionsCount, replicas, options: options.get(name) ?? new Map() }];
    }),
  );
}

/**
 * One topic, undefined where it does not exist. Asked one by one: the client fails a whole answer when any topic in it
 * has a partition without a leader, and a topic list asks for all topics of the cluster.
 */
async function readTopic(admin: Admin, name: string): Promise<ClusterTopicMetadata | undefined> {
  try {
    const { topics } = await admin.metadata({ topics: [name], forceUpdate: true });
    return topics.get(name);
  } catch (error) {
    // The client replaces the protocol error of an unknown topic by a text of its own.
    if (kafkaReasons(error).some(({ text }) => text.startsWith("Unknown topic"))) return undefined;
    throw error;
  }
}

async function readOptions(
  admin: Admin,
  names: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string | null>>> {
  const described = await admin.describeConfigs({
    resources: names.map((resourceName) => ({ resourceType: TOPIC_RESOURCE, resourceName })),
  });
  return new Map(
    described.map(({ resourceName, configs }) => [
      resourceName,
      new Map(configs.map(({ name, value }) => [name, value ?? null])),
    ]),
  );
}
