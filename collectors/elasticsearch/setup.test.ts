import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { FakeElasticsearch, FakeElasticsearchOptions } from "../../tests/fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { ClientSettings, ElasticsearchHttp } from "./client.ts";
import { createElasticsearchHttp } from "./client.ts";
import type { SetupTarget } from "./setup.ts";
import { setUp } from "./setup.ts";

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: FakeElasticsearchOptions = {}): Promise<FakeElasticsearch> {
  const fake = await startFakeElasticsearch(options);
  cleanups.push(async () => fake.stop());
  return fake;
}

async function connect(settings: ClientSettings): Promise<ElasticsearchHttp> {
  const http = await createElasticsearchHttp(settings);
  cleanups.push(async () => http.close());
  return http;
}

const target: SetupTarget = { environment: "test", retentionDays: 30, replicas: 1 };
const stream = "metrics-kafka.consumer_lag-test";

async function run(fake: FakeElasticsearch, part: Partial<SetupTarget> = {}): Promise<readonly string[]> {
  const http = await connect({ urls: [fake.url], files: {} });
  const sentences: string[] = [];
  await setUp(http, {
    log: (sentence) => sentences.push(sentence),
    waitMs: 1_500,
    target: { ...target, ...part },
  });
  return sentences;
}

describe("setup stops with one sentence", () => {
  test("when Elasticsearch does not come up in time", async () => {
    const fake = await start();
    await fake.stop();
    const before = performance.now();
    await expect(run(fake)).rejects.toMatchObject({
      code: "LAGLINE_ELASTICSEARCH_UNREACHABLE",
      message: expect.stringContaining("was not ready within 2 s. Elasticsearch cannot be reached"),
    });
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("when the credentials are refused, without waiting", async () => {
    const fake = await start();
    fake.admin.script({
      status: 401,
      body: { error: { type: "security_exception", reason: "unable to authenticate" } },
    });
    const before = performance.now();
    await expect(run(fake)).rejects.toMatchObject({ code: "LAGLINE_ELASTICSEARCH_REFUSED" });
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test("but waits while API keys cannot be looked up, which passes after a start", async () => {
    const fake = await start();
    fake.admin.script({
      status: 401,
      body: {
        error: {
          type: "security_exception",
          reason: "unable to authenticate with provided credentials",
          additional_unsuccessful_credentials:
            "API key: apikey authentication for id Ab-9 encountered a failure",
        },
      },
    });
    expect((await run(fake)).join(" ")).toContain("created");
  });

  test("when the version is too old", async () => {
    await expect(run(await start({ version: "7.17.9" }))).rejects.toMatchObject({
      code: "LAGLINE_ELASTICSEARCH_TOO_OLD",
      message: "Elasticsearch 7.17.9 is too old.",
    });
  });

  test("when a template of that name belongs to somebody else, and changes nothing", async () => {
    const fake = await start();
    fake.admin.componentTemplates.set(`${stream}@series`, { template: { settings: {} } });
    await expect(run(fake)).rejects.toMatchObject({ code: "LAGLINE_SETUP_FOREIGN_TEMPLATE" });
    expect(fake.admin.writes()).toBe(0);
  });

  test("when a credential file is missing", async () => {
    await expect(
      createElasticsearchHttp({ urls: ["http://127.0.0.1:1"], files: { apiKeyFile: "/nowhere/key" } }),
    ).rejects.toMatchObject({
      code: "LAGLINE_ELASTICSEARCH_FILE",
      message: "The file /nowhere/key of api_key_file cannot be used (ENOENT).",
    });
  });
});

describe("setup on a full Elasticsearch", () => {
  test("creates templates and data stream once; the second run writes nothing but the question for the stream", async () => {
    const fake = await start();
    const first = await run(fake);
    expect(first).toContain(`Data stream ${stream} created, documents are kept for 30 days.`);
    expect([...fake.admin.componentTemplates.keys()]).toEqual([`${stream}@series`, `${stream}@settings`]);
    const writes = fake.admin.writes();
    fake.admin.dataStreams.set(stream, { name: stream, lifecycle: { data_retention: "30d" } });
    const second = await run(fake);
    expect(second.filter((sentence) => sentence.endsWith("is as it should be."))).toHaveLength(3);
    expect(fake.admin.writes()).toBe(writes + 1);
  });

  test("follows a changed retention on the stream that exists", async () => {
    const fake = await start();
    await run(fake);
    const sentences = await run(fake, { retentionDays: 7 });
    expect(sentences).toContain(`Retention of the data stream ${stream} set to 7 days (was not set).`);
    expect(fake.admin.dataStreams.get(stream)).toMatchObject({ lifecycle: { data_retention: "7d" } });
  });

  test("leaves a newer build's and a hand-changed template alone and says so", async () => {
    const fake = await start();
    await run(fake);
    const series = fake.admin.componentTemplates.get(`${stream}@series`) ?? {};
    const settings = fake.admin.componentTemplates.get(`${stream}@settings`) ?? {};
    fake.admin.componentTemplates.set(`${stream}@series`, {
      ...series,
      _meta: { managed_by: "lagline", schema_version: 99, hash: "x" },
    });
    fake.admin.componentTemplates.set(`${stream}@settings`, {
      ...settings,
      template: { settings: { "index.number_of_shards": 4 } },
    });
    const sentences = (await run(fake)).join(" ");
    expect(sentences).toContain("newer Lagline");
    expect(sentences).toContain("changed by hand");
    expect(fake.admin.componentTemplates.get(`${stream}@settings`)).toMatchObject({
      template: { settings: { "index.number_of_shards": 4 } },
    });
  });

  test("waits while it is starting", async () => {
    const fake = await start();
    fake.admin.script({
      status: 503,
      body: { error: { type: "master_not_discovered_exception", reason: null } },
    });
    expect((await run(fake)).at(-1)).toContain("created");
  });
});

test("setup on a build without data stream APIs sets wide time bounds and says so", async () => {
  const fake = await start({ distribution: "bare" });
  const sentences = await run(fake);
  expect(sentences.join(" ")).toContain("has no data stream module");
  const body = fake.admin.componentTemplates.get(`${stream}@series`);
  expect(Object(body)["template"].settings).toMatchObject({
    "index.mode": "time_series",
    "index.time_series.end_time": expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00.000Z$/),
  });
  expect(Object(fake.admin.indexTemplates.get(stream))["template"]).toBeUndefined();
});

describe("client", () => {
  test("reads rotated credentials, and only then", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lagline-key-"));
    cleanups.push(async () => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "key");
    await writeFile(path, "first\n");
    const fake = await start();
    const http = await connect({ urls: [fake.url], files: { apiKeyFile: path } });
    await http.request({ method: "GET", path: "/" });
    expect(await http.reload()).toBe(false);
    await writeFile(path, "second\n");
    expect(await http.reload()).toBe(true);
    await http.request({ method: "GET", path: "/" });
    expect(fake.requests.map(({ headers }) => headers.authorization)).toEqual([
      "ApiKey first",
      "ApiKey second",
    ]);
  });

  test("sends basic and bearer credentials, and plain media types that every version understands", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lagline-key-"));
    cleanups.push(async () => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "word");
    await writeFile(path, "one");
    const fake = await start();
    const basic = await connect({ urls: [fake.url], files: { username: "u", passwordFile: path } });
    const bearer = await connect({ urls: [fake.url], files: { bearerTokenFile: path } });
    await basic.request({ method: "GET", path: "/" });
    await bearer.request({ method: "PUT", path: "/_component_template/x", json: {} });
    expect(fake.requests.map(({ headers }) => headers.authorization?.split(" ")[0])).toEqual([
      "Basic",
      "Bearer",
    ]);
    expect(fake.requests[1]?.headers["content-type"]).toBe("application/json");
    expect(fake.requests[1]?.headers.accept).toBe("application/json");
  });

  test("goes on with the nodes that answer", async () => {
    const fake = await start();
    const gone = await startFakeElasticsearch();
    await gone.stop();
    const http = await connect({ urls: [gone.url, fake.url], files: {} });
    const answers = [];
    for (let index = 0; index < 4; index += 1) {
      answers.push(
        await http.request({ method: "GET", path: "/" }).then(
          ({ status }) => status,
          () => 0,
        ),
      );
    }
    expect(answers.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
  });

  test("never puts credentials into a fault", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lagline-key-"));
    cleanups.push(async () => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "word");
    const canary = `canary-${Math.random().toString(36).slice(2)}`;
    await writeFile(path, canary);
    const fake = await start();
    await fake.stop();
    const http = await connect({ urls: [fake.url], files: { username: "u", passwordFile: path } });
    const fault: unknown = await http.request({ method: "GET", path: "/" }).catch((error: unknown) => error);
    const { inspect } = await import("node:util");
    const shown = `${inspect(fault, { depth: 10, showHidden: true })} ${JSON.stringify(fault)}`;
    expect(shown).toContain("cannot be reached");
    expect(shown).not.toContain(canary);
    expect(shown).not.toContain(Buffer.from(`u:${canary}`).toString("base64"));
  });
});
