/**
 * The sidecar of examples/ run as its page says: the page's own `docker run` line, beside a Burrow that is none of ours, with
 * the names of the test in the place of the page's. Compose and Kubernetes have no tool here; a unit test compares them.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { burrowJson } from "../../stacks/files/burrow-files.ts";
import { IMAGES, LAGLINE_VERSION } from "../../stacks/versions.ts";
import { type FakeElasticsearch, startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";

const NAME = "lagline-test-sidecar";
const KAFKA = `${NAME}-kafka`;
const BURROW = `${NAME}-burrow`;
const COLLECTOR = `${NAME}-collector`;
const EXAMPLE = join(import.meta.dirname, "..", "..", "examples", "sidecar");
const READY_SECONDS = 120;

let directory: string;
let elasticsearch: FakeElasticsearch;
let door: Server;

async function docker(...given: readonly string[]): Promise<string> {
  const { stdout } = await execa("docker", given, { stdin: "ignore", timeout: 120_000 });
  return stdout;
}

async function eventually<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const end = performance.now() + READY_SECONDS * 1000;
  for (;;) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what} did not come within ${READY_SECONDS} s`);
    await sleep(1000);
  }
}

async function remove(): Promise<void> {
  for (const container of [COLLECTOR, BURROW, KAFKA]) {
    await docker("rm", "--force", "--volumes", container).catch(() => undefined);
  }
  await docker("volume", "rm", "--force", NAME).catch(() => undefined);
  await docker("network", "rm", NAME).catch(() => undefined);
}

beforeAll(async () => {
  await remove();
  directory = mkdtempSync(join(tmpdir(), `${NAME}-`));
  chmodSync(directory, 0o755);
  elasticsearch = await startFakeElasticsearch({});
  await docker("network", "create", NAME);
  await startKafka();
  await startBurrow();
});

afterAll(async () => {
  await remove();
  door.close();
  await elasticsearch.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function startKafka(): Promise<void> {
  const properties = [
    "process.roles=broker,controller",
    "node.id=1",
    "controller.quorum.voters=1@127.0.0.1:9093",
    "controller.listener.names=CONTROLLER",
    "listeners=PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093",
    `advertised.listeners=PLAINTEXT://${KAFKA}:9092`,
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=3",
    "group.initial.rebalance.delay.ms=0",
    "log.dirs=/tmp/kafka",
  ].join("\n");
  writeFileSync(join(directory, "server.properties"), properties, { mode: 0o644 });
  const bin = "/opt/kafka/bin";
  const start = `${bin}/kafka-storage.sh format --cluster-id ${randomBytes(16).toString("base64url")} --config /tmp/server.properties && exec ${bin}/kafka-server-start.sh /tmp/server.properties`;
  const limits = ["--memory", "768m", "--env", "KAFKA_HEAP_OPTS=-Xmx384m"];
  const mounts = ["--volume", `${directory}/server.properties:/tmp/server.properties:ro`];
  const command = [IMAGES.kafka.local ?? "", "/bin/bash", "-c", start];
  await docker("run", "--detach", "--name", KAFKA, "--network", NAME, ...limits, ...mounts, ...command);
  const server = `--bootstrap-server ${KAFKA}:9092`;
  const commit = `${bin}/kafka-topics.sh ${server} --create --if-not-exists --topic work --partitions 2 && echo one | ${bin}/kafka-console-producer.sh ${server} --topic work && ${bin}/kafka-console-consumer.sh ${server} --topic work --group billing --from-beginning --max-messages 1 --timeout-ms 30000`;
  await eventually(() => docker("exec", KAFKA, "/bin/bash", "-c", commit), "Kafka");
}

/** A Burrow that somebody else runs; where its configuration comes from makes no difference. */
async function startBurrow(): Promise<void> {
  const { orders } = parseConfig(
    `environment: test\nclusters: { orders: { kafka: { external: { bootstrap_servers: ["${KAFKA}:9092"] } }, burrow: { managed: {} } } }\nelasticsearch: { managed: {} }\n`,
    "lagline.yaml",
  ).clusters;
  if (orders?.burrow.managed === undefined) throw new Error("the cluster is in the text");
  mkdirSync(join(directory, "burrow"));
  writeFileSync(
    join(directory, "burrow", "burrow.json"),
    burrowJson("orders", orders, orders.burrow.managed),
    {
      mode: 0o644,
    },
  );
  const mounts = ["--volume", `${directory}/burrow:/etc/burrow:ro`, "--tmpfs", "/tmp:size=16m"];
  const command = ["--entrypoint", "/app/burrow", IMAGES.burrow.local ?? "", "--config-dir", "/etc/burrow"];
  await docker(
    "run",
    "--detach",
    "--name",
    BURROW,
    "--network",
    NAME,
    "--memory",
    "256m",
    ...mounts,
    ...command,
  );
}

/** Elasticsearch under an address that containers reach. */
async function openDoor(): Promise<string> {
  const gateway = await docker("network", "inspect", NAME, "--format", "{{(index .IPAM.Config 0).Gateway}}");
  const port = Number(new URL(elasticsearch.url).port);
  door = createServer((socket) => {
    const inner = connect(port, "127.0.0.1");
    socket.on("error", () => inner.destroy()).pipe(inner);
    inner.on("error", () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    door.once("error", reject).listen(0, gateway, resolve);
  });
  const address = door.address();
  return `http://${gateway}:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** The page's command with the test's names. */
function commandOfPage(): string {
  const page = readFileSync(join(EXAMPLE, "README.md"), "utf8");
  const [, block = ""] = /^```sh\n([^]*?)^```/m.exec(page) ?? [];
  return block
    .replace(`registry.example.com/lagline/collector:${LAGLINE_VERSION}`, IMAGES.collector.local ?? "")
    .replace("--name lagline-collector", `--name ${COLLECTOR}`)
    .replace("container:burrow", `container:${BURROW}`)
    .replaceAll("lagline-spool", NAME);
}

it("writes the group that commits, under the page's own docker run line", async () => {
  const url = await openDoor();
  const example = readFileSync(join(EXAMPLE, "lagline.yaml"), "utf8");
  const text = `${example.replace("https://search.internal:9200", url)}  interval_seconds: 5\n`;
  writeFileSync(join(directory, "lagline.yaml"), text, { mode: 0o644 });
  mkdirSync(join(directory, "secrets"), { mode: 0o700 });
  const key = join(directory, "secrets", "elasticsearch-api-key");
  writeFileSync(key, randomBytes(24).toString("base64"), { mode: 0o400 });
  chownSync(key, 10_001, 10_001);
  await execa("bash", ["-e", "-c", commandOfPage()], { cwd: directory, timeout: 60_000 });
  const stored = await eventually(async () => {
    const documents = [...elasticsearch.documents.values()];
    return documents.find(({ record, group }) => record === "group" && group === "billing");
  }, "a document of the group").catch(async (error: unknown) => {
    throw new Error(await docker("logs", "--tail", "20", COLLECTOR), { cause: error });
  });
  expect(stored).toMatchObject({ cluster: "orders", partition_count: 2 });
  expect(
    await docker("inspect", COLLECTOR, "--format", "{{.HostConfig.ReadonlyRootfs}} {{.Config.User}}"),
  ).toBe("true 10001:10001");
});
