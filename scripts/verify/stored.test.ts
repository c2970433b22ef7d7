import { expect, test } from "vitest";
import type { Search, SearchBody } from "../search/search.ts";
import { readStoredPartitions } from "./stored.ts";

const document = (at: string, change: object = {}) => ({
  "@timestamp": `2026-11-21T${at}.000Z`,
  group: "orders",
  topic: "orders",
  partition: "0",
  committed_offset: 10,
  log_end_offset: 15,
  lag: 5,
  ...change,
});

/** Pages as given, after the question for the newest tick. */
function searchOf(newest: object | undefined, pages: readonly (readonly object[])[]) {
  const asked: SearchBody[] = [];
  const search: Search = (body) => {
    asked.push(body);
    const found =
      asked.length === 1 ? (newest === undefined ? [] : [newest]) : (pages[asked.length - 2] ?? []);
    const hits = found.map((source, index) => ({ source, sort: [asked.length, index] }));
    return Promise.resolve({ hits, aggregations: undefined });
  };
  return { search, asked };
}
const options = {
  cluster: "shop",
  group: () => true,
  spanSeconds: 30,
  signal: new AbortController().signal,
};

test("a cluster without documents has no tick", async () => {
  const { search, asked } = searchOf(undefined, []);
  expect(await readStoredPartitions(search, options)).toEqual({
    partitions: [],
    tickMs: null,
    unreadable: 0,
  });
  expect(asked).toHaveLength(1);
});

test("the newest document of each partition counts, and odd ones are counted", async () => {
  const tick = document("10:00:10");
  const { search } = searchOf(tick, [
    [
      tick,
      document("10:00:10", { partition: "11", committed_offset: undefined, lag: undefined }),
      document("10:00:10", { partition: "x" }),
      document("10:00:00", { committed_offset: 3 }),
      document("10:00:00", { group: "late" }),
    ],
  ]);
  const { partitions, tickMs, unreadable } = await readStoredPartitions(search, options);
  expect(tickMs).toBe(Date.parse("2026-11-21T10:00:10Z"));
  expect(unreadable).toBe(1);
  expect(partitions).toMatchObject([
    { group: "orders", partition: 0, committedOffset: 10, lag: 5, produceRate: null },
    { group: "orders", partition: 11, committedOffset: null, lag: null },
    { group: "late", partition: 0 },
  ]);
});

test("a full page leads to the next one, from where it ended", async () => {
  const many = (group: string) =>
    Array.from({ length: 5000 }, (_, index) => document("10:00:10", { group, partition: String(index) }));
  const { search, asked } = searchOf(document("10:00:10"), [
    many("a"),
    [document("10:00:10", { group: "b" })],
  ]);
  expect((await readStoredPartitions(search, options)).partitions).toHaveLength(5001);
  expect(asked.map((body) => body["search_after"])).toEqual([undefined, undefined, [2, 4999]]);
});

test("groups that are filtered out are not read as missing", async () => {
  const { search } = searchOf(document("10:00:10"), [
    [document("10:00:10"), document("10:00:10", { group: "x" })],
  ]);
  const { partitions } = await readStoredPartitions(search, { ...options, group: (group) => group === "x" });
  expect(partitions.map(({ group }) => group)).toEqual(["x"]);
});
