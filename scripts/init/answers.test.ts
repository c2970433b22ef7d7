import { expect, test } from "vitest";
import type { InitFlags } from "./answers.ts";
import { completeAnswers } from "./answers.ts";

test.each<[string, InitFlags, RegExp]>([
  ["no servers", {}, /--bootstrap-servers is missing, and there is no terminal/],
  ["a mechanism that Burrow lacks", { bootstrapServers: "a:1", saslMechanism: "GSSAPI" }, /got "GSSAPI"/],
  [
    "a user without SASL",
    { bootstrapServers: "a:1", saslMechanism: "none", username: "x" },
    /need --sasl-mechanism/,
  ],
  [
    "an authority without TLS",
    { bootstrapServers: "a:1", tls: false, caFile: "ca.pem" },
    /--ca-file needs TLS/,
  ],
  ["a key without its server", { bootstrapServers: "a:1", apiKeyFile: "k" }, /--api-key-file needs/],
])("%s is refused with a sentence", async (_name, flags, expected) => {
  await expect(completeAnswers(flags, undefined)).rejects.toThrow(expected);
});

test("all problems come at once", async () => {
  const flags = { saslMechanism: "X", apiKeyFile: "k" };
  await expect(completeAnswers(flags, undefined)).rejects.toThrow(
    /bootstrap-servers[^]*sasl-mechanism[^]*api-key-file/,
  );
});

test("one flag is enough without a terminal", async () => {
  expect(await completeAnswers({ bootstrapServers: "a:9092, b:9092" }, undefined)).toEqual({
    environment: "prod",
    cluster: "main",
    bootstrapServers: ["a:9092", "b:9092"],
  });
});

test("a person is asked only for what the flags do not say", async () => {
  const asked: string[] = [];
  const said = new Map([
    ["SASL", "SCRAM-SHA-512"],
    ["Does Kafka speak TLS", "yes"],
    ["Address of your Elasticsearch", "https://es:9200"],
  ]);
  const answers = await completeAnswers(
    { bootstrapServers: "a:9092", cluster: "orders", username: "me" },
    async (question, fallback) => {
      asked.push(question);
      return [...said].find(([start]) => question.startsWith(start))?.[1] ?? fallback;
    },
  );
  expect(answers).toEqual({
    environment: "prod",
    cluster: "orders",
    bootstrapServers: ["a:9092"],
    sasl: { mechanism: "SCRAM-SHA-512", username: "me", passwordFile: "secrets/kafka-password" },
    tls: {},
    elasticsearch: { url: "https://es:9200" },
  });
  expect(asked.join("\n")).not.toMatch(/bootstrap|Kafka cluster|Kafka user/);
});
