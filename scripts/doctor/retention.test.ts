/** How far ahead a time series takes documents, where nothing but Lagline opens its windows. */
import { expect, test } from "vitest";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { nativeIndex } from "../../config/documents-index.ts";
import { startJsonServer } from "../../tests/fakes/json-server.ts";
import { lookAhead } from "./retention.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");
const index = nativeIndex("prod");

async function look(ends: readonly string[] | null, hasModules = false) {
  const names = (ends ?? []).map((_, number) => `.ds-${number}`);
  const windows = (ends ?? []).map((end, number) => ({
    data_stream: index.name,
    settings: {
      "index.creation_date": String(NOW),
      "index.time_series.start_time": ends?.[number - 1] ?? "2026-11-01T00:00:00.000Z",
      "index.time_series.end_time": end,
    },
  }));
  const server = await startJsonServer({
    "GET /": { body: { version: { number: "9.2.0" } } },
    ...(hasModules
      ? { [`GET /_data_stream/${index.name}`]: { body: { data_streams: [] } } }
      : {
          [`GET /_data_stream/${index.name}`]: {
            status: 400,
            body: { error: `no handler found for uri [/_data_stream/${index.name}] and method [GET]` },
          },
        }),
    ...(ends === null
      ? {}
      : {
          [`GET /${index.name}`]: { body: Object.fromEntries(names.map((name, at) => [name, windows[at]])) },
        }),
    [`GET /_resolve/index/${index.name}`]: {
      body: { data_streams: [{ name: index.name, backing_indices: names }] },
    },
  });
  const http = await createElasticsearchHttp({ urls: [server.url], files: {}, requestTimeoutMs: 2000 });
  try {
    return await lookAhead({ http, index, signal: AbortSignal.timeout(5000) }, NOW);
  } finally {
    await http.close();
    await server.stop();
  }
}

test("is broken where no window takes documents of now", async () => {
  expect(await look(["2026-11-21T00:00:00.000Z"])).toMatchObject([
    { outcome: "broken", evidence: expect.stringContaining("takes documents of 2026-11-21T10:00Z") },
  ]);
});

test("is a warning where less than a week is left", async () => {
  expect(await look(["2026-11-25T00:00:00.000Z", "2026-11-28T00:00:00.000Z"])).toMatchObject([
    { outcome: "warning", evidence: "Documents are taken until 2026-11-28T00:00Z." },
  ]);
});

test("is right two weeks ahead, and before the first document", async () => {
  expect(await look(["2026-12-05T00:00:00.000Z"])).toMatchObject([{ outcome: "ok" }]);
  expect(await look(null)).toMatchObject([
    { outcome: "ok", evidence: expect.stringContaining("no index yet") },
  ]);
});

test("is not asked where Elasticsearch opens its windows itself", async () => {
  expect(await look(["2026-11-21T00:00:00.000Z"], true)).toEqual([]);
});
