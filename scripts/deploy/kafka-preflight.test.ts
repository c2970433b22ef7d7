import { expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { KafkaFacts } from "../doctor/kafka-checks.ts";
import { kafkaPreflight } from "./kafka-preflight.ts";

const READ_AND_DESCRIBE = (1 << 3) | (1 << 8);
const reached = (
  offsets: Extract<KafkaFacts, { kind: "reached" }>["offsets"],
  problem: string | null = null,
): KafkaFacts => ({
  kind: "reached",
  brokers: [{ id: 1, address: "kafka-1:9092", problem }],
  offsets,
  username: "lagline",
});
const found = (operations: number) => reached({ kind: "found", partitions: 50, leaderless: 0, operations });

const EXTERNAL =
  'orders: { kafka: { external: { bootstrap_servers: ["kafka-1:9092"] } }, burrow: { managed: {} } }';

async function look(facts: KafkaFacts, clusters = EXTERNAL): Promise<{ lines: string[]; asked: number }> {
  const config = parseConfig(
    `environment: test\nclusters: { ${clusters} }\nelasticsearch: { managed: {} }\n`,
    "lagline.yaml",
  );
  const lines: string[] = [];
  let asked = 0;
  await kafkaPreflight(config, {
    log: (line) => void lines.push(line),
    readFacts: async () => {
      asked += 1;
      return facts;
    },
  });
  return { lines, asked };
}

test.each<[string, KafkaFacts, RegExp]>([
  [
    "a password that is refused",
    { kind: "failed", reason: "Authentication failed", ids: ["SASL_AUTHENTICATION_FAILED"] },
    /orders: Kafka at kafka-1:9092 refuses the user[^]*password_file/,
  ],
  ["an offsets topic that may not be described", reached({ kind: "hidden" }), /kafka-acls .*User:lagline/],
  ["one that may not be read", found(1 << 8), /may not read __consumer_offsets/],
  ["one that is not there", reached({ kind: "missing" }), /no consumer group has ever committed/],
])("%s ends it before anything is deployed", async (_name, facts, expected) => {
  await expect(look(facts)).rejects.toThrow(expected);
});

test.each<[string, KafkaFacts]>([
  [
    "a name that this host cannot resolve",
    { kind: "failed", reason: "getaddrinfo ENOTFOUND kafka-1", ids: ["ENOTFOUND"] },
  ],
  [
    "a broker that this host cannot reach",
    reached({ kind: "found", partitions: 1, leaderless: 0, operations: READ_AND_DESCRIBE }, "timed out"),
  ],
  [
    "an offsets topic without leaders, which may come back,",
    reached({ kind: "found", partitions: 50, leaderless: 1, operations: READ_AND_DESCRIBE }),
  ],
])("%s is said and goes on", async (_name, facts) => {
  expect((await look(facts)).lines).toEqual([expect.stringMatching(/^Kafka orders, seen from this host: /)]);
});

test("a Kafka that is in order is not spoken of", async () => {
  expect(await look(found(READ_AND_DESCRIBE))).toEqual({ lines: [], asked: 1 });
});

test("a Kafka that is deployed, and one whose Burrow is somebody else's, are not asked", async () => {
  const others =
    'shop: { kafka: { managed: {} }, burrow: { managed: {} } }, mail: { burrow: { external: { servers: ["http://burrow:8000"] } } }';
  expect((await look(found(0), others)).asked).toBe(0);
});
