/** What the doctor sees of a Kafka with SCRAM and access control, one missing right after the other. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { judgeKafka } from "../../scripts/doctor/kafka-checks.ts";
import { readKafkaFacts } from "../../scripts/doctor/kafka-facts.ts";
import type { KafkaConnection } from "../../scripts/kafka-admin/connection.ts";
import type { SecuredKafka } from "./support/secured-kafka.ts";
import { startSecuredKafka } from "./support/secured-kafka.ts";

let kafka: SecuredKafka;
beforeAll(async () => {
  kafka = await startSecuredKafka("lagline-test-secured-kafka");
});
afterAll(() => kafka.stop());

async function look(connection: KafkaConnection): Promise<Record<string, string>> {
  const found = judgeKafka(connection.bootstrapServers, await readKafkaFacts(connection));
  return Object.fromEntries(
    found.map(({ check, outcome, evidence, fix = "" }) => [check, `${outcome}: ${evidence} ${fix}`]),
  );
}

it("names a wrong password", async () => {
  expect(await look(kafka.as("reader", "wrong"))).toEqual({
    reachable: expect.stringMatching(/^broken: .*refuses the user.*password_file/),
  });
});

it("names the protocol where credentials are missing", async () => {
  const { reachable } = await look({ bootstrapServers: [kafka.bootstrapServer] });
  expect(reachable).toMatch(/^broken: .*expects TLS or SASL/);
});

it("tells a user without rights to describe the offsets topic from one where it does not exist", async () => {
  await kafka.allow("reader", "Read", "Describe");
  expect((await look(kafka.as("reader")))["offsets-topic"]).toMatch(/^broken: There is no topic/);
  await kafka.commit("first");
  expect((await look(kafka.as("nobody")))["offsets-topic"]).toMatch(/^broken: .*may not describe/);
});

it("tells a user that may only describe from one that may read", async () => {
  await kafka.allow("describer", "Describe");
  expect(await look(kafka.as("describer"))).toMatchObject({
    "offsets-topic": expect.stringMatching(/^ok: __consumer_offsets has 3 partitions/),
    rights: expect.stringMatching(/^broken: This user may not read/),
  });
  expect(await look(kafka.as("reader"))).toEqual({
    reachable: expect.stringMatching(/^ok/),
    brokers: expect.stringMatching(/^ok/),
    "offsets-topic": expect.stringMatching(/^ok/),
    rights: "ok: This user may read __consumer_offsets. ",
  });
});
