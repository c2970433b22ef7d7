import { createServer } from "node:net";
import { expect, test } from "vitest";
import type { KafkaFacts, OffsetsTopic } from "./kafka-checks.ts";
import { judgeKafka } from "./kafka-checks.ts";
import { readKafkaFacts } from "./kafka-facts.ts";

const READ_AND_DESCRIBE = (1 << 3) | (1 << 8);
const FOUND: OffsetsTopic = { kind: "found", partitions: 50, leaderless: 0, operations: READ_AND_DESCRIBE };

const reached = (offsets: OffsetsTopic, problem: string | null = null): KafkaFacts => ({
  kind: "reached",
  brokers: [{ id: 1, address: "kafka-1:9092", problem }],
  offsets,
});
const outcomes = (facts: KafkaFacts): Record<string, string> =>
  Object.fromEntries(judgeKafka(["kafka-1:9092"], facts).map(({ check, outcome }) => [check, outcome]));
const sentence = (facts: KafkaFacts): string =>
  judgeKafka(["kafka-1:9092"], facts)
    .filter(({ outcome }) => outcome === "broken")
    .map(({ evidence, fix }) => `${evidence} ${fix}`)
    .join("\n");

test("nothing is wrong with a Kafka that answers and lets us read", () => {
  expect(outcomes(reached(FOUND))).toEqual({
    reachable: "ok",
    brokers: "ok",
    "offsets-topic": "ok",
    rights: "ok",
  });
});

test("a port where nobody listens breaks reachable, with the address", async () => {
  const facts = await readKafkaFacts({ bootstrapServers: ["127.0.0.1:1"] });
  expect(outcomes(facts)).toEqual({ reachable: "broken" });
  expect(sentence(facts)).toMatch(/ECONNREFUSED/);
});

test("a port that closes each connection breaks reachable", async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const facts = await readKafkaFacts({ bootstrapServers: [`127.0.0.1:${port}`] });
  server.close();
  expect(outcomes(facts)).toEqual({ reachable: "broken" });
});

test.each([
  [
    "wrong credentials",
    "SASL_AUTHENTICATION_FAILED",
    "bad password",
    /refuses the user.*sasl\.password_file/,
  ],
  [
    "an untrusted certificate",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "self-signed certificate",
    /No TLS.*tls\.ca_file/,
  ],
])("%s break reachable and name the setting", (...[, id, reason, expected]) => {
  expect(sentence({ kind: "failed", reason, ids: [id] })).toMatch(expected);
});

test("a broker that advertises an address nobody can reach breaks brokers only", () => {
  const facts = reached(FOUND, "getaddrinfo ENOTFOUND kafka-1");
  expect(outcomes(facts)).toMatchObject({ reachable: "ok", brokers: "broken", rights: "ok" });
  expect(sentence(facts)).toMatch(
    /broker 1 at kafka-1:9092 \(getaddrinfo ENOTFOUND kafka-1\).*advertised\.listeners/,
  );
});

test.each<[string, OffsetsTopic, RegExp]>([
  ["no offsets topic", { kind: "missing" }, /no consumer group has ever committed/],
  ["an offsets topic that may not be described", { kind: "hidden" }, /kafka-acls/],
  [
    "an offsets topic that cannot be described",
    { kind: "unreadable", reason: "LEADER_NOT_AVAILABLE" },
    /LEADER/,
  ],
  ["a partition without a leader", { ...FOUND, leaderless: 3 }, /3 of 50 partitions/],
])("%s breaks offsets-topic", (_name, offsets, expected) => {
  const facts = reached(offsets);
  expect(outcomes(facts)).toMatchObject({ reachable: "ok", brokers: "ok", "offsets-topic": "broken" });
  expect(sentence(facts)).toMatch(expected);
});

test("a user that may describe but not read the offsets topic breaks rights only", () => {
  const facts = reached({ ...FOUND, operations: 1 << 8 });
  expect(outcomes(facts)).toMatchObject({ "offsets-topic": "ok", rights: "broken" });
  expect(sentence(facts)).toMatch(/may not read __consumer_offsets[^]*--operation Read/);
});

test("brokers without access control are no fault", () => {
  expect(outcomes(reached({ ...FOUND, operations: -2_147_483_648 }))).toMatchObject({ rights: "ok" });
});

test("the missing right comes as commands with the address and the user", () => {
  const facts: KafkaFacts = { kind: "reached", brokers: [], offsets: { kind: "hidden" }, username: "reader" };
  expect(sentence(facts)).toMatch(
    /kafka-acls --bootstrap-server kafka-1:9092 .*User:reader .*__consumer_offsets\n/,
  );
});
