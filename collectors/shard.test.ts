import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { LagDocument } from "../model/documents.ts";
import { addParts, createShardRole, type ShardOptions } from "./shard.ts";
import { PARTS_PATH } from "./shard-paths.ts";

const TICK_MS = Date.parse("2026-01-01T00:00:30Z");
const TICK = new Date(TICK_MS).toISOString();
const signal = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const clusterRecord = (fields: Partial<LagDocument> = {}): LagDocument => ({
  "@timestamp": TICK,
  record: "cluster",
  cluster: "orders",
  group_count: 2,
  topic_count: 7,
  partition_count: 20,
  total_lag: 100,
  groups_ok: 2,
  groups_unknown: 0,
  groups_warning: 0,
  groups_critical: 0,
  groups_failing: 0,
  groups_unreadable: 0,
  incomplete_groups: 0,
  burrow_ready: 1,
  suspect: 0,
  data_age_seconds: 5,
  ...fields,
});
const GROUP: LagDocument = { "@timestamp": TICK, record: "group", cluster: "orders", group: "billing" };

async function serve(answer: () => { status?: number; body: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, body } = request.url === PARTS_PATH ? answer() : { status: 404, body: "" };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => server.close());
  // A server that listens on a port has an address object.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const role = (shard: ShardOptions["shard"], peers: readonly string[] = [], missing: string[] = []) =>
  createShardRole({
    shard,
    cluster: "orders",
    peers,
    intervalMs: 2000,
    onMissing: (sentence) => void missing.push(sentence),
  });

async function closeFirst(peers: readonly string[], of = 2) {
  const missing: string[] = [];
  const documents = await role({ index: 1, of }, peers, missing).close(
    TICK_MS,
    [GROUP, clusterRecord()],
    signal,
  );
  return { last: documents.at(-1) as LagDocument, count: documents.length, missing: missing.join("\n") };
}

test("a peer that cannot be reached leaves no sums, and is said with its number", async () => {
  const gone = await serve(() => ({ body: "" }));
  closers.pop()?.();
  const { last, count, missing } = await closeFirst([gone]);
  expect(count).toBe(2);
  expect(last).toMatchObject({
    suspect: 1,
    topic_count: 7,
    suspect_reason: expect.stringContaining("Shard 2 of 2"),
  });
  expect(last).not.toHaveProperty("total_lag");
  expect(last).not.toHaveProperty("groups_ok");
  expect(missing).toMatch(/Shard 2 of 2 .*ECONNREFUSED/);
});

test.each([
  ["an error", { status: 500, body: "" }, /answered 500/],
  ["no JSON", { body: "hello" }, /Shard 2 of 2/],
  ["another program's JSON", { body: "{}" }, /no shard of this version/],
  ["another cluster", { body: JSON.stringify({ cluster: "x", index: 2, of: 2, parts: [] }) }, /cluster x/],
  [
    "another number of shards",
    { body: JSON.stringify({ cluster: "orders", index: 2, of: 3, parts: [] }) },
    /2 of 3/,
  ],
  [
    "the number of the first",
    { body: JSON.stringify({ cluster: "orders", index: 1, of: 2, parts: [clusterRecord()] }) },
    /two collectors say that they are shard 1/,
  ],
  [
    "an old tick only",
    {
      body: JSON.stringify({
        cluster: "orders",
        index: 2,
        of: 2,
        parts: [clusterRecord({ "@timestamp": "2025-01-01T00:00:00.000Z" })],
      }),
    },
    /not finished this tick in time/,
  ],
])("a peer that answers with %s is missing", async (_name, answer, expected) => {
  const { last, missing } = await closeFirst([await serve(() => answer)]);
  expect(last.suspect).toBe(1);
  expect(missing).toMatch(expected);
});

test("the others keep the cluster's record for the first, which adds it to its own once it is there", async () => {
  const second = role({ index: 2, of: 2 });
  const url = await serve(() => ({ body: second.parts() }));
  const closing = closeFirst([url]);
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  expect(
    await second.close(
      TICK_MS,
      [GROUP, clusterRecord({ total_lag: 1, groups_ok: 1, groups_critical: 1 })],
      signal,
    ),
  ).toEqual([GROUP]);
  const { last, missing } = await closing;
  expect(missing).toBe("");
  expect(last).toEqual(
    clusterRecord({ group_count: 4, partition_count: 40, total_lag: 101, groups_ok: 3, groups_critical: 1 }),
  );
});

test("one that doubts makes the whole doubtful; the newest commit is that of all", () => {
  const doubtful = clusterRecord({
    suspect: 1,
    suspect_reason: "Lists shrank.",
    burrow_ready: 0,
    data_age_seconds: 2,
  });
  expect(addParts(clusterRecord(), [doubtful])).toMatchObject({
    suspect: 1,
    suspect_reason: "Lists shrank.",
    burrow_ready: 0,
    data_age_seconds: 2,
    topic_count: 7,
  });
});

test("a tick without a record of the cluster, as in shape telegraf, is written as it is", async () => {
  expect(await role({ index: 1, of: 2 }, ["http://127.0.0.1:1"]).close(TICK_MS, [GROUP], signal)).toEqual([
    GROUP,
  ]);
});

test("only the first writes topics", () => {
  expect(role({ index: 1, of: 3 }).writesTopics).toBe(true);
  expect(role({ index: 3, of: 3 }).writesTopics).toBe(false);
});
