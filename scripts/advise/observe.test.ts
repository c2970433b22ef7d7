import { expect, test } from "vitest";
import type { Search } from "../search/search.ts";
import { observeGroup } from "./observe.ts";

const options = { cluster: "shop", group: "billing", fromMs: 0, signal: new AbortController().signal };
const percentiles = (median: number | null, p95: number | null) => ({
  values: { "50.0": median, "95.0": p95 },
});
const bucket = (change: object) => ({
  key: { topic: "orders", partition: "7" },
  produce: percentiles(10, 12),
  produce_max: { value: 13 },
  consume: percentiles(null, null),
  consume_max: { value: null },
  busy: { doc_count: 9, consume: percentiles(4, 5) },
  newest: { hits: { hits: [{ _source: { partition_owner: "10.0.0.1", client_id: "a" } }] } },
  ...change,
});
const answering =
  (buckets: readonly object[]): Search =>
  (body) =>
    Promise.resolve({
      hits: [],
      aggregations: JSON.stringify(body).includes("composite")
        ? { partitions: { buckets } }
        : { produce: percentiles(1, 2), produce_max: { value: 3 } },
    });

test("an environment without documents gives nothing, not zeros", async () => {
  const nothing: Search = () => Promise.resolve({ hits: [], aggregations: undefined });
  expect(await observeGroup(nothing, options)).toEqual({
    cluster: "shop",
    group: "billing",
    produce: null,
    partitions: [],
  });
});

test("rates that were never stored stay unknown, and a few busy ticks are no capacity", async () => {
  const few = { doc_count: 4, consume: percentiles(4, 5) };
  const unowned = { hits: { hits: [{ _source: {} }] } };
  const observed = await observeGroup(
    answering([bucket({}), bucket({ busy: few, newest: unowned })]),
    options,
  );
  expect(observed.produce).toEqual({ median: 1, p95: 2, max: 3 });
  expect(observed.partitions).toEqual([
    {
      topic: "orders",
      partition: 7,
      consumer: '["10.0.0.1","a"]',
      produce: { median: 10, p95: 12, max: 13 },
      consume: null,
      busyConsume: 4,
    },
    expect.objectContaining({ consumer: null, busyConsume: null }),
  ]);
});
