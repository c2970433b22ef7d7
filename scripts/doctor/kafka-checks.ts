/** Judges what Kafka said about itself. Pure. */
import { grantCommands } from "../kafka-admin/grant.ts";
import type { Observation } from "./finding.ts";
import { broken, ok } from "./finding.ts";

export type BrokerReach = {
  readonly id: number;
  /** As the cluster advertises it, host:port. */
  readonly address: string;
  /** Why it cannot be reached; null when it can. */
  readonly problem: string | null;
};

export type OffsetsTopic =
  | { readonly kind: "missing" }
  /** These credentials may not even describe it. */
  | { readonly kind: "hidden" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | {
      readonly kind: "found";
      readonly partitions: number;
      readonly leaderless: number;
      /** Bit field of AclOperation codes; the smallest integer where the broker does not tell (no authorizer). */
      readonly operations: number;
    };

export type KafkaFacts =
  | { readonly kind: "failed"; readonly reason: string; readonly ids: readonly string[] }
  | {
      readonly kind: "reached";
      readonly brokers: readonly BrokerReach[];
      readonly offsets: OffsetsTopic;
      /** Who asked; undefined without SASL. */
      readonly username?: string;
    };

/** Code of READ in Kafka's AclOperation; the bit of that number says whether it is allowed. */
const READ = 3;
/** What a broker sends when it was not asked, or has nothing to say. */
const NOT_TOLD = -2_147_483_648;

export function judgeKafka(servers: readonly string[], facts: KafkaFacts): readonly Observation[] {
  if (facts.kind === "failed") return [unreachable(servers, facts)];
  return [
    ok("reachable", `Answers at ${servers.join(", ")}; brokers: ${facts.brokers.length}.`),
    judgeBrokers(facts.brokers),
    ...judgeOffsets(facts.offsets, grantText(servers, facts.username)),
  ];
}

function unreachable(
  servers: readonly string[],
  { reason, ids }: KafkaFacts & { kind: "failed" },
): Observation {
  const at = servers.join(", ");
  if (ids.includes("SASL_AUTHENTICATION_FAILED") || /authentication failed/i.test(reason)) {
    return broken(
      "reachable",
      `Kafka at ${at} refuses the user: ${reason}.`,
      "Check sasl.mechanism, sasl.username and the content of sasl.password_file.",
    );
  }
  if (/certificate|self.signed|altname|EPROTO|SSL|TLS/i.test(`${reason} ${ids.join(" ")}`)) {
    return broken(
      "reachable",
      `No TLS connection to Kafka at ${at}: ${reason}.`,
      "Check tls.ca_file and tls.server_name, and that this port speaks TLS.",
    );
  }
  return broken(
    "reachable",
    `Kafka at ${at} cannot be read: ${reason}.`,
    "Check bootstrap_servers, that Kafka runs, the firewall, and whether the port expects TLS or SASL that lagline.yaml does not name.",
  );
}

function judgeBrokers(brokers: readonly BrokerReach[]): Observation {
  const lost = brokers.filter(({ problem }) => problem !== null);
  if (lost.length === 0) {
    return ok(
      "brokers",
      `Each advertised address answers: ${brokers.map(({ address }) => address).join(", ")}.`,
    );
  }
  return broken(
    "brokers",
    `${lost.length} of ${brokers.length} brokers cannot be reached at the address that the cluster advertises: ${lost.map(({ id, address, problem }) => `broker ${id} at ${address} (${problem})`).join("; ")}.`,
    "Start the broker, or make advertised.listeners an address that this host and Burrow can resolve and reach.",
  );
}

function judgeOffsets(offsets: OffsetsTopic, grant: string): readonly Observation[] {
  const check = "offsets-topic";
  switch (offsets.kind) {
    case "missing":
      return [
        broken(
          check,
          "There is no topic __consumer_offsets: no consumer group has ever committed here, and Burrow exits without it.",
          "Start a consumer that commits, or check that this is the cluster your consumers use.",
        ),
      ];
    case "hidden":
      return [broken(check, "This user may not describe the topic __consumer_offsets.", grant)];
    case "unreadable":
      return [
        broken(
          check,
          `The topic __consumer_offsets cannot be described: ${offsets.reason}.`,
          "Check the brokers' logs; a partition without a leader stops Burrow as well.",
        ),
      ];
    case "found":
      return [judgeLeaders(offsets), judgeRights(offsets.operations, grant)];
  }
}

function judgeLeaders({ partitions, leaderless }: OffsetsTopic & { kind: "found" }): Observation {
  return leaderless === 0
    ? ok("offsets-topic", `__consumer_offsets has ${partitions} partitions, each with a leader.`)
    : broken(
        "offsets-topic",
        `${leaderless} of ${partitions} partitions of __consumer_offsets have no leader: Burrow does not see the groups in them.`,
        "Bring the missing brokers back, or reassign the partitions.",
      );
}

function grantText([bootstrapServer = ""]: readonly string[], username: string | undefined): string {
  const commands = grantCommands({ bootstrapServer, username });
  return ["An administrator of Kafka grants it:", ...commands].join("\n");
}

function judgeRights(operations: number, grant: string): Observation {
  if (operations === NOT_TOLD) return ok("rights", "The brokers have no access control to ask.");
  return (operations & (1 << READ)) === 0
    ? broken("rights", "This user may not read __consumer_offsets, so Burrow sees no commits.", grant)
    : ok("rights", "This user may read __consumer_offsets.");
}
