/**
 * Who belongs to a group by Kafka's own word. Burrow never knows idle consumers, and it forgets the owners of a group that
 * joined before its first commit was seen.
 */
import { Admin } from "@platformatic/kafka";
import { kafkaClientOptions } from "./connection.ts";
import type { KafkaConnection } from "./connection.ts";
import { kafkaReasonText } from "./failures.ts";
import { mapBounded } from "./map-bounded.ts";
import { atMost } from "./waiting.ts";

export type GroupMembers = {
  /** Consumers that joined the group. */
  readonly total: number;
  /** Those of them without a partition. */
  readonly idle: number;
  /** Id of the member by `topic/partition`. */
  readonly owners: ReadonlyMap<string, string>;
};

export type ReadMembers = {
  /** Without the groups that Kafka does not know under the classic protocol, or that are between two assignments. */
  readonly members: ReadonlyMap<string, GroupMembers>;
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
};

/** The only state in which every member has its final assignment. */
const STABLE = "STABLE";
/** Requests at a time. */
const CONCURRENCY = 8;

/** Reads the members of these groups; never throws for what Kafka does. */
export async function readGroupMembers(
  connection: KafkaConnection,
  groups: readonly string[],
): Promise<ReadMembers> {
  const admin = new Admin(await kafkaClientOptions(connection, "lagline-advise"));
  const members = new Map<string, GroupMembers>();
  const problems: string[] = [];
  try {
    await mapBounded(groups, CONCURRENCY, async (name) => {
      // The first failure tells enough: the next groups would wait for the same broker.
      if (problems.length > 0) return;
      try {
        const group = (await admin.describeGroups({ groups: [name] })).get(name);
        if (group?.state.toUpperCase() !== STABLE) return;
        members.set(name, countMembers([...group.members.values()]));
      } catch (error) {
        problems.push(
          `The members of group "${name}" could not be read from Kafka at ${connection.bootstrapServers.join(", ")}: ${kafkaReasonText(error)}.`,
        );
      }
    });
  } finally {
    await atMost(2000, admin.close());
  }
  return { members, problems };
}

type Member = {
  readonly id: string;
  readonly assignments?: ReadonlyMap<string, { readonly partitions: readonly number[] }>;
};

function countMembers(members: readonly Member[]): GroupMembers {
  const owners = new Map<string, string>();
  for (const { id, assignments } of members) {
    for (const [topic, { partitions }] of assignments ?? []) {
      for (const partition of partitions) owners.set(`${topic}/${partition}`, id);
    }
  }
  const busy = new Set(owners.values());
  return { total: members.length, idle: members.filter(({ id }) => !busy.has(id)).length, owners };
}
