import { afterEach, beforeEach, expect, test } from "vitest";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { contentHash } from "../../collectors/elasticsearch/template-hash.ts";
import { SCHEMA_VERSION } from "../../collectors/elasticsearch/templates.ts";
import type { JsonServer } from "../../tests/fakes/json-server.ts";
import { startJsonServer } from "../../tests/fakes/json-server.ts";
import { lookAtElasticsearch } from "./elasticsearch.ts";
import type { Observation } from "./finding.ts";

const STREAM = "metrics-kafka.consumer_lag-prod";
const NOW = Date.UTC(2026, 0, 1);
const BLOCKS = `GET /${STREAM}/_settings`;
const TEMPLATE = `GET /_index_template/${STREAM}`;
const RIGHTS = "POST /_security/user/_has_privileges";
const CLOCK = "GET /_nodes/_local/stats/process";
const content = { index_patterns: [STREAM], priority: 500 };
const template = (version: number, hash = contentHash(content)) => ({
  body: {
    index_templates: [
      {
        name: STREAM,
        index_template: { ...content, _meta: { managed_by: "lagline", schema_version: version, hash } },
      },
    ],
  },
});
const rights = (create: boolean) => ({
  body: {
    index: { [STREAM]: { create_doc: create, auto_configure: true, read: true, view_index_metadata: true } },
  },
});

let server: JsonServer;
beforeEach(async () => {
  server = await startJsonServer({
    "GET /": { body: { version: { number: "9.2.0" } } },
    [`GET /_data_stream/${STREAM}`]: { body: { data_streams: [] } },
    "GET /_cluster/health": { body: { status: "green", number_of_nodes: 3 } },
    [BLOCKS]: { body: {} },
    [TEMPLATE]: template(SCHEMA_VERSION),
    [RIGHTS]: rights(true),
    [CLOCK]: { body: { nodes: { a: { timestamp: NOW + 800 } } } },
  });
});
afterEach(() => server.stop());

async function look(url = server.url): Promise<readonly Observation[]> {
  const http = await createElasticsearchHttp({ urls: [url], files: {}, requestTimeoutMs: 2000 });
  try {
    return await lookAtElasticsearch({
      http,
      stream: STREAM,
      urls: [url],
      now: () => NOW,
      signal: AbortSignal.timeout(5000),
    });
  } finally {
    await http.close();
  }
}
const outcomes = (found: readonly Observation[]): Record<string, string> =>
  Object.fromEntries(found.map(({ check, outcome }) => [check, outcome]));
const of = (found: readonly Observation[], check: string): string =>
  found
    .filter((each) => each.check === check)
    .map(({ evidence, fix }) => `${evidence} ${fix}`)
    .join();
const RIGHT = { reachable: "ok", health: "ok", writable: "ok", template: "ok", rights: "ok", clock: "ok" };

test("nothing is wrong with an Elasticsearch that is set up", async () => {
  expect(outcomes(await look())).toEqual(RIGHT);
});

test("an Elasticsearch that does not run breaks reachable, and the rest is not looked at", async () => {
  const found = await look("http://127.0.0.1:1");
  expect(outcomes(found)).toEqual({ reachable: "broken" });
  expect(of(found, "reachable")).toMatch(/ECONNREFUSED.*http:\/\/127\.0\.0\.1:1/);
});

test("refused credentials break reachable", async () => {
  server.set("GET /", {
    status: 401,
    body: { error: { type: "security_exception", reason: "unable to authenticate" } },
  });
  const found = await look();
  expect(outcomes(found)).toEqual({ reachable: "broken" });
  expect(of(found, "reachable")).toMatch(/401 security_exception.*credential files/);
});

test("a version that is too old breaks reachable", async () => {
  server.set("GET /", { body: { version: { number: "7.17.0" } } });
  expect(of(await look(), "reachable")).toMatch(/7\.17\.0 is too old/);
});

test("a red cluster breaks health only", async () => {
  server.set("GET /_cluster/health", { body: { status: "red", number_of_nodes: 3 } });
  expect(outcomes(await look())).toEqual({ ...RIGHT, health: "broken" });
});

test.each([
  [1, "ok"],
  [3, "warning"],
])("yellow on %i nodes is %s", async (nodes, outcome) => {
  server.set("GET /_cluster/health", { body: { status: "yellow", number_of_nodes: nodes } });
  expect(outcomes(await look())).toEqual({ ...RIGHT, health: outcome });
});

test("a full disk, which blocks the index, breaks writable only and names the block", async () => {
  server.set(BLOCKS, { body: { ".ds-1": { settings: { "index.blocks.read_only_allow_delete": "true" } } } });
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, writable: "broken" });
  expect(of(found, "writable")).toMatch(/\.ds-1: index\.blocks\.read_only_allow_delete.*disk is nearly full/);
});

test.each([
  ["missing", { status: 404, body: {} }, "broken", /lagline setup/],
  ["of an older Lagline", template(SCHEMA_VERSION - 1), "broken", /this Lagline needs/],
  ["of a newer Lagline", template(SCHEMA_VERSION + 1), "warning", /newer Lagline/],
  ["changed by hand", template(SCHEMA_VERSION, "other"), "warning", /changed by hand/],
  [
    "somebody else's",
    { body: { index_templates: [{ name: STREAM, index_template: content }] } },
    "broken",
    /not made by Lagline/,
  ],
])("a template that is %s is found", async (...[, answer, outcome, expected]) => {
  server.set(TEMPLATE, answer);
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, template: outcome });
  expect(of(found, "template")).toMatch(expected);
});

test("a key that may not write breaks rights only and names the right", async () => {
  server.set(RIGHTS, rights(false));
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, rights: "broken" });
  expect(of(found, "rights")).toMatch(/lacks create_doc/);
});

test("an Elasticsearch without security has no rights to look at", async () => {
  server.set(RIGHTS, {
    status: 400,
    body: { error: { type: "illegal_argument_exception", reason: "no handler" } },
  });
  expect(outcomes(await look())).toEqual({ ...RIGHT, rights: "skipped" });
});

test("clocks that differ are a warning with the difference", async () => {
  server.set(CLOCK, { body: { nodes: { a: { timestamp: NOW - 90_000 } } } });
  const found = await look();
  expect(outcomes(found)).toEqual({ ...RIGHT, clock: "warning" });
  expect(of(found, "clock")).toMatch(/differ by 90 s/);
});
