/** Every layout of both shapes on a real Elasticsearch: set-up, documents once, names by time, fields, changed templates. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type TestContext, afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { detectServer } from "../../collectors/elasticsearch/detect.ts";
import { setUp } from "../../collectors/elasticsearch/setup.ts";
import { contentHash } from "../../collectors/elasticsearch/template-hash.ts";
import { decide, readTemplate } from "../../collectors/elasticsearch/setup-templates.ts";
import { buildTemplates } from "../../collectors/elasticsearch/templates.ts";
import { type RunResult, runRetention } from "../../collectors/retention/run.ts";
import type { SpoolBatch, SpoolStats } from "../../collectors/spool/contract.ts";
import { type DocumentsIndex, documentsIndex } from "../../config/documents-index.ts";
import { parseConfig } from "../../config/load.ts";
import { batchOf } from "../fakes/documents.ts";
import { testElasticsearch } from "../support/elasticsearch.ts";
import { isRequired } from "../faults/support/bounds.ts";
import { deliver, MODES } from "./support/shipping.ts";

const DAY_MS = 86_400_000;
const run = randomBytes(4).toString("hex");
const tickMs = Math.floor(Date.now() / 30_000) * 30_000;
const made: DocumentsIndex[] = [];
let http: ElasticsearchHttp;

beforeAll(async () => {
  http = await createElasticsearchHttp(testElasticsearch());
});

afterAll(async () => {
  for (const { mode, search: pattern, name, templateName } of made) {
    const kind = mode === "daily" ? "" : "_data_stream/";
    for (const path of [
      ...(mode === "daily" ? await namesOf(pattern) : [name]).map((index) => `/${kind}${index}`),
      `/_index_template/${templateName}`,
      ...["series", "fields", "settings"].map((part) => `/_component_template/${templateName}@${part}`),
    ]) {
      await http.request({ method: "DELETE", path });
    }
  }
  await http.close();
});

type Layout = { readonly shape: "native" | "telegraf"; readonly mode: DocumentsIndex["mode"] };
type Case = { readonly index: DocumentsIndex; readonly environment: string };

function layoutOf({ shape, mode }: Layout, change: Record<string, unknown> = {}): Case {
  const environment = `it-${shape.slice(0, 1)}${mode.slice(0, 2)}-${run}`;
  const name = mode === "daily" ? { name: `${environment}-%Y.%m.%d` } : {};
  const config = parseConfig(
    JSON.stringify({
      environment,
      clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
      elasticsearch: { external: { url: "http://127.0.0.1:9200" }, index: { mode, ...name, ...change } },
      collector: { shape, telegraf: { tags: { datacenter: "eu" } } },
    }),
    "lagline.yaml",
  );
  const index = documentsIndex(config);
  made.push(index);
  return { index, environment };
}

async function setup({ index, environment }: Case): Promise<readonly string[]> {
  const sentences: string[] = [];
  const target = { environment, retentionDays: 30, replicas: 0, index };
  await setUp(http, { log: (sentence) => sentences.push(sentence), target });
  return sentences;
}

async function ship(index: DocumentsIndex, batches: readonly SpoolBatch[]): Promise<SpoolStats> {
  return (await deliver(http, { index, batches })).stats;
}

function batch(
  index: DocumentsIndex,
  about: { group: string; documents: number; timeMs: number },
): SpoolBatch {
  const { group, documents, timeMs } = about;
  if (index.shape === "native") return batchOf(group, documents, timeMs);
  const timestamp = new Date(timeMs).toISOString();
  const lines = Array.from({ length: documents }, (_, partition) =>
    JSON.stringify({
      "@timestamp": timestamp,
      measurement_name: "burrow_partition",
      tag: {
        cluster: "orders",
        group,
        topic: "t",
        partition: String(partition),
        owner: "/10.0.0.1",
        host: "a",
        datacenter: "eu",
      },
      burrow_partition: { lag: 400_000_019, offset: 5, status: "OK", status_code: 1, timestamp: timeMs },
    }),
  );
  const ndjson = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  return { ndjson, documents, minTimestampMs: timeMs, maxTimestampMs: timeMs };
}

async function search(index: DocumentsIndex, body: Record<string, unknown>) {
  await http.request({ method: "POST", path: `/${index.search}/_refresh` });
  const json = { size: 0, track_total_hits: true, ...body };
  const { status, body: answer } = await http.request({
    method: "POST",
    path: `/${index.search}/_search`,
    json,
  });
  expect({ status, error: Object(answer).error }).toEqual({ status: 200, error: undefined });
  return Object(answer);
}

async function namesOf(pattern: string): Promise<readonly string[]> {
  const { body } = await http.request({ method: "GET", path: `/${pattern}/_settings` });
  return Object.keys(Object(body)).filter((name) => name.startsWith("it-"));
}

const LAYOUTS: readonly Layout[] = (["native", "telegraf"] as const).flatMap((shape) =>
  MODES.map((mode) => ({ shape, mode })),
);
const fieldsOf = (index: DocumentsIndex) =>
  index.shape === "native"
    ? { group: "group", lag: "lag" }
    : { group: "tag.group", lag: "burrow_partition.lag" };

describe.each(LAYOUTS)("shape $shape, mode $mode", (layout) => {
  test("is set up once; a second setup changes nothing", async () => {
    const first = await setup(layoutOf(layout));
    expect(first.filter((sentence) => /template .* created\.$/.test(sentence))).toHaveLength(3);
    const second = await setup(layoutOf(layout));
    expect(second.filter((sentence) => sentence.endsWith("is as it should be."))).toHaveLength(3);
  });

  test("stores documents once, however often they are sent, and finds them by their values", async () => {
    const { index } = layoutOf(layout);
    const sent = batch(index, { group: "billing", documents: 300, timeMs: tickMs });
    expect(await ship(index, [sent])).toMatchObject({
      stored: 300,
      duplicate: 0,
      deadLettered: 0,
      documents: 0,
    });
    expect(await ship(index, [sent])).toMatchObject({ stored: 0, duplicate: 300, documents: 0 });
    const { group, lag } = fieldsOf(index);
    const found = await search(index, {
      query: { term: { [group]: "billing" } },
      aggs: { highest: { max: { field: lag } } },
    });
    expect(found.hits.total.value).toBe(300);
    // Telegraf's own template would say 400000032.
    expect(found.aggregations.highest.value).toBe(index.shape === "native" ? 299 : 400_000_019);
  });

  test("takes an old document where it belongs", async () => {
    const { index } = layoutOf(layout);
    const old = batch(index, { group: "late", documents: 2, timeMs: tickMs - 3 * DAY_MS });
    expect(await ship(index, [old])).toMatchObject({ stored: 2, deadLettered: 0 });
    expect(await ship(index, [old])).toMatchObject({ duplicate: 2, deadLettered: 0 });
    if (layout.mode !== "daily") return;
    const day = new Date(tickMs - 3 * DAY_MS).toISOString().slice(0, 10).replaceAll("-", ".");
    expect(await namesOf(index.search)).toContain(index.name.replace("%Y.%m.%d", day));
  });

  test("keeps a template that was changed by hand, and writes over it only where it may", async () => {
    const found = layoutOf(layout);
    const path = `/_component_template/${found.index.templateName}@settings`;
    const before = Object((await http.request({ method: "GET", path })).body).component_templates[0];
    const { template, _meta: meta } = before.component_template;
    const settings = { ...template.settings, "index.refresh_interval": "17s" };
    const json = { template: { settings }, _meta: meta };
    const changed = await http.request({ method: "PUT", path, json });
    expect(changed.status).toBe(200);
    expect((await setup(found)).join(" ")).toContain("changed by hand and is left alone");
    expect((await setup(layoutOf(layout, { overwrite_templates: true }))).join(" ")).toContain(
      "is written over",
    );
    expect((await setup(found)).filter((sentence) => sentence.endsWith("is as it should be."))).toHaveLength(
      3,
    );
  });

  test("takes settings of the user's and brings the template up to date", async () => {
    const found = layoutOf(layout, { settings: { "index.refresh_interval": "10s" } });
    expect((await setup(found)).join(" ")).toContain(`${found.index.templateName}@settings updated.`);
  });
});

describe("a data stream of another mode", () => {
  test.each([
    ["time_series", "data_stream"],
    ["data_stream", "time_series"],
  ] as const)("than %s is refused before a document is lost", async (mode, other) => {
    const { name } = layoutOf({ shape: "native", mode }).index;
    await expect(setup(layoutOf({ shape: "native", mode: other }, { name }))).rejects.toMatchObject({
      code: "LAGLINE_SETUP_OTHER_MODE",
    });
  });
});

test("daily indices of telegraf take other measurements and tags than ours", async () => {
  const { index } = layoutOf({ shape: "telegraf", mode: "daily" });
  const name = index.name.replace(
    "%Y.%m.%d",
    new Date(tickMs).toISOString().slice(0, 10).replaceAll("-", "."),
  );
  const document = {
    "@timestamp": new Date(tickMs).toISOString(),
    measurement_name: "cpu",
    tag: { host: "a", cpu: "cpu-total" },
    cpu: { usage_idle: 97.5, total: 9_007_199_254_740_991 },
  };
  const lines = [{ create: { _index: name } }, document].map((line) => `${JSON.stringify(line)}\n`).join("");
  const answer = await http.request({ method: "POST", path: "/_bulk", ndjson: Buffer.from(lines) });
  expect(Object(answer.body)).toMatchObject({ errors: false });
  const found = await search(index, {
    query: { term: { "tag.cpu": "cpu-total" } },
    aggs: { total: { max: { field: "cpu.total" } } },
  });
  expect(found.hits.total.value).toBe(1);
});

async function asReader<T>(use: (reader: ElasticsearchHttp) => Promise<T>): Promise<T> {
  const reader = await createElasticsearchHttp(testElasticsearch("reader"));
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}

describe.each(MODES)("a user that may only read, mode %s", (mode) => {
  const about = { group: "denied", documents: 3, timeMs: tickMs };

  test("is told which privilege is missing; the documents wait, and are stored once it is there", async () => {
    const found = layoutOf({ shape: "native", mode });
    await setup(found);
    const sent = batch(found.index, about);
    const { stats, said } = await asReader(async (reader) =>
      deliver(reader, { index: found.index, batches: [sent], timeoutMs: 1_500 }),
    );
    expect(stats).toMatchObject({ stored: 0, deadLettered: 0, dropped: 0, documents: 3 });
    expect(new Set(said).size).toBe(1);
    expect(said[0]).toMatch(
      /^Elasticsearch answered 403 .*user lagline-reader \(roles lagline_reader\) lacks the index privilege create_doc.*\. The collector needs auto_configure, create_doc \(docs\/security\.md\)\.$/,
    );
    expect(await ship(found.index, [sent])).toMatchObject({ stored: 3, documents: 0 });
  });

  test("cannot set up, and is told which privilege that takes", async () => {
    const { index, environment } = layoutOf(
      { shape: "native", mode },
      { settings: { "index.codec": "default" } },
    );
    const target = { environment, retentionDays: 30, replicas: 0, index };
    await expect(
      asReader(async (reader) => setUp(reader, { log: () => undefined, target })),
    ).rejects.toMatchObject({
      code: "LAGLINE_ELASTICSEARCH_REFUSED",
      message: expect.stringMatching(
        /user lagline-reader .* lacks the (cluster privilege manage_index_templates|index privilege (manage|view_index_metadata))/,
      ),
    });
  });
});

/** A field of a newer build: the template gets it at the next setup, and so does what exists already. */
describe.each(MODES)("a template of an older build, mode %s", (mode) => {
  test("is brought up to date", async () => {
    const found = layoutOf({ shape: "native", mode });
    const component = mode === "time_series" ? "series" : "fields";
    const path = `/_component_template/${found.index.templateName}@${component}`;
    await setup(found);
    const { template, _meta: meta } = Object((await http.request({ method: "GET", path })).body)
      .component_templates[0].component_template;
    const { cause, ...properties } = template.mappings.properties;
    expect(cause).toBeDefined();
    const older = { ...template, mappings: { ...template.mappings, properties } };
    const hash = contentHash({ template: older });
    const json = { template: older, _meta: { ...meta, hash } };
    expect((await http.request({ method: "PUT", path, json })).status).toBe(200);
    expect((await setup(found)).join(" ")).toContain(`${found.index.templateName}@${component} updated.`);
    const { body } = await http.request({ method: "GET", path });
    expect(Object(body).component_templates[0].component_template.template.mappings.properties.cause).toEqual(
      cause,
    );
  });
});

describe("retention", () => {
  const OLD_MS = tickMs - 40 * DAY_MS;

  /** Deletion by age needs modules that the builds from Maven leave out. */
  async function canDelete(): Promise<boolean> {
    const { hasDataStreamApi } = await detectServer(http, "any");
    expect(hasDataStreamApi || !isRequired("elasticsearch-lifecycle")).toBe(true);
    return hasDataStreamApi;
  }

  /** Asks Elasticsearch to look every second, and waits until the index is gone. */
  async function expectGone(name: string, poll: string): Promise<void> {
    const persistent = { [poll]: "1s" };
    const changed = await http.request({ method: "PUT", path: "/_cluster/settings", json: { persistent } });
    expect(changed.status).toBe(200);
    try {
      const endMs = Date.now() + 60_000;
      while ((await http.request({ method: "GET", path: `/${name}/_settings` })).status === 200) {
        expect(Date.now()).toBeLessThan(endMs);
        await sleep(1_000);
      }
    } finally {
      await http.request({
        method: "PUT",
        path: "/_cluster/settings",
        json: { persistent: { [poll]: null } },
      });
    }
  }

  /** Said aloud and counted as skipped: a pass would claim what nobody saw. */
  function notShown(context: TestContext, what: string): never {
    const sentence = `NOT SHOWN: ${what}: this Elasticsearch has no lifecycle module.`;
    process.stderr.write(`${sentence}\n`);
    return context.skip(sentence);
  }

  test("of a data stream: the template is what this Elasticsearch understands, also when it gives it back", async () => {
    const found = layoutOf({ shape: "native", mode: "data_stream" });
    const options = { environment: found.environment, retentionDays: 30, replicas: 0, bounds: null };
    const template = buildTemplates({ ...options, index: found.index }).at(-1);
    if (template === undefined) throw new Error("no templates");
    await setup(found);
    const path = `/_index_template/${template.name}`;
    const wrong = { ...template.body, template: { lifecycle: { data_retention: "30 potatoes" } } };
    expect((await http.request({ method: "PUT", path, json: wrong })).status).toBe(400);
    expect((await http.request({ method: "PUT", path, json: template.body })).status).toBe(200);
    const back = await readTemplate(http, template);
    expect(back).toMatchObject({ template: { lifecycle: { data_retention: "30d" } } });
    expect(decide(template, back)).toBe("keep");
    await setup(found);
  });

  test("of a data stream deletes what is older, and only that", async (context) => {
    if (!(await canDelete())) notShown(context, "a backing index of 40 days ago is deleted after 30 days");
    const { index } = layoutOf({ shape: "native", mode: "data_stream" });
    await ship(index, [batch(index, { group: "aged", documents: 2, timeMs: OLD_MS })]);
    const { body } = await http.request({ method: "POST", path: `/${index.name}/_rollover` });
    const { old_index: old, new_index: young } = Object(body);
    const json = { "index.lifecycle.origination_date": OLD_MS };
    expect((await http.request({ method: "PUT", path: `/${old}/_settings`, json })).status).toBe(200);
    await expectGone(old, "data_streams.lifecycle.poll_interval");
    expect((await http.request({ method: "GET", path: `/${young}/_settings` })).status).toBe(200);
  });

  test("of daily indices deletes those of days that are older, and only those", async (context) => {
    const found = layoutOf({ shape: "native", mode: "daily" });
    const isPossible = await canDelete();
    const sentences = (await setup(found)).join(" ");
    expect(sentences).toContain(isPossible ? "deletes documents after 30 days" : "nothing is deleted by age");
    if (!isPossible) notShown(context, "the index of a day 40 days ago is deleted by the policy of setup");
    for (const timeMs of [OLD_MS, tickMs]) {
      await ship(found.index, [batch(found.index, { group: "aged", documents: 2, timeMs })]);
    }
    const nameAt = (timeMs: number) =>
      found.index.name.replace("%Y.%m.%d", new Date(timeMs).toISOString().slice(0, 10).replaceAll("-", "."));
    await expectGone(nameAt(OLD_MS), "indices.lifecycle.poll_interval");
    expect((await http.request({ method: "GET", path: `/${nameAt(tickMs)}/_settings` })).status).toBe(200);
  });
});

/** Where Elasticsearch cannot delete by itself. What it does by itself is above, and needs its modules. */
describe("retention of Lagline's own", () => {
  const DAYS = 30;
  let isBare = false;

  beforeAll(async () => {
    isBare = !(await detectServer(http, "any")).hasDataStreamApi;
  });

  function retained(mode: DocumentsIndex["mode"], beginning = "it"): Case {
    const environment = `${beginning}-r${mode.slice(0, 2)}-${run}`;
    const config = parseConfig(
      JSON.stringify({
        environment,
        clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
        elasticsearch: {
          external: { url: "http://127.0.0.1:9200" },
          index: {
            mode,
            lifecycle: "lagline",
            ...(mode === "daily" ? { name: `${environment}-%Y.%m.%d` } : { name: environment }),
          },
        },
      }),
      "lagline.yaml",
    );
    const index = documentsIndex(config);
    made.push(index);
    return { index, environment };
  }

  /** As `lagline setup` and `lagline retention` at some other time. */
  async function setupAt({ index, environment }: Case, nowMs: number): Promise<string> {
    const sentences: string[] = [];
    const target = { environment, retentionDays: DAYS, replicas: 0, index };
    await setUp(http, { log: (sentence) => sentences.push(sentence), target, now: () => nowMs });
    return sentences.join(" ");
  }

  async function retain(
    { index }: Case,
    about: { nowMs: number; as?: ElasticsearchHttp; dryRun?: boolean },
  ): Promise<RunResult & { said: string }> {
    const sentences: string[] = [];
    const result = await runRetention({
      http: about.as ?? http,
      index,
      retentionDays: DAYS,
      nowMs: about.nowMs,
      steadySinceMs: null,
      dryRun: about.dryRun ?? false,
      signal: AbortSignal.timeout(120_000),
      log: (sentence) => sentences.push(sentence),
    });
    return { ...result, said: sentences.join(" ") };
  }

  async function groupsIn(index: DocumentsIndex): Promise<string[]> {
    const { aggregations } = await search(index, {
      aggs: { groups: { terms: { field: "group", size: 50 } } },
    });
    return aggregations.groups.buckets.map(({ key }: { key: string }) => key).toSorted();
  }

  const aged = (index: DocumentsIndex, days: number) =>
    batch(index, { group: `aged-${days}`, documents: 2, timeMs: tickMs - days * DAY_MS });

  /** The real answers, in which these indices were made so many days ago: nobody can set that in Elasticsearch. */
  function inAnOlderWorld(ages: ReadonlyMap<string, number>): ElasticsearchHttp {
    return {
      ...http,
      request: async (request) => {
        const answer = await http.request(request);
        for (const [name, { settings }] of Object.entries<{ settings?: Record<string, string> }>(
          Object(answer.body),
        )) {
          const days = ages.get(name);
          if (days !== undefined && settings !== undefined) {
            settings["index.creation_date"] = String(Date.now() - days * DAY_MS);
          }
        }
        return answer;
      },
    };
  }

  test.each(MODES)("leaves deletion to an Elasticsearch that can do it, mode %s", async (mode) => {
    const found = retained(mode);
    const sentences = await setupAt(found, tickMs);
    expect(sentences).toContain(
      isBare ? "`lagline retention` deletes documents" : "is used instead of lagline",
    );
    const state = isBare ? "modules" : (await retain(found, { nowMs: tickMs })).state;
    expect(state).toBe("modules");
  });

  test("of a time series opens windows and deletes those that are too old; late and early documents find theirs", async (context) => {
    if (!isBare) context.skip("this Elasticsearch opens its windows itself");
    const found = retained("time_series");
    const { index } = found;
    expect(await setupAt(found, tickMs - 45 * DAY_MS)).toContain("is created by the first document");
    expect(await retain(found, { nowMs: tickMs - 45 * DAY_MS })).toMatchObject({ state: "empty", opened: 0 });
    expect(await ship(index, [aged(index, 45), aged(index, 60)])).toMatchObject({ stored: 4 });
    for (const days of [45, 27, 9]) {
      expect(await retain(found, { nowMs: tickMs - days * DAY_MS })).toMatchObject({
        state: "done",
        deleted: 0,
      });
      expect(await ship(index, [aged(index, days - 1), aged(index, days - 2)])).toMatchObject({ stored: 4 });
    }
    const planned = await retain(found, { nowMs: tickMs, dryRun: true });
    expect(planned).toMatchObject({ deleted: 0, opened: 0 });
    expect(planned.said).toMatch(/Would open .*Would delete/);
    const result = await retain(found, { nowMs: tickMs });
    expect(result).toMatchObject({ held: null, due: 0, warnings: [] });
    expect(result.deleted).toBeGreaterThan(1);
    expect(result.coveredUntilMs).toBeGreaterThanOrEqual(tickMs + 21 * DAY_MS);
    // 30 days and the rest of a window of three.
    expect(await groupsIn(index)).toEqual(["aged-25", "aged-26", "aged-7", "aged-8"]);
    const sent = [
      aged(index, 29),
      aged(index, 20),
      aged(index, 1),
      aged(index, 0),
      aged(index, -1),
      aged(index, -13),
    ];
    expect(await ship(index, sent)).toMatchObject({ stored: 12, deadLettered: 0, documents: 0 });
    expect(await ship(index, sent)).toMatchObject({ duplicate: 12, deadLettered: 0, documents: 0 });
    expect(await ship(index, [aged(index, 45)])).toMatchObject({ stored: 0, deadLettered: 2 });
    expect(await retain(found, { nowMs: tickMs })).toMatchObject({ deleted: 0, opened: 0, due: 0, said: "" });
    // A setup, also one that does not know of retention, moves no window.
    const before = await namesOfStream(index);
    expect(await setupAt(found, tickMs)).not.toContain("moved");
    expect(await namesOfStream(index)).toEqual(before);
    expect(await retain(found, { nowMs: tickMs })).toMatchObject({ deleted: 0, opened: 0 });
  });

  test("of a time series goes on with the one wide index of an older setup, and says when that is deleted", async (context) => {
    if (!isBare) context.skip("this Elasticsearch opens its windows itself");
    const { index: base, environment } = retained("time_series");
    const index = {
      ...base,
      name: `${base.name}-wide`,
      search: `${base.name}-wide`,
      templateName: `${base.name}-wide`,
    };
    made.push(index);
    const found = { index, environment };
    await setupAt({ ...found, index: { ...index, lifecycle: "data_stream" } }, tickMs);
    await ship(index, [aged(index, 0)]);
    expect(await setupAt(found, tickMs)).toContain("brought up to date");
    const result = await retain(found, { nowMs: tickMs + 100 * DAY_MS });
    expect(result).toMatchObject({ deleted: 0, opened: 0, indices: 1 });
    expect(result.warnings.join(" ")).toContain("its end cannot be lowered, and it is deleted whole after");
    expect(await ship(index, [aged(index, 1), aged(index, -1)])).toMatchObject({
      stored: 4,
      deadLettered: 0,
    });
  });

  test("of a plain data stream deletes an index by when the next one was made", async (context) => {
    if (!isBare) context.skip("this Elasticsearch rolls over itself");
    const found = retained("data_stream");
    const { index } = found;
    await setupAt(found, tickMs);
    const ages = new Map<string, number>();
    for (const days of [40, 32, 1.5, 0]) {
      await ship(index, [aged(index, days)]);
      const [newest = ""] = (await namesOfStream(index)).toReversed();
      ages.set(newest, days);
      if (days !== 0) await http.request({ method: "POST", path: `/${index.name}/_rollover` });
    }
    expect(ages.size).toBe(4);
    const older = inAnOlderWorld(ages);
    const result = await retain(found, { nowMs: Date.now(), as: older });
    expect(result).toMatchObject({ deleted: 1, opened: 0, held: null, due: 0, indices: 3 });
    expect(await groupsIn(index)).toEqual(["aged-0", "aged-1.5", "aged-32"]);
    expect(await ship(index, [aged(index, 2), aged(index, -1)])).toMatchObject({
      stored: 4,
      deadLettered: 0,
    });
    expect(await retain(found, { nowMs: Date.now(), as: older })).toMatchObject({
      deleted: 0,
      opened: 0,
      said: "",
    });
    // Nothing new for a month: a standstill, or a clock that jumped.
    const later = await retain(found, { nowMs: Date.now() + 62 * DAY_MS, as: older });
    expect(later).toMatchObject({ deleted: 0, due: 2, held: expect.stringContaining("stood still") });
  });

  test("of daily indices deletes those of exactly its names that carry its mark", async (context) => {
    if (!isBare) context.skip("this Elasticsearch deletes them by a policy");
    const found = retained("daily");
    const { index } = found;
    await setupAt(found, tickMs);
    await ship(index, [
      aged(index, 40),
      aged(index, 31),
      aged(index, 29),
      aged(index, 1),
      aged(index, 0),
      aged(index, -1),
    ]);
    const of = (days: number, suffix = "") =>
      index.name.replace(
        "%Y.%m.%d",
        suffix + new Date(tickMs - days * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "."),
      );
    // Of another environment whose name begins alike, and one that somebody else made.
    const foreign = [of(40, "eu-"), of(50)];
    for (const name of foreign) {
      const json = { mappings: { _meta: { managed_by: "somebody", template: "else" } } };
      expect((await http.request({ method: "PUT", path: `/${name}`, json })).status).toBe(200);
    }
    const result = await retain(found, { nowMs: tickMs });
    expect(result).toMatchObject({ deleted: 2, held: null });
    expect(result.warnings.join(" ")).toContain(`1 indices are older than 30 days`);
    expect((await namesOf(index.search)).toSorted()).toEqual(
      [...foreign, ...[29, 1, 0, -1].map((days) => of(days))].toSorted(),
    );
    expect(await ship(index, [aged(index, 1), aged(index, -1)])).toMatchObject({ duplicate: 4 });
    expect(await retain(found, { nowMs: tickMs })).toMatchObject({ deleted: 0, said: "" });
    for (const name of foreign) await http.request({ method: "DELETE", path: `/${name}` });
  });

  test.each(MODES)(
    "of a user that lacks rights stops with the sentence that names them, mode %s",
    async (mode) => {
      // In no deployment of the tests the reader may look at what begins like this.
      const found = retained(mode, "hidden");
      await setupAt(found, tickMs);
      await ship(found.index, [aged(found.index, 0)]);
      if (!isBare) return;
      await expect(
        asReader(async (reader) => retain(found, { nowMs: tickMs, as: reader })),
      ).rejects.toMatchObject({
        message: expect.stringMatching(
          mode === "daily"
            ? /sees no index of .*: the user lagline-reader lacks .*delete_index.* on them\.$/
            : /user lagline-reader .* lacks the index privilege view_index_metadata.* The retention needs/,
        ),
      });
    },
  );

  async function namesOfStream({ name }: DocumentsIndex): Promise<readonly string[]> {
    const { body } = await http.request({ method: "GET", path: `/_resolve/index/${name}` });
    return Object(body).data_streams[0].backing_indices;
  }
});
