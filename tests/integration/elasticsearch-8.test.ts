/**
 * Elasticsearch 8.19, secured, deployed as `scripts/up` would: everything that 9 is tested for in elasticsearch.test.ts,
 * index-modes.test.ts and api-keys.test.ts, and every program as its own user with the least rights.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { detectServer } from "../../collectors/elasticsearch/detect.ts";
import { setUp } from "../../collectors/elasticsearch/setup.ts";
import { runRetention } from "../../collectors/retention/run.ts";
import { DAY_MS } from "../../collectors/elasticsearch/windows.ts";
import { ELASTICSEARCH_8_VERSION } from "../../stacks/versions.ts";
import { batchOf } from "../fakes/documents.ts";
import { offerElasticsearch, testElasticsearch } from "../support/elasticsearch.ts";
import { secondDeployment } from "./support/second-deployment.ts";
import { deliver, indexNamed, MODES } from "./support/shipping.ts";

const deployment = secondDeployment("elasticsearch-8.yaml", {
  stacks: ["network", "storage", "elasticsearch"],
  folders: ["integration-8-secrets", "integration-8-state"],
});

beforeAll(async () => {
  await deployment.deploy();
  offerElasticsearch(deployment.loaded.config);
});

afterAll(async () => {
  await deployment.remove();
});

test("is what answers", async () => {
  const http = await createElasticsearchHttp(testElasticsearch());
  expect((await detectServer(http, "any")).version).toBe(ELASTICSEARCH_8_VERSION);
  await http.close();
});

describe.each(MODES)("as users with the least rights, mode %s", (mode) => {
  // Within the pattern that the roles are for.
  const index = indexNamed(mode, mode === "daily" ? "it-least-%Y.%m.%d" : `it-least.${mode.slice(0, 4)}.x`);
  const batch = batchOf("least", 3, Math.floor(Date.now() / 30_000) * 30_000);

  test("setup makes the templates, the collector stores, and neither reads", async () => {
    const setup = await createElasticsearchHttp(testElasticsearch("setup"));
    const collector = await createElasticsearchHttp(testElasticsearch("collector"));
    try {
      const target = { environment: "it-least", retentionDays: 30, replicas: 0, index };
      await setUp(setup, { log: () => undefined, target });
      const { stats, said } = await deliver(collector, { index, batches: [batch] });
      expect({ said, ...stats }).toMatchObject({ said: [], stored: 3, documents: 0, deadLettered: 0 });
      for (const http of [setup, collector]) {
        const { status } = await http.request({ method: "POST", path: `/${index.search}/_search` });
        expect(status).toBe(403);
      }
    } finally {
      // A template of one mode would stand in the way of the next one's.
      await setup.request({ method: "DELETE", path: `/_index_template/${index.templateName}` });
      await Promise.all([setup.close(), collector.close()]);
    }
  });
});

describe.each(MODES)("retention as its own user with the least rights, mode %s", (mode) => {
  const nowMs = Date.now();
  const index = indexNamed(
    mode,
    mode === "daily" ? "it-kept-%Y.%m.%d" : `it-kept.${mode.slice(0, 4)}.x`,
    "lagline",
  );

  test("opens and deletes, and neither reads nor writes a document, nor touches another index", async () => {
    const [setup, collector, retention] = await Promise.all(
      (["setup", "collector", "retention"] as const).map((user) =>
        createElasticsearchHttp(testElasticsearch(user)),
      ),
    );
    if (setup === undefined || collector === undefined || retention === undefined) throw new Error("no user");
    const options = { http: retention, index, retentionDays: 1, steadySinceMs: null, dryRun: false };
    const run = (atMs: number) =>
      runRetention({ ...options, nowMs: atMs, signal: AbortSignal.timeout(60_000), log: () => undefined });
    const status = async (method: "GET" | "POST" | "DELETE", path: string) =>
      (await retention.request({ method, path, ...(method === "POST" ? { json: {} } : {}) })).status;
    try {
      const target = { environment: "it-least", retentionDays: 1, replicas: 0, index };
      // Five days ago, so that something is too old by now.
      await setUp(setup, { log: () => undefined, target, now: () => nowMs - 5 * DAY_MS });
      const times = mode === "daily" ? [5, 0] : [5];
      const batches = times.map((days) => batchOf("kept", 3, nowMs - days * DAY_MS));
      expect((await deliver(collector, { index, batches })).stats).toMatchObject({
        stored: 3 * times.length,
      });
      const isSeries = mode === "time_series";
      const first = isSeries ? await run(nowMs - 5 * DAY_MS) : { opened: 0, deleted: 0 };
      expect(first).toMatchObject({ opened: isSeries ? 20 : 0, deleted: 0 });
      const done = await run(nowMs);
      expect(done).toMatchObject({ state: "done", due: 0 });
      // Of a plain stream the one index that there is takes documents.
      expect(done.deleted > 0).toBe(mode !== "data_stream");
      expect(await run(nowMs)).toMatchObject({ deleted: 0, opened: 0 });
      expect(await status("POST", `/${index.search}/_search`)).toBe(403);
      expect(await status("POST", `/${index.name.replaceAll("%", "")}/_doc`)).toBe(403);
      expect(await status("DELETE", "/other-2026.01.01")).toBe(403);
      expect(await status("DELETE", `/_index_template/${index.templateName}`)).toBe(403);
      expect(await status("GET", "/_cluster/health")).toBe(403);
    } finally {
      await setup.request({ method: "DELETE", path: `/_index_template/${index.templateName}` });
      await Promise.all([setup.close(), collector.close(), retention.close()]);
    }
  });
});

test("a changed password is taken while documents wait, without a restart", async () => {
  const index = indexNamed("daily", "it-least-%Y.%m.%d");
  const http = await createElasticsearchHttp(testElasticsearch("collector"));
  try {
    const said = await deployment.lagline("secrets", "rotate", "--user", "collector");
    expect(said).toContain("Elasticsearch takes them");
    // The template is gone by now; the index of today is there.
    const late = batchOf("after-rotation", 2, Math.floor(Date.now() / 30_000) * 30_000);
    const found = await deliver(http, { index, batches: [late] });
    expect(found.stats).toMatchObject({ stored: 2, documents: 0, deadLettered: 0 });
    expect(found.reloaded).toBe(1);
  } finally {
    await http.close();
  }
});

// After the hooks above, so that these find the server that they make.
await import("./elasticsearch.test.ts");
await import("./index-modes.test.ts");
await import("./api-keys.test.ts");
