import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kafkaClientOptions } from "./connection.ts";

const servers = ["kafka-1:9092"];

test("a file that cannot be read is named, with what it is for", async () => {
  await expect(
    kafkaClientOptions(
      {
        bootstrapServers: servers,
        sasl: { mechanism: "PLAIN", username: "lagline", password_file: "/nowhere/password" },
      },
      "x",
    ),
  ).rejects.toMatchObject({
    code: "LAGLINE_KAFKA_FILE",
    message: "The Kafka password file /nowhere/password cannot be read: ENOENT.",
  });
});

test("a plain connection has neither TLS nor SASL, and no retries of its own", async () => {
  const options = await kafkaClientOptions({ bootstrapServers: servers }, "lagline-x");
  expect(options).toMatchObject({ clientId: "lagline-x", bootstrapBrokers: servers, retries: false });
  expect(options).not.toHaveProperty("tls");
  expect(options).not.toHaveProperty("sasl");
});

test("secrets come from their files, the last line end apart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lagline-connection-"));
  await writeFile(join(folder, "password"), "some words \n");
  await writeFile(join(folder, "ca.pem"), "CA");
  const options = await kafkaClientOptions(
    {
      bootstrapServers: servers,
      tls: { ca_file: join(folder, "ca.pem"), server_name: "kafka.internal" },
      sasl: { mechanism: "SCRAM-SHA-512", username: "lagline", password_file: join(folder, "password") },
    },
    "x",
  );
  expect(options).toMatchObject({
    tls: { ca: "CA" },
    tlsServerName: "kafka.internal",
    sasl: { mechanism: "SCRAM-SHA-512", username: "lagline", password: "some words " },
  });
});

test("TLS without settings checks each broker's own name against the system's authorities", async () => {
  const options = await kafkaClientOptions({ bootstrapServers: servers, tls: {} }, "x");
  expect(options).toMatchObject({ tls: {} });
  expect(options).not.toHaveProperty("tlsServerName");
});
