import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { proposePolicies } from "./propose.ts";
import type { InitOptions } from "./run.ts";
import { runInit } from "./run.ts";
import { writeYaml } from "./yaml.ts";

let directory: string;
let out: string;
let lines: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-init-"));
  out = join(directory, "lagline.yaml");
  lines = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const run = (flags: InitOptions["flags"], terminal?: InitOptions["terminal"]) =>
  runInit({
    flags,
    out,
    ...(terminal === undefined ? {} : { terminal }),
    signal: AbortSignal.timeout(20_000),
    print: (line) => void lines.push(line),
  });

test("a file that exists is left as it is", async () => {
  writeFileSync(out, "mine");
  await expect(run({ bootstrapServers: "127.0.0.1:1" })).rejects.toThrow(/exists and is left as it is/);
  expect(readFileSync(out, "utf8")).toBe("mine");
});

test("an answer that the configuration refuses writes nothing", async () => {
  await expect(run({ bootstrapServers: "127.0.0.1:1", cluster: "Orders" })).rejects.toThrow(/lower-case/);
  expect(existsSync(out)).toBe(false);
});

test("a Kafka that cannot be asked costs only the proposals", async () => {
  await run({ bootstrapServers: "127.0.0.1:1" });
  expect(lines.slice(0, 3).join("\n")).toMatch(/cannot be read.*ECONNREFUSED[^]*Do: [^]*No policies/);
  expect(
    parseConfig(readFileSync(out, "utf8"), out).clusters["main"]?.kafka?.external?.bootstrap_servers,
  ).toEqual(["127.0.0.1:1"]);
});

test("a password file that is missing is named, and the file is written", async () => {
  await run({ bootstrapServers: "127.0.0.1:1", saslMechanism: "SCRAM-SHA-512", username: "lagline" });
  expect(lines[0]).toContain(join(directory, "secrets/kafka-password"));
  expect(lines.join("\n")).toMatch(/put the password .* into secrets\/kafka-password/);
});

test("a person at a terminal answers questions", async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const answers = ["127.0.0.1:1", "orders", "", "", "", ""];
  output.on("data", (chunk: Buffer) => {
    if (chunk.toString().endsWith(": ")) input.write(`${answers.shift() ?? ""}\n`);
  });
  await run({}, { input, output });
  expect(Object.keys(parseConfig(readFileSync(out, "utf8"), out).clusters)).toEqual(["orders"]);
});

test("a password that is typed is not shown, and goes into a file of this user only", async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const shown: string[] = [];
  output.on("data", (chunk: Buffer) => {
    shown.push(chunk.toString());
    if (!chunk.toString().endsWith(": ")) return;
    input.write(chunk.toString().startsWith("The password") ? "typed unseen\n" : "\n");
  });
  await run({ bootstrapServers: "127.0.0.1:1", saslMechanism: "PLAIN" }, { input, output });
  const file = join(directory, "secrets/kafka-password");
  expect(readFileSync(file, "utf8")).toBe("typed unseen\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(shown.join("")).not.toContain("typed unseen");
  expect(lines.join("\n")).not.toMatch(/put the password/);
});

test("ports that other programs have are not written", async () => {
  await runInit({
    flags: { bootstrapServers: "127.0.0.1:1" },
    out,
    signal: AbortSignal.timeout(20_000),
    print: () => undefined,
    choosePorts: async () => ({ elasticsearch: 19_300, grafana: 13_000 }),
  });
  const { elasticsearch, grafana } = parseConfig(readFileSync(out, "utf8"), out);
  expect([elasticsearch.managed?.host_port, grafana.managed?.host_port]).toEqual([19_300, 13_000]);
});

test("whatever the groups are called, the file is valid and has their rules", () => {
  const answers = { environment: "prod", cluster: "main", bootstrapServers: ["a:9092"] };
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 30 })), (names) => {
      const groups = [...names, ...names.map((name) => `batch-${name}`)];
      const proposals = proposePolicies(groups);
      const { policies } = parseConfig(writeYaml(answers, { proposals }), "lagline.yaml");
      expect(policies.rules.map(({ match }) => match.groups[0])).toEqual(
        proposals.map(({ groups: glob }) => glob),
      );
    }),
    { numRuns: 300 },
  );
});
