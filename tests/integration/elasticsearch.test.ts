/** The collector's side of Elasticsearch against a real one: set-up, bulk, duplicates, refusals, every field. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { detectServer } from "../../collectors/elasticsearch/detect.ts";
import { CREATE_IN_STREAM } from "../../collectors/elasticsearch/lines.ts";
import { setUp } from "../../collectors/elasticsearch/setup.ts";
import { createShipper } from "../../collectors/elasticsearch/shipper.ts";
import type { SpoolBatch, SpoolStats } from "../../collectors/spool/contract.ts";
import { openSpool } from "../../collectors/spool/open.ts";
import { dataStreamName } from "../../model/documents.ts";
import { FIELD_NAMES, FIELDS } from "../../model/fields.ts";
import { batchOf } from "../fakes/documents.ts";
import { testElasticsearch } from "../support/elasticsearch.ts";

const DAY_MS = 86_400_000;
const environment = `it-${randomBytes(4).toString("hex")}`;
const stream = dataStreamName(environment);
const tickMs = Math.floor(Date.now() / 30_000) * 30_000;
let http: ElasticsearchHttp;

beforeAll(async () => {
  http = await createElasticsearchHttp(testElasticsearch());
});

afterAll(async () => {
  for (const path of [`/_data_stream/${stream}`, `/_index_template/${stream}`])
    await http.request({ method: "DELETE", path });
  for (const part of ["series", "settings"]) {
    await http.request({ method: "DELETE", path: `/_component_template/${stream}@${part}` });
  }
  await http.close();
});

async function runSetup(options: { now?: number; retentionDays?: number } = {}): Promise<readonly string[]> {
  const sentences: string[] = [];
  await setUp(http, {
    log: (sentence) => sentences.push(sentence),
    target: { environment, retentionDays: options.retentionDays ?? 30, replicas: 0 },
    now: () => options.now ?? Date.now(),
  });
  return sentences;
}

type Shipped = { readonly stats: SpoolStats; readonly letters: readonly Record<string, unknown>[] };

/** Delivers through a spool of its own, as the collector does. */
async function ship(batches: readonly SpoolBatch[], timeoutMs = 20_000): Promise<Shipped> {
  const directory = await mkdtemp(join(tmpdir(), "lagline-it-"));
  const { spool } = await openSpool({ directory, version: "test" });
  const target = { stream, action: CREATE_IN_STREAM, requireDataStream: true };
  const shipper = createShipper({ spool, client: http, options: { target } });
  try {
    await spool.append(batches);
    await shipper.drain({ timeoutMs });
    await shipper.stop();
    const stats = spool.stats();
    expect(stats.stored + stats.duplicate + stats.deadLettered + stats.documents).toBe(stats.accepted);
    return { stats, letters: await readLetters(join(directory, "dead-letter")) };
  } finally {
    await spool.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function readLetters(folder: string): Promise<readonly Record<string, unknown>[]> {
  const texts = await Promise.all(
    (await readdir(folder)).map(async (name) => readFile(join(folder, name), "utf8")),
  );
  return texts.flatMap((text) =>
    text
      .split("\n")
      .slice(0, -1)
      .map((line): Record<string, unknown> => JSON.parse(line)),
  );
}

async function search(body: Record<string, unknown>): Promise<Record<string, unknown>> {
  await http.request({ method: "POST", path: `/${stream}/_refresh` });
  const answer = await http.request({ method: "POST", path: `/${stream}/_search`, json: body });
  expect({ status: answer.status, error: Object(answer.body).error }).toEqual({
    status: 200,
    error: undefined,
  });
  return Object(answer.body);
}

async function count(group: string): Promise<unknown> {
  const found = await search({ size: 0, track_total_hits: true, query: { term: { group } } });
  return found["hits"];
}

const one = (fields: Record<string, unknown>, timestampMs = tickMs): SpoolBatch => {
  const timestamp = new Date(timestampMs).toISOString();
  const document = { "@timestamp": timestamp, record: "partition", cluster: "orders", ...fields };
  return {
    ndjson: Buffer.from(`${JSON.stringify(document)}\n`),
    documents: 1,
    minTimestampMs: timestampMs,
    maxTimestampMs: timestampMs,
  };
};

describe("before setup", () => {
  test("documents wait instead of becoming an index with guessed mappings", async () => {
    const { stats } = await ship([batchOf("early", 3, tickMs)], 1_500);
    expect(stats).toMatchObject({ documents: 3, stored: 0, deadLettered: 0 });
    expect((await http.request({ method: "GET", path: `/${stream}/_settings` })).status).toBe(404);
  });
});

describe("setup", () => {
  test("creates everything, and a second run changes nothing", async () => {
    const first = await runSetup();
    expect(first.filter((sentence) => sentence.endsWith(" created.")).length).toBeGreaterThanOrEqual(3);
    const second = await runSetup();
    expect(second.filter((sentence) => /created\.|updated\.|set to|brought/.test(sentence))).toEqual([]);
    expect(second.filter((sentence) => sentence.endsWith("is as it should be."))).toHaveLength(3);
  });

  test("leaves a template alone that a newer build wrote", async () => {
    const path = `/_component_template/${stream}@settings`;
    const before = await http.request({ method: "GET", path });
    const body = Object(before.body).component_templates[0].component_template;
    const newer = {
      template: body.template,
      _meta: { managed_by: "lagline", schema_version: 999, hash: "x" },
    };
    expect((await http.request({ method: "PUT", path, json: newer })).status).toBe(200);
    expect((await runSetup()).join(" ")).toContain("newer Lagline");
    await http.request({ method: "PUT", path, json: { template: body.template, _meta: body["_meta"] } });
  });

  test("leaves a template alone that somebody edited, and says what to do", async () => {
    const path = `/_component_template/${stream}@settings`;
    const before = await http.request({ method: "GET", path });
    const body = Object(before.body).component_templates[0].component_template;
    const settings = { ...body.template.settings, "index.refresh_interval": "17s" };
    await http.request({ method: "PUT", path, json: { template: { settings }, _meta: body["_meta"] } });
    expect((await runSetup()).join(" ")).toContain("changed by hand");
    await http.request({ method: "PUT", path, json: { template: body.template, _meta: body["_meta"] } });
    expect((await runSetup()).filter((sentence) => sentence.endsWith("is as it should be."))).toHaveLength(3);
  });
});

describe("bulk", () => {
  test("stores documents once, however often they are sent", async () => {
    const batches = Array.from({ length: 4 }, (_, index) => batchOf(`bulk-${index}`, 500, tickMs));
    expect((await ship(batches)).stats).toMatchObject({ stored: 2_000, duplicate: 0, documents: 0 });
    expect((await ship(batches)).stats).toMatchObject({ stored: 0, duplicate: 2_000, documents: 0 });
    expect(await count("bulk-0")).toMatchObject({ total: { value: 500 } });
  });

  test("takes documents of the last seven days", async () => {
    const batches = [1, 3, 6].map((days) => batchOf(`old-${days}`, 2, tickMs - days * DAY_MS));
    expect((await ship(batches)).stats).toMatchObject({ stored: 6, deadLettered: 0 });
  });

  test("puts documents aside whose time is gone for good, and stores the others", async () => {
    const { stats, letters } = await ship([
      batchOf("ancient", 2, tickMs - 400 * DAY_MS),
      batchOf("fresh", 2, tickMs),
    ]);
    expect(stats).toMatchObject({ stored: 2, deadLettered: 2, documents: 0 });
    expect(letters).toMatchObject([{ status: 400 }, { status: 400 }]);
    expect(String(letters[0]?.["reason"])).toContain("outside of ranges");
  });

  test("keeps documents that are too new, because their index may still be opened", async () => {
    const { stats } = await ship([batchOf("future", 2, tickMs + 800 * DAY_MS)], 1_500);
    expect(stats).toMatchObject({ documents: 2, stored: 0, deadLettered: 0 });
  });

  test("puts a document of the wrong type aside and stores its neighbours", async () => {
    const good = batchOf("neighbour", 3, tickMs);
    const bad = one({ group: "wrong", topic: "t", partition: "0", lag: "many" });
    const mixed = { ...good, ndjson: Buffer.concat([good.ndjson, bad.ndjson]), documents: 4 };
    const { stats, letters } = await ship([mixed]);
    expect(stats).toMatchObject({ stored: 3, deadLettered: 1 });
    expect(letters).toMatchObject([{ error_type: "document_parsing_exception", document: { lag: "many" } }]);
  });

  test("puts a line that is no JSON aside and stores its neighbours", async () => {
    const good = batchOf("beside-garbage", 7, tickMs);
    const mixed = {
      ...good,
      ndjson: Buffer.concat([good.ndjson, Buffer.from('{"group":"x",,\n')]),
      documents: 8,
    };
    const { stats, letters } = await ship([mixed]);
    expect(stats).toMatchObject({ stored: 7, deadLettered: 1 });
    expect(letters).toMatchObject([{ document_text: '{"group":"x",,' }]);
  });
});

describe("fields", () => {
  test("are mapped as model/fields.ts says, every one", async () => {
    const answer = await http.request({ method: "GET", path: `/${stream}/_mapping` });
    const [index] = Object.values<{ mappings: { dynamic: string; properties: Record<string, unknown> } }>(
      Object(answer.body),
    );
    expect(index?.mappings.dynamic).toBe("false");
    expect(Object.keys(index?.mappings.properties ?? {}).toSorted()).toEqual([...FIELD_NAMES].toSorted());
    for (const name of FIELD_NAMES) {
      const { type, role } = FIELDS[name];
      expect({ name, ...Object(index?.mappings.properties[name]) }).toMatchObject({
        name,
        type,
        ...(role === "dimension" ? { time_series_dimension: true } : {}),
        ...(role === "metric" ? { time_series_metric: "gauge" } : {}),
      });
    }
  });

  test("can all be stored and found by their value", async () => {
    const values: Record<string, unknown> = {};
    for (const name of FIELD_NAMES) {
      const { type } = FIELDS[name];
      if (type === "keyword") values[name] = `${name} ü`;
      else if (type === "date") values[name] = new Date(tickMs).toISOString();
      else values[name] = type === "long" ? Number.MAX_SAFE_INTEGER : type === "double" ? 0.25 : 7;
    }
    values["topics"] = ["a", "b"];
    const { stats, letters } = await ship([one(values)]);
    expect(letters).toEqual([]);
    expect(stats.stored).toBe(1);
    const fields = FIELD_NAMES.filter((name) => FIELDS[name].role !== "time");
    for (const name of fields) {
      const value = name === "topics" ? "b" : values[name];
      const filter = [{ term: { [name]: value } }, { term: { cluster: values["cluster"] } }];
      const found = await search({ size: 0, track_total_hits: true, query: { bool: { filter } } });
      expect({ name, hits: found["hits"] }).toMatchObject({ name, hits: { total: { value: 1 } } });
    }
  });

  test("accept text longer than Lucene indexes", async () => {
    const { stats } = await ship([
      one({ group: "long", topic: "t", partition: "0", cause: "ü".repeat(40_000) }),
    ]);
    expect(stats).toMatchObject({ stored: 1, deadLettered: 0 });
  });

  test("answer the question of every dashboard: highest lag per group over time", async () => {
    await ship([
      one({ group: "agg", topic: "t", partition: "0", lag: 5 }),
      one({ group: "agg", topic: "t", partition: "1", lag: 9 }),
    ]);
    const found = await search({
      size: 0,
      query: { term: { group: "agg" } },
      aggs: {
        time: {
          date_histogram: { field: "@timestamp", fixed_interval: "30s" },
          aggs: { lag: { max: { field: "lag" } }, sum: { sum: { field: "lag" } } },
        },
      },
    });
    expect(found["aggregations"]).toMatchObject({
      time: { buckets: [{ doc_count: 2, lag: { value: 9 }, sum: { value: 14 } }] },
    });
  });
});

describe("later", () => {
  test("a setup with another retention is followed where Elasticsearch deletes by age", async () => {
    const { hasDataStreamApi } = await detectServer(http, stream);
    const sentences = (await runSetup({ retentionDays: 7 })).join(" ");
    expect(sentences).toContain(hasDataStreamApi ? "set to 7 days" : "nothing is deleted by age");
  });

  test("a setup months later keeps the stream open for current documents", async () => {
    const nowMs = Date.now() + 200 * DAY_MS;
    const { hasDataStreamApi } = await detectServer(http, stream);
    const beyond = batchOf("after-the-old-end", 2, tickMs + 400 * DAY_MS);
    expect((await ship([beyond], 1_500)).stats).toMatchObject({ stored: 0, documents: 2 });
    const sentences = (await runSetup({ now: nowMs })).filter((sentence) =>
      sentence.startsWith(`End of ${stream} moved`),
    );
    expect(sentences).toHaveLength(hasDataStreamApi ? 0 : 1);
    // With the data stream APIs the end stays within the hour and Elasticsearch moves it itself.
    const { stats } = await ship([beyond], hasDataStreamApi ? 1_500 : 20_000);
    expect(stats).toMatchObject({ stored: hasDataStreamApi ? 0 : 2 });
    expect((await runSetup({ now: nowMs })).filter((sentence) => /moved|updated/.test(sentence))).toEqual([]);
    expect((await ship([batchOf("bulk-0", 500, tickMs)])).stats).toMatchObject({ duplicate: 500 });
  });
});
