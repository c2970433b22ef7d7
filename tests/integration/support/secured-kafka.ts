/** A Kafka with SCRAM and access control, as somebody else would run it: one broker, no part of the deployment. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { IMAGES } from "../../../stacks/versions.ts";
import type { KafkaConnection } from "../../../scripts/kafka-admin/connection.ts";
import { freePort } from "../../support/free-port.ts";

export type SecuredKafka = {
  readonly container: string;
  readonly bootstrapServer: string;
  /** Connection of a user, password in a file. */
  readonly as: (user: User, password?: string) => KafkaConnection;
  /** Grants operations on all topics, for example `Read`. */
  readonly allow: (user: User, ...operations: readonly string[]) => Promise<void>;
  /** Lets a group commit, by Kafka's own tool, so that the offsets topic comes to be. */
  readonly commit: (group: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export const USERS = ["nobody", "describer", "reader"] as const;
export type User = (typeof USERS)[number];

const INSIDE = "127.0.0.1:9092";
const READY_SECONDS = 120;

export async function startSecuredKafka(name: string): Promise<SecuredKafka> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), "lagline-secured-kafka-"));
  const passwords = new Map<User, string>(USERS.map((user) => [user, randomBytes(18).toString("hex")]));
  const properties = join(directory, "server.properties");
  writeFileSync(properties, propertiesFor(port), { mode: 0o644 });
  // The directory is the test's own, but the broker runs as another user.
  await execa("chmod", ["755", directory]);
  await docker("rm", "--force", "--volumes", name).catch(() => undefined);
  const limits = ["--memory", "768m", "--env", "KAFKA_HEAP_OPTS=-Xmx384m"];
  const mounts = ["--volume", `${properties}:/tmp/server.properties:ro`];
  const command = [IMAGES.kafka.local ?? "", "/bin/bash", "-c", startScript(passwords)];
  const ports = ["--publish", `127.0.0.1:${port}:${port}`];
  await docker("run", "--detach", "--name", name, ...limits, ...ports, ...mounts, ...command);
  const inside = (tool: string, ...given: readonly string[]): Promise<string> =>
    docker("exec", name, `/opt/kafka/bin/${tool}`, "--bootstrap-server", INSIDE, ...given);
  await untilReady(() => inside("kafka-topics.sh", "--create", "--topic", "work", "--partitions", "1"));
  return {
    container: name,
    bootstrapServer: `127.0.0.1:${port}`,
    as: (user, password = passwords.get(user) ?? "") => {
      const file = join(directory, `password-${randomBytes(4).toString("hex")}`);
      writeFileSync(file, password, { mode: 0o600 });
      return {
        bootstrapServers: [`127.0.0.1:${port}`],
        sasl: { mechanism: "SCRAM-SHA-512", username: user, password_file: file },
      };
    },
    allow: async (user, ...operations) => {
      const rights = operations.flatMap((operation) => ["--operation", operation]);
      await inside("kafka-acls.sh", "--add", "--allow-principal", `User:${user}`, ...rights, "--topic", "*");
    },
    commit: async (group) => {
      const script = `echo one | /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server ${INSIDE} --topic work && /opt/kafka/bin/kafka-console-consumer.sh --bootstrap-server ${INSIDE} --topic work --group ${group} --from-beginning --max-messages 1 --timeout-ms 30000`;
      await docker("exec", name, "/bin/bash", "-c", script);
    },
    stop: async () => {
      await docker("rm", "--force", "--volumes", name).catch(() => undefined);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Inside, without a password, everything is allowed; from outside only what an ACL says. */
function propertiesFor(port: number): string {
  return [
    "process.roles=broker,controller",
    "node.id=1",
    "controller.quorum.voters=1@127.0.0.1:9093",
    "controller.listener.names=CONTROLLER",
    `listeners=INSIDE://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093,OUTSIDE://:${port}`,
    `advertised.listeners=INSIDE://${INSIDE},OUTSIDE://127.0.0.1:${port}`,
    "listener.security.protocol.map=INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT,OUTSIDE:SASL_PLAINTEXT",
    "inter.broker.listener.name=INSIDE",
    "sasl.enabled.mechanisms=SCRAM-SHA-512",
    "listener.name.outside.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;",
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users=User:ANONYMOUS",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=3",
    "transaction.state.log.replication.factor=1",
    "group.initial.rebalance.delay.ms=0",
    "log.dirs=/tmp/kafka",
    "",
  ].join("\n");
}

/** Users are made while the storage is formatted: afterwards a first user would need one to be made by. */
function startScript(passwords: ReadonlyMap<User, string>): string {
  const users = [...passwords].map(
    ([user, password]) => `--add-scram 'SCRAM-SHA-512=[name=${user},password=${password}]'`,
  );
  const id = randomBytes(16).toString("base64url");
  return `/opt/kafka/bin/kafka-storage.sh format --cluster-id ${id} --config /tmp/server.properties ${users.join(" ")} && exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties`;
}

async function docker(...given: readonly string[]): Promise<string> {
  const { stdout } = await execa("docker", given, { stdin: "ignore", timeout: 120_000 });
  return stdout;
}

async function untilReady(attempt: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + READY_SECONDS * 1000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await sleep(2000);
  }
}
