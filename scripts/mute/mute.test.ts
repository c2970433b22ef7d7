import { afterEach, beforeEach, expect, test } from "vitest";
import { MAXIMUM_MINUTES, muteOver, unmuteOver } from "./run.ts";
import { nativeIndex } from "../../config/documents-index.ts";
import { LONGEST_SILENCE_SECONDS } from "../../alerts/consumer-values.ts";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import type { ElasticsearchHttp, HttpRequest } from "../../collectors/elasticsearch/client.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { FakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import { withGroupsSeen } from "../../tests/support/groups-seen.ts";

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

const INDEX = nativeIndex("test");
const NOW = Date.parse("2026-11-21T10:00:00Z");
const common = { cluster: "shop", json: false, now: () => NOW, signal: new AbortController().signal };

async function mute(groups: readonly string[], minutes = 60): Promise<readonly string[]> {
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const options = { ...common, groups, minutes, reason: "replay of March", print };
  const reader = withGroupsSeen(http, { cluster: "shop", groups: ["billing-a", "billing-b", "search"] });
  await muteOver({ reader, writer: http }, INDEX, options);
  return printed;
}

test("a glob that matches nothing mutes nothing and says so", async () => {
  await expect(mute(["bilings-*"])).rejects.toThrow(
    "No group of shop with documents of the last week matches bilings-*.",
  );
  expect(fake.documents.size).toBe(0);
});

test("a mute beyond what rules look back for is refused", async () => {
  expect(MAXIMUM_MINUTES * 60).toBe(LONGEST_SILENCE_SECONDS);
  await expect(mute(["search"], MAXIMUM_MINUTES + 1)).rejects.toThrow(
    "at most 10080 (seven days), got 10081",
  );
});

test("every matching group gets an event with the time it ends and the reason", async () => {
  expect(await mute(["billing-*"])).toEqual([
    "Muted 2 groups of shop until 2026-11-21T11:00:00.000Z. `lagline unmute` takes it back.",
  ]);
  expect([...fake.documents.values()]).toMatchObject([
    {
      group: "billing-a",
      event_kind: "mute",
      event_until: "2026-11-21T11:00:00.000Z",
      cause: "replay of March",
      event_text: "billing-a: alerts muted for 60 minutes: replay of March",
    },
    { group: "billing-b" },
  ]);
});

async function unmute(answers: readonly { status: number; body: unknown }[]) {
  const requests: HttpRequest[] = [];
  const printed: string[] = [];
  const left = [...answers];
  const request = (one: HttpRequest) => {
    requests.push(one);
    return Promise.resolve({ ...(left.shift() ?? { status: 500, body: {} }), retryAfterMs: null });
  };
  const print = (line: string) => void printed.push(line);
  await unmuteOver({ reader: { request }, writer: { request } }, INDEX, {
    ...common,
    groups: ["billing-*"],
    print,
  });
  return { requests, printed };
}
const hit = (group: string) => ({ _index: ".ds-x-1", _id: `id-${group}`, _source: { group } });
const hits = (...groups: readonly string[]) => ({ status: 200, body: { hits: { hits: groups.map(hit) } } });

test("unmute removes the events of matching groups from the indices they are in", async () => {
  const { requests, printed } = await unmute([
    hits("billing-a", "search"),
    { status: 200, body: { errors: false } },
  ]);
  expect(String(requests[1]?.ndjson)).toBe('{"delete":{"_index":".ds-x-1","_id":"id-billing-a"}}\n');
  expect(printed).toEqual(["No longer muted in shop: billing-a."]);
});

test("unmute of what is not muted says so and sends no deletion", async () => {
  const { requests, printed } = await unmute([hits("search")]);
  expect(requests).toHaveLength(1);
  expect(printed).toEqual(["Nothing was muted in shop that matches billing-*."]);
});

test("an unmute without the right to delete is a failure that says what happens then", async () => {
  const refused = { status: 200, body: { errors: true, items: [{ delete: { status: 403 } }] } };
  await expect(unmute([hits("billing-a"), refused])).rejects.toMatchObject({
    code: "LAGLINE_UNMUTE_FAILED",
    hint: expect.stringContaining("ends by itself"),
  });
});
