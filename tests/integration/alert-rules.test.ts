/**
 * Rules on a real Elasticsearch, through the requests of Grafana's data source: a sample of the simulator's scenarios
 * must give the same alerts and messages as in memory, where the unit tests play all of them; and committed examples of
 * `lagline alerts test` run as a user would run them (two of them are scenarios about blind monitoring).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { plainHttp, testElasticsearch } from "../support/elasticsearch.ts";
import { alertRow, scenarioDocuments, tableLine } from "../simulator/alert-table.ts";
import { SCENARIOS } from "../simulator/scenarios.ts";
import { memorySource } from "../../alerts/evaluation/memory-source.ts";
import type { HttpRequest } from "../../collectors/elasticsearch/client.ts";
import { parseConfig } from "../../config/load.ts";
import { runAlertTests } from "../../scripts/alerts/run-tests.ts";
import { withStoredDocuments } from "../../scripts/alerts/test-store.ts";
import type { Http } from "../../scripts/alerts/test-store.ts";

const SAMPLE = [
  "consumer dead and back",
  "poison message, commits go on",
  "REWIND fades while still behind",
  "rolling deploy",
];
const EXAMPLES = join(import.meta.dirname, "..", "..", "alerts", "examples");

const plain = plainHttp(testElasticsearch());
const http: Http = {
  request: async ({ method, path, query, json, ndjson }: HttpRequest) => {
    const { status, data } = await plain.request<unknown>({
      method,
      url: path,
      ...(query === undefined ? {} : { params: query }),
      ...(ndjson === undefined ? {} : { headers: { "content-type": "application/x-ndjson" } }),
      data: ndjson ?? json,
      validateStatus: () => true,
    });
    return { status, body: data, retryAfterMs: null };
  },
};

test.each(SAMPLE)("%s: Elasticsearch and memory raise the same alerts", async (name) => {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario ${name}.`);
  const documents = scenarioDocuments(scenario);
  const inMemory = await alertRow(scenario, memorySource(documents));
  const stored = await withStoredDocuments(http, documents, (source) => alertRow(scenario, source));
  expect(tableLine(stored)).toBe(tableLine(inMemory));
  expect(stored).toEqual(inMemory);
});

test("the examples about policies and about the monitoring pass", async () => {
  const config = parseConfig(readFileSync(join(EXAMPLES, "lagline.yaml"), "utf8"), "lagline.yaml");
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const files = ["policies.yaml", "lag-growing.yaml", "monitoring.yaml"].map((file) => join(EXAMPLES, file));
  const passed = await runAlertTests(config, { files, http, json: false, verbose: false, print });
  expect(lines.filter((line) => !line.startsWith("ok"))).toEqual([
    expect.stringMatching(/ passed, 0 failed\.$/),
  ]);
  expect(passed).toBe(true);
});

test("no index is left behind", async () => {
  const { data } = await plain.get<string>(
    "/_cat/indices/lagline-alerts-test-*?h=index&expand_wildcards=all",
  );
  expect(data).toBe("");
});
