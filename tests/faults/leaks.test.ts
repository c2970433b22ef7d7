/**
 * Canaries: random values in the place of every secret, then everything that Lagline puts out is searched for them: what
 * commands print, logs at their most talkative, files they write, metrics and health, documents and requests.
 */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { FakeBurrow } from "../fakes/fake-burrow.ts";
import type { FakeElasticsearch } from "../fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";
import { FakeSlack } from "../fakes/fake-slack.ts";
import { CLUSTER } from "./support/collector-under-test.ts";
import { startWorld } from "./support/world.ts";

vi.setConfig({ testTimeout: 120_000 });
const COMMAND = join(import.meta.dirname, "..", "..", "scripts", "lagline.ts");
/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

const canary = (name: string): string => `canary-${name}-${randomBytes(12).toString("hex")}`;
const CANARIES = {
  elasticsearchPassword: canary("es-password"),
  apiKey: canary("es-api-key"),
  bearer: canary("bearer"),
  burrowPassword: canary("burrow"),
  kafkaPassword: canary("kafka"),
  webhook: canary("webhook"),
  botToken: canary("bot"),
  grafanaPassword: canary("grafana"),
  relayToken: canary("relay"),
  heartbeat: canary("heartbeat"),
};
type Canary = keyof typeof CANARIES;

let folder = "";
let burrow: FakeBurrow;
let elasticsearch: FakeElasticsearch;
const slack = new FakeSlack();

const fileOf = (name: Canary): string => join(folder, "secrets", name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lagline-leaks-"));
  await mkdir(join(folder, "secrets"));
  const world = await startWorld({ groups: 2, partitions: 2 });
  world.live(Date.now());
  burrow = world.burrow;
  elasticsearch = await startFakeElasticsearch({ keep: "documents" });
  const slackUrl = await slack.start();
  for (const [name, value] of Object.entries(CANARIES)) {
    const text = name === "webhook" || name === "heartbeat" ? `${slackUrl}/${value}` : value;
    const path = join(folder, "secrets", name);
    await writeFile(path, `${text}\n`);
    await chmod(path, 0o600);
  }
});

afterAll(async () => {
  await burrow.close();
  await elasticsearch.stop();
  await slack.stop();
  await rm(folder, { recursive: true, force: true });
});

type Change = {
  readonly elasticsearch?: Readonly<Record<string, unknown>>;
  readonly burrow?: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
};

/** A configuration with every secret that one may have. */
async function configured(name: string, change: Change = {}): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  const config = {
    environment: "leaks",
    clusters: {
      [CLUSTER]: {
        kafka: {
          external: {
            bootstrap_servers: ["127.0.0.1:9"],
            sasl: { mechanism: "PLAIN", username: "u", password_file: fileOf("kafkaPassword") },
          },
        },
        burrow: {
          external: {
            servers: [burrow.url],
            username: "u",
            password_file: fileOf("burrowPassword"),
            ...change.burrow,
          },
        },
      },
    },
    elasticsearch: {
      external: {
        url: elasticsearch.url,
        username: "u",
        password_file: fileOf("elasticsearchPassword"),
        ...change.elasticsearch,
      },
    },
    collector: { interval_seconds: 1, log_level: "debug", spool_directory: join(folder, `${name}-spool`) },
    grafana: {
      managed: { admin_password_file: fileOf("grafanaPassword") },
      elasticsearch: { api_key_file: fileOf("apiKey") },
    },
    alerts: {
      slack: {
        webhook_file: fileOf("webhook"),
        bot_token_file: fileOf("botToken"),
        channel: "#lag",
        delivery: "relay",
      },
      relay: { token_file: fileOf("relayToken"), directory: join(folder, `${name}-relay`) },
      watchdog: { heartbeat_url_file: fileOf("heartbeat") },
    },
    ...change.more,
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

type Ran = { readonly exitCode: number; readonly output: string };

/** A cycle waits half a minute for what does not answer; its words come long before, and then it is told to stop. */
const AFTER_WORDS_MS = 4000;
const LONGEST_MS = 110_000;

async function run(file: string, ...given: readonly string[]): Promise<Ran> {
  const child = execa(process.execPath, [COMMAND, ...given, "--config", file], {
    all: true,
    reject: false,
    stdin: "ignore",
    timeout: LONGEST_MS,
    cwd: folder,
    env: { LAGLINE_CONFIG: "", NODE_DEBUG: "" },
  });
  if (given[0] === "collect" && !file.endsWith("good.yaml")) {
    child.stderr.once("data", () => setTimeout(() => child.kill("SIGTERM"), AFTER_WORDS_MS).unref());
  }
  const result = await child;
  return { exitCode: result.exitCode ?? 1, output: result.all };
}

/** Names of the canaries that a text holds, also as base64 of `user:password` or as part of an address. */
function found(text: string): string[] {
  return Object.entries(CANARIES)
    .filter(
      ([, value]) =>
        text.includes(value) ||
        text.includes(Buffer.from(`u:${value}`).toString("base64")) ||
        text.includes(encodeURIComponent(value)),
    )
    .map(([name]) => name);
}

/** Every file that commands have written, but for the secrets themselves. */
async function writtenFiles(): Promise<{ path: string; text: string }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("secrets"))
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, "latin1") })));
}

describe("nothing that a command prints holds a secret", () => {
  test("the search itself finds a canary in every disguise", () => {
    expect(found(`x ${CANARIES.apiKey} y`)).toEqual(["apiKey"]);
    expect(found(`Basic ${Buffer.from(`u:${CANARIES.burrowPassword}`).toString("base64")}`)).toEqual([
      "burrowPassword",
    ]);
  });

  test.each([
    ["check", "--json"],
    ["render", "--out", "rendered"],
    ["secrets", "init"],
    ["setup"],
    ["collect", "--once"],
    ["collect", "--once", "--print"],
    ["policy", "report"],
    ["top", "--once"],
    ["verify"],
    ["doctor"],
  ])("%s", async (...command) => {
    const { output } = await run(await configured("good"), ...command);
    expect(output.length).toBeGreaterThan(20);
    expect(found(output)).toEqual([]);
  });

  test("and the documents, the requests' addresses and the files that were written hold none either", async () => {
    const collected = await run(await configured("good"), "collect", "--once");
    expect(collected.exitCode).toBe(0);
    expect(elasticsearch.documents.size).toBeGreaterThan(4);
    expect(found(JSON.stringify([...elasticsearch.documents.values()]))).toEqual([]);
    expect(
      found(elasticsearch.requests.map(({ path, query }) => `${path}?${String(query)}`).join("\n")),
    ).toEqual([]);
    expect(found(burrow.requests.join("\n"))).toEqual([]);
    // They were sent (Grafana's key by the doctor, which asks when it ends), or the silence above would mean nothing.
    const sent = elasticsearch.requests.map(({ headers }) => headers.authorization ?? "").join(" ");
    expect(found(sent)).toEqual(["elasticsearchPassword", "apiKey"]);
    const files = await writtenFiles();
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter(({ text }) => found(text).length > 0).map(({ path }) => path)).toEqual([]);
  });
});

describe("nothing that fails tells a secret", () => {
  const cases: readonly (readonly [string, () => Change, readonly string[]])[] = [
    ["Elasticsearch down", () => ({ elasticsearch: { url: NOWHERE } }), ["collect", "--once"]],
    ["Elasticsearch down at setup", () => ({ elasticsearch: { url: NOWHERE } }), ["top", "--once"]],
    ["Burrow down", () => ({ burrow: { servers: [NOWHERE] } }), ["collect", "--once"]],
    [
      "an API key where nobody listens",
      () => ({
        elasticsearch: {
          url: NOWHERE,
          username: undefined,
          password_file: undefined,
          api_key_file: fileOf("apiKey"),
        },
      }),
      ["collect", "--once"],
    ],
    [
      "a bearer token where nobody listens",
      () => ({
        elasticsearch: {
          url: NOWHERE,
          username: undefined,
          password_file: undefined,
          bearer_token_file: fileOf("bearer"),
        },
      }),
      ["top", "--once"],
    ],
  ];

  test.each(cases)("%s", async (name, change, command) => {
    const file = await configured(name.replaceAll(/\W/g, "-"), change());
    const { exitCode, output } = await run(file, ...command);
    expect(exitCode).not.toBe(0);
    expect(output.length).toBeGreaterThan(20);
    expect(found(output)).toEqual([]);
  });

  test.each([
    [
      "in an address",
      () => ({ elasticsearch: { url: `http://u:${CANARIES.elasticsearchPassword}@127.0.0.1:9` } }),
    ],
    [
      "in Burrow's address",
      () => ({ burrow: { servers: [`http://u:${CANARIES.burrowPassword}@127.0.0.1:9`] } }),
    ],
    ["beside its file", () => ({ elasticsearch: { password: CANARIES.elasticsearchPassword } })],
    [
      "as a list where a file belongs",
      () => ({ elasticsearch: { password_file: [CANARIES.elasticsearchPassword] } }),
    ],
    [
      "in the address of Slack",
      () => ({ more: { alerts: { slack: { webhook_file: { url: CANARIES.webhook } } } } }),
    ],
  ])("a secret %s of the configuration: refused, and not repeated", async (name, change) => {
    const file = await configured(`inline-${name.replaceAll(/\W/g, "-")}`, change());
    const { exitCode, output } = await run(file, "check");
    expect(exitCode).toBe(2);
    expect(output).toMatch(/problem|must/);
    expect(found(output)).toEqual([]);
  });

  test("a server that refuses and repeats what it was sent", async () => {
    const echo = await startFakeElasticsearch({
      rule: ({ headers }) => ({
        kind: "status",
        status: 401,
        error: {
          type: "security_exception",
          reason: `no user for [${headers.authorization ?? ""}] ${CANARIES.elasticsearchPassword}`,
        },
      }),
    });
    try {
      const file = await configured("echo", { elasticsearch: { url: echo.url } });
      const { output } = await run(file, "collect", "--once");
      expect(echo.requests.length).toBeGreaterThan(0);
      expect(output).toContain("security_exception");
      expect(found(output)).toEqual([]);
    } finally {
      await echo.stop();
    }
  });
});
