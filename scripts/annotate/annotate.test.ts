import { afterEach, beforeEach, expect, test } from "vitest";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { FakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import { withGroupsSeen } from "../../tests/support/groups-seen.ts";
import { nativeIndex } from "../../config/documents-index.ts";
import { annotateOver } from "./run.ts";
import type { AnnotateOptions } from "./run.ts";

let fake: FakeElasticsearch;
let http: ElasticsearchHttp;
beforeEach(async () => {
  fake = await startFakeElasticsearch({ keep: "documents" });
  http = await createElasticsearchHttp({ urls: [fake.url], files: {} });
});
afterEach(async () => {
  await http.close();
  await fake.stop();
});

const GROUPS = ["billing-a", "billing-b", "search"];

async function annotate(change: Partial<AnnotateOptions> = {}, groups = GROUPS): Promise<readonly string[]> {
  const printed: string[] = [];
  await annotateOver(
    { reader: withGroupsSeen(http, { cluster: "shop", groups: groups }), writer: http },
    nativeIndex("test"),
    {
      cluster: "shop",
      groups: ["billing-*"],
      kind: "rolling",
      minutes: 15,
      reason: "release 4.2",
      json: false,
      now: () => Date.parse("2026-11-21T10:00:00Z"),
      signal: new AbortController().signal,
      print: (line) => printed.push(line),
      ...change,
    },
  );
  return printed;
}

test("a glob that matches nothing stores nothing and says so", async () => {
  await expect(annotate({ groups: ["bilings-*"] })).rejects.toThrow(
    "No group of shop with documents of the last day matches bilings-*.",
  );
  await expect(annotate({ cluster: "other" })).rejects.toThrow("No group of other");
  expect(fake.documents.size).toBe(0);
});

test("a refused document is a failure with Elasticsearch's reason", async () => {
  fake.script({
    kind: "items",
    answer: (_, index) =>
      index === 1 ? { status: 403, error: { type: "security_exception", reason: "not allowed" } } : undefined,
  });
  await expect(annotate()).rejects.toThrow("1 of 2 were refused, security_exception: not allowed");
});

test("an Elasticsearch that is busy is no success", async () => {
  fake.script({ kind: "status", status: 429 });
  await expect(annotate()).rejects.toMatchObject({ code: "LAGLINE_ANNOTATE_FAILED", retryable: true });
});

test("more groups than anyone deploys at once are refused", async () => {
  const many = Array.from({ length: 1001 }, (_, index) => `billing-${index}`);
  await expect(annotate({}, many)).rejects.toThrow("at most 1000");
});

test("every matching group gets an event of its own with the time it ends", async () => {
  expect(await annotate()).toEqual(["Marked 2 groups of shop until 2026-11-21T10:15:00.000Z."]);
  const stored = [...fake.documents.values()];
  expect(stored.map(({ group }) => group)).toEqual(["billing-a", "billing-b"]);
  expect(stored[0]).toEqual({
    "@timestamp": "2026-11-21T10:00:00.000Z",
    record: "event",
    cluster: "shop",
    group: "billing-a",
    event_kind: "deployment",
    event_to: "rolling",
    event_until: "2026-11-21T10:15:00.000Z",
    cause: "release 4.2",
    event_text: "billing-a: rolling deployment for 15 minutes: release 4.2",
  });
});

test("the same event sent again is no failure", async () => {
  await annotate();
  expect(await annotate()).toHaveLength(1);
  expect(fake.documents.size).toBe(2);
});
