/** Setup of the layouts other than the default. */
import type { estypes } from "@elastic/elasticsearch";
import { afterEach, describe, expect, test } from "vitest";
import { documentsIndex } from "../../config/documents-index.ts";
import { parseConfig } from "../../config/load.ts";
import type { FakeElasticsearch, FakeElasticsearchOptions } from "../../tests/fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import { createElasticsearchHttp } from "./client.ts";
import { policyBody } from "./setup-policy.ts";
import { setUp } from "./setup.ts";

/** Names that the compiler finds in the types of the official client; a name it does not know fails the type check. */
const POLICY_NAMES = {
  phases: ["hot", "delete"] satisfies (keyof estypes.IlmPhases)[],
  phase: ["min_age", "actions"] satisfies (keyof estypes.IlmPhase)[],
  actions: ["rollover", "delete"] satisfies (keyof estypes.IlmActions)[],
  rollover: ["max_age", "max_primary_shard_size"] satisfies (keyof NonNullable<
    estypes.IlmActions["rollover"]
  >)[],
};

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: FakeElasticsearchOptions = {}): Promise<FakeElasticsearch> {
  const fake = await startFakeElasticsearch(options);
  cleanups.push(async () => fake.stop());
  return fake;
}

type Wanted = {
  readonly index?: Record<string, unknown>;
  readonly collector?: Record<string, unknown>;
  readonly retentionDays?: number;
};

async function run(fake: FakeElasticsearch, { index = {}, collector = {}, retentionDays = 30 }: Wanted) {
  const config = parseConfig(
    JSON.stringify({
      environment: "test",
      clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
      elasticsearch: { external: { url: fake.url }, index },
      collector,
    }),
    "lagline.yaml",
  );
  const http = await createElasticsearchHttp({ urls: [fake.url], files: {} });
  cleanups.push(async () => http.close());
  const sentences: string[] = [];
  await setUp(http, {
    log: (sentence) => sentences.push(sentence),
    waitMs: 1_500,
    target: { environment: "test", retentionDays, replicas: 1, index: documentsIndex(config) },
  });
  return sentences;
}

type Body = {
  readonly index_patterns?: readonly string[];
  readonly data_stream?: unknown;
  readonly composed_of?: readonly string[];
  readonly template?: {
    readonly settings?: Record<string, unknown>;
    readonly lifecycle?: unknown;
    readonly mappings?: {
      readonly dynamic?: unknown;
      readonly properties?: Record<
        string,
        { type?: string; properties?: Record<string, Record<string, unknown>> }
      >;
    };
  };
};

function bodyOf(found: Map<string, Record<string, unknown>>, name: string): Body {
  const body: Body | undefined = found.get(name);
  expect(body).toBeDefined();
  return body ?? {};
}

const daily = { mode: "daily" };
const telegraf = { shape: "telegraf" };

describe("setup stops with one sentence", () => {
  test.each([
    { found: { "index.mode": "time_series" }, mode: "data_stream", message: "is a time series" },
    { found: {}, mode: "time_series", message: "is no time series" },
  ])("when mode $mode is wanted and the data stream $message", async ({ found, mode, message }) => {
    const fake = await start();
    fake.admin.indexSettings.set("metrics-kafka.consumer_lag-test", found);
    await expect(run(fake, { index: { mode } })).rejects.toMatchObject({
      code: "LAGLINE_SETUP_OTHER_MODE",
      message: expect.stringContaining(message),
    });
    expect(fake.admin.writes()).toBe(0);
  });

  test("when a policy of one's own does not exist", async () => {
    const fake = await start();
    await expect(run(fake, { index: { ...daily, ilm_policy: "mine" } })).rejects.toMatchObject({
      code: "LAGLINE_SETUP_NO_POLICY",
    });
    expect(fake.admin.indexTemplates.size).toBe(0);
  });
});

describe("daily indices", () => {
  test("get a policy and templates for every index of the pattern; the second run writes nothing", async () => {
    const fake = await start();
    const sentences = await run(fake, { index: daily });
    expect(sentences).toContain("Policy lagline-test created: documents are deleted after 30 days.");
    expect(fake.admin.policies.get("lagline-test")?.policy).toMatchObject({
      phases: { delete: { min_age: "30d", actions: { delete: {} } } },
    });
    expect(bodyOf(fake.admin.componentTemplates, "lagline-test@settings").template?.settings).toMatchObject({
      "index.lifecycle.name": "lagline-test",
      "index.lifecycle.parse_origination_date": true,
    });
    const template = bodyOf(fake.admin.indexTemplates, "lagline-test");
    expect(template.index_patterns).toEqual(["lagline-test-*.*.*"]);
    expect(template).not.toHaveProperty("data_stream");
    expect(template.composed_of).toEqual([
      "lagline-test@fields",
      "lagline-test@settings",
      "lagline-test@custom",
    ]);
    expect(fake.admin.dataStreams.size).toBe(0);
    const writes = fake.admin.writes();
    await run(fake, { index: daily });
    expect(fake.admin.writes()).toBe(writes);
  });

  test("are aged from their creation where their name does not end in a day", async () => {
    const fake = await start();
    await run(fake, { index: { ...daily, name: "lag-%Y.%m" } });
    const { settings } = bodyOf(fake.admin.componentTemplates, "lagline-test@settings").template ?? {};
    expect(settings).toHaveProperty(["index.lifecycle.name"]);
    expect(settings).not.toHaveProperty(["index.lifecycle.parse_origination_date"]);
  });

  test("have no dimensions and no kinds of metrics, which only a time series knows", async () => {
    const fake = await start();
    await run(fake, { index: daily });
    const text = JSON.stringify(fake.admin.componentTemplates.get("lagline-test@fields"));
    expect(text).toContain('"lag":{"type":"long"}');
    expect(text).not.toContain("time_series");
  });

  test("go without a policy on a build that has none, and say so", async () => {
    const fake = await start({ distribution: "bare" });
    const sentences = await run(fake, { index: daily });
    expect(sentences.join(" ")).toContain("nothing is deleted by age");
    const { settings } = bodyOf(fake.admin.componentTemplates, "lagline-test@settings").template ?? {};
    expect(settings).not.toHaveProperty(["index.lifecycle.name"]);
  });
});

describe("the lifecycle policy", () => {
  test.each(["daily", "data_stream", "time_series"] as const)(
    "of mode %s is one by the types of the official client; that it deletes is shown where Elasticsearch has its module",
    (mode) => {
      const { policy } = policyBody({ mode }, { days: 30, version: 1 });
      const request: estypes.IlmPutLifecycleRequest = { name: "x", policy };
      const { hot, delete: deletion } = policy.phases;
      const used = [policy.phases, hot, deletion, hot?.actions, deletion.actions, hot?.actions.rollover];
      const names = used.flatMap((part) => Object.keys(part ?? {}));
      const known: ReadonlySet<string> = new Set(Object.values(POLICY_NAMES).flat());
      expect(names.filter((name) => !known.has(name))).toEqual([]);
      expect(request.policy?.phases).toEqual({
        ...(mode === "daily"
          ? {}
          : { hot: { actions: { rollover: { max_age: "1d", max_primary_shard_size: "50gb" } } } }),
        delete: { min_age: "30d", actions: { delete: {} } },
      });
    },
  );

  test("follows a changed retention", async () => {
    const fake = await start();
    await run(fake, { index: daily });
    const sentences = await run(fake, { index: daily, retentionDays: 7 });
    expect(sentences).toContain("Policy lagline-test updated: documents are deleted after 7 days.");
    expect(fake.admin.policies.get("lagline-test")?.version).toBe(2);
    expect(await run(fake, { index: daily, retentionDays: 7 })).toContain(
      "Policy lagline-test deletes documents after 7 days.",
    );
  });

  test("is left alone once it was changed by hand", async () => {
    const fake = await start();
    await run(fake, { index: daily });
    const known = fake.admin.policies.get("lagline-test");
    // Another hand keeps what it does not know about, and the version goes up.
    fake.admin.policies.set("lagline-test", { version: 2, policy: { ...known?.policy, phases: {} } });
    const sentences = await run(fake, { index: daily, retentionDays: 7 });
    expect(sentences).toContain("Policy lagline-test was changed by hand and is left alone.");
    expect(fake.admin.policies.get("lagline-test")?.policy["phases"]).toEqual({});
  });

  test("of one's own is used and never written", async () => {
    const fake = await start();
    fake.admin.policies.set("mine", { version: 4, policy: { phases: {} } });
    await run(fake, { index: { ...daily, ilm_policy: "mine" } });
    expect(fake.admin.policies.get("mine")?.version).toBe(4);
    const { settings } = bodyOf(fake.admin.componentTemplates, "lagline-test@settings").template ?? {};
    expect(settings).toMatchObject({ "index.lifecycle.name": "mine" });
  });

  test("of a data stream rolls over first", async () => {
    const fake = await start();
    await run(fake, { index: { mode: "data_stream", lifecycle: "ilm" } });
    expect(fake.admin.policies.get("lagline-test")?.policy).toMatchObject({
      phases: { hot: { actions: { rollover: { max_age: "1d" } } }, delete: { min_age: "30d" } },
    });
    const template = bodyOf(fake.admin.indexTemplates, "metrics-kafka.consumer_lag-test");
    expect(template.template?.lifecycle).toBeUndefined();
  });

  test("is not made where nothing is to be deleted", async () => {
    const fake = await start();
    const sentences = await run(fake, { index: { ...daily, lifecycle: "none" } });
    expect(sentences).toContain("Nothing is deleted by age, as lifecycle says.");
    expect(fake.admin.policies.size).toBe(0);
  });
});

describe("a plain data stream", () => {
  test("is created with a lifecycle of its own", async () => {
    const fake = await start();
    const sentences = await run(fake, { index: { mode: "data_stream", name: "lag-of-mine" } });
    expect(sentences).toContain("Data stream lag-of-mine created, documents are kept for 30 days.");
    const template = bodyOf(fake.admin.indexTemplates, "lag-of-mine");
    expect(template.data_stream).toEqual({});
    expect(template.template?.lifecycle).toEqual({ data_retention: "30d" });
    expect(JSON.stringify([...fake.admin.componentTemplates.values()])).not.toContain("time_series");
  });

  test("is left to its first document on a build without the data stream APIs", async () => {
    const sentences = await run(await start({ distribution: "bare" }), { index: { mode: "data_stream" } });
    expect(sentences.at(-1)).toContain("is created by the first document");
  });
});

describe("shape telegraf", () => {
  test("maps whole numbers exactly, words as keywords and further tags of the configuration", async () => {
    const fake = await start();
    await run(fake, { collector: { ...telegraf, telegraf: { tags: { datacenter: "eu" } } } });
    const { mappings } = bodyOf(fake.admin.componentTemplates, "lagline-test@fields").template ?? {};
    const fields = mappings?.properties ?? {};
    expect(fields["burrow_group"]?.properties?.["total_lag"]).toEqual({ type: "long" });
    expect(fields["burrow_partition"]?.properties?.["status"]).toMatchObject({ type: "keyword" });
    expect(Object.keys(fields["tag"]?.properties ?? {})).toEqual(
      expect.arrayContaining(["cluster", "group", "topic", "partition", "owner", "host", "datacenter"]),
    );
    // Other inputs of Telegraf may write into the same indices.
    expect(mappings?.dynamic).toBe(true);
    expect(bodyOf(fake.admin.indexTemplates, "lagline-test").index_patterns).toEqual(["telegraf-*.*.*"]);
  });

  test("as a time series has the tags of a series as dimensions, and neither owner nor host", async () => {
    const fake = await start();
    await run(fake, { index: { mode: "time_series" }, collector: telegraf });
    const { settings, mappings } =
      bodyOf(fake.admin.componentTemplates, "metrics-kafka.consumer_lag_telegraf-test@series").template ?? {};
    expect(settings?.["index.routing_path"]).toEqual([
      "measurement_name",
      "tag.cluster",
      "tag.group",
      "tag.topic",
      "tag.partition",
      "tag.server",
    ]);
    const tags = mappings?.properties?.["tag"]?.properties ?? {};
    const dimensions = Object.entries(tags).filter(([, tag]) => tag["time_series_dimension"] === true);
    expect(dimensions.map(([name]) => name)).toEqual(["cluster", "group", "topic", "partition", "server"]);
  });
});

describe("templates", () => {
  test("are left to the user where the configuration says so", async () => {
    const fake = await start();
    const sentences = await run(fake, { index: { mode: "data_stream", manage_templates: false } });
    expect(fake.admin.indexTemplates.size).toBe(0);
    expect(sentences.join(" ")).toContain("left to you");
  });

  test("changed by hand are left alone, and written over only where the configuration says so", async () => {
    const fake = await start();
    await run(fake, { index: daily });
    const name = "lagline-test@settings";
    const mine = {
      ...fake.admin.componentTemplates.get(name),
      template: { settings: { "index.codec": "default" } },
    };
    fake.admin.componentTemplates.set(name, mine);
    expect((await run(fake, { index: daily })).join(" ")).toContain("changed by hand and is left alone");
    expect(fake.admin.componentTemplates.get(name)).toBe(mine);
    const sentences = await run(fake, { index: { ...daily, overwrite_templates: true } });
    expect(sentences.join(" ")).toContain("is written over");
    expect(bodyOf(fake.admin.componentTemplates, name).template?.settings?.["index.codec"]).toBe(
      "best_compression",
    );
  });

  test("carry settings of the user's over those that setup chooses", async () => {
    const fake = await start();
    const settings = { "index.refresh_interval": "10s", "index.codec": "default" };
    await run(fake, { index: { ...daily, settings } });
    expect(bodyOf(fake.admin.componentTemplates, "lagline-test@settings").template?.settings).toMatchObject({
      ...settings,
      "index.number_of_shards": 1,
    });
  });
});

describe("retention of Lagline's own", () => {
  const lagline = { lifecycle: "lagline" };
  const SERIES = "metrics-kafka.consumer_lag-test@series";
  const settingsOf = (fake: FakeElasticsearch) =>
    bodyOf(fake.admin.componentTemplates, SERIES).template?.settings;

  test.each([
    ["data_stream", { mode: "time_series" }, "metrics-kafka.consumer_lag-test"],
    ["data_stream", { mode: "data_stream", name: "mine" }, "mine"],
    ["ilm", daily, "lagline-test"],
  ])("gives way to %s where Elasticsearch has it, so that never both delete", async (used, index, name) => {
    const fake = await start();
    const sentences = await run(fake, { index: { ...index, ...lagline } });
    expect(sentences.join(" ")).toContain(`lifecycle ${used} is used instead of lagline`);
    const template = bodyOf(fake.admin.indexTemplates, name).template;
    expect(template?.lifecycle).toEqual(used === "ilm" ? undefined : { data_retention: "30d" });
    expect(fake.admin.policies.has("lagline-test")).toBe(used === "ilm");
    expect(JSON.stringify([...fake.admin.componentTemplates.values()])).not.toContain(
      'managed_by":"lagline","template',
    );
  });

  test("gets a first window instead of wide bounds, and a mark by which it knows its indices", async () => {
    const fake = await start({ distribution: "bare" });
    const sentences = await run(fake, { index: lagline });
    expect(sentences.join(" ")).not.toContain("nothing is deleted by age");
    const { template } = bodyOf(fake.admin.componentTemplates, SERIES);
    expect(template?.mappings).toMatchObject({
      _meta: { managed_by: "lagline", template: "metrics-kafka.consumer_lag-test" },
    });
    const [start_time, end_time] = ["start_time", "end_time"].map((name) =>
      Date.parse(String(template?.settings?.[`index.time_series.${name}`])),
    );
    const days = (Number(end_time) - Number(start_time)) / 86_400_000;
    expect(days).toBe(34);
    const writes = fake.admin.writes();
    await run(fake, { index: lagline });
    expect(fake.admin.writes()).toBe(writes);
  });

  test("keeps the bounds that retention gave to the template", async () => {
    const fake = await start({ distribution: "bare" });
    await run(fake, { index: lagline });
    const moved = {
      "index.time_series.start_time": "2026-12-01T00:00:00.000Z",
      "index.time_series.end_time": "2026-12-04T00:00:00.000Z",
    };
    const known = fake.admin.componentTemplates.get(SERIES);
    const body = bodyOf(fake.admin.componentTemplates, SERIES);
    fake.admin.componentTemplates.set(SERIES, {
      ...known,
      template: { ...body.template, settings: { ...body.template?.settings, ...moved } },
    });
    // What the fake gives back as the one index; it lies before the template's window.
    fake.admin.indexSettings.set("metrics-kafka.consumer_lag-test", {
      "index.mode": "time_series",
      "index.time_series.start_time": "2026-10-01T00:00:00.000Z",
      "index.time_series.end_time": "2026-12-01T00:00:00.000Z",
    });
    await run(fake, { index: lagline });
    expect(settingsOf(fake)).toMatchObject(moved);
  });

  test("has nobody else's word against it in daily indices", async () => {
    const fake = await start({ distribution: "bare" });
    const sentences = await run(fake, { index: { ...daily, ...lagline } });
    expect(sentences.join(" ")).toContain("`lagline retention` deletes documents after 30 days");
    expect(bodyOf(fake.admin.componentTemplates, "lagline-test@fields").template?.mappings).toMatchObject({
      _meta: { managed_by: "lagline", template: "lagline-test" },
    });
    expect(fake.admin.policies.size).toBe(0);
  });
});
