import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DeadLetterStore } from "../../collectors/spool/dead-letters.ts";
import { openDisk } from "../../collectors/spool/disk.ts";
import { parseConfig } from "../../config/load.ts";
import type { FakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import { dropChosen, listLetters, retryChosen, showLetters } from "./run.ts";
import { collectorLetters } from "./stores.ts";

let directory: string;
let elasticsearch: FakeElasticsearch;
let lines: string[];

const document = (number: number): string =>
  JSON.stringify({ "@timestamp": "2026-01-01T00:00:00.000Z", record: "cluster", cluster: `c${number}` });
const letter = (number: number, errorType = "mapper_parsing_exception") => ({
  document: document(number),
  errorType,
  reason: `failed to parse field [lag] of document ${number}`,
  status: 400,
  firstSeenMs: number * 1000,
  attempts: 1,
});

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-dead-letter-"));
  elasticsearch = await startFakeElasticsearch({ keep: "documents" });
  lines = [];
  const disk = await openDisk(join(directory, "shop", "dead-letter"));
  const store = await DeadLetterStore.open({ disk, maxBytes: 1e6, version: "1", now: () => 0 });
  await store.append([letter(1), letter(2), letter(3, "too_large")]);
});
afterEach(async () => {
  await elasticsearch.stop();
  rmSync(directory, { recursive: true, force: true });
});

const config = () =>
  parseConfig(
    [
      "environment: test",
      'clusters: { shop: { burrow: { external: { servers: ["http://127.0.0.1:1"] } } } }',
      `elasticsearch: { external: { url: "${elasticsearch.url}" } }`,
      `collector: { spool_directory: "${directory}" }`,
    ].join("\n"),
    "lagline.yaml",
  );
const options = () => ({
  store: collectorLetters(config(), "shop"),
  print: (line: string) => void lines.push(line),
  signal: AbortSignal.timeout(10_000),
});
const choice = (over: object) => ({ ids: [], all: false, type: undefined, ...over });
const listed = async (): Promise<number> => {
  const found: string[] = [];
  await listLetters({ ...options(), json: true, print: (line) => void found.push(line) });
  return found.length;
};

test("letters are listed by reason, the most frequent first", async () => {
  await listLetters({ ...options(), json: false });
  expect(lines[0]).toBe("3 dead letters of shop, by reason:");
  expect(lines[1]).toMatch(/^ {2}2 × mapper_parsing_exception \(HTTP 400\), 1970.*such as 0000000001:1$/);
  expect(lines[3]).toMatch(/^ {2}1 × too_large/);
});

test("a letter is shown whole", async () => {
  await showLetters({ ...options(), ids: ["0000000001:2"] });
  expect(lines[1]).toBe(document(2));
});

test("an id that is not there is named, and nothing is done", async () => {
  await expect(
    dropChosen({ ...options(), choice: choice({ ids: ["0000000001:1", "0000000009:9"] }) }),
  ).rejects.toThrow(/no dead letter 0000000009:9/);
  expect(await listed()).toBe(3);
});

test.each([
  ["nothing", {}],
  ["ids and all", { ids: ["0000000001:1"], all: true }],
  ["type and all", { type: "too_large", all: true }],
])("%s is no choice", async (_name, given) => {
  await expect(retryChosen({ ...options(), choice: choice(given) })).rejects.toThrow(
    /Say which dead letters/,
  );
});

test("what Elasticsearch takes now is stored once and closed", async () => {
  expect(await retryChosen({ ...options(), choice: choice({ all: true }) })).toBe(true);
  expect(lines).toEqual(["3 of 3 dead letters of shop are in Elasticsearch now."]);
  expect(elasticsearch.counts).toMatchObject({ stored: 3, duplicate: 0 });
  expect(await listed()).toBe(0);
});

test("what is refused again stays, with the reason of now", async () => {
  elasticsearch.script({
    kind: "items",
    answer: (_document, index) =>
      index === 1
        ? { status: 400, error: { type: "document_parsing_exception", reason: "still wrong" } }
        : undefined,
  });
  expect(await retryChosen({ ...options(), choice: choice({ type: "mapper_parsing_exception" }) })).toBe(
    false,
  );
  expect(lines).toEqual([
    "1 of 2 dead letters of shop are in Elasticsearch now.",
    "  1 refused again: document_parsing_exception: still wrong",
  ]);
  expect(await listed()).toBe(2);
});

test("while Elasticsearch is away every letter stays", async () => {
  await elasticsearch.stop();
  expect(await retryChosen({ ...options(), choice: choice({ all: true }) })).toBe(false);
  expect(lines[1]).toMatch(/3 not sent: .*ECONNREFUSED/);
  expect(await listed()).toBe(3);
});

test("dropped letters are gone and were not sent", async () => {
  await dropChosen({ ...options(), choice: choice({ type: "too_large" }) });
  expect(await listed()).toBe(2);
  expect(elasticsearch.counts.stored).toBe(0);
});

test("each collector of a shared cluster keeps letters of its own, and there is none beyond the last", () => {
  const clusters = Object.entries(config().clusters).map(
    ([name, entry]) => [name, { ...entry, shards: 3 }] as const,
  );
  const shared = { ...config(), clusters: Object.fromEntries(clusters) };
  expect(collectorLetters(shared, "shop").container).toBe("collector-shop");
  expect(collectorLetters(shared, "shop", 3).container).toBe("collector3-shop");
  expect(() => collectorLetters(shared, "shop", 4)).toThrow(/from 1 to 3/);
});
