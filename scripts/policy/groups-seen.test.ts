import { expect, test } from "vitest";
import type { Search, SearchBody } from "../search/search.ts";
import { readGroupsSeen } from "./groups-seen.ts";

const signal = new AbortController().signal;
const bucket = (group: string, topics: readonly string[]) => ({
  key: { cluster: "shop", group },
  topics: { buckets: topics.map((key) => ({ key })) },
});

test("an environment without documents has no groups", async () => {
  const search: Search = () => Promise.resolve({ hits: [], aggregations: undefined });
  expect(await readGroupsSeen(search, { fromMs: 0, signal })).toEqual([]);
});

test("all pages are read, each from where the last ended", async () => {
  const asked: SearchBody[] = [];
  const full = Array.from({ length: 1000 }, (_, index) => bucket(`group-${index}`, []));
  const search: Search = (body) => {
    asked.push(body);
    const page =
      asked.length === 1
        ? { buckets: full, after_key: { cluster: "shop", group: "group-999" } }
        : { buckets: [bucket("last", ["b", "a"])] };
    return Promise.resolve({ hits: [], aggregations: { seen: page } });
  };
  const groups = await readGroupsSeen(search, { fromMs: 0, signal });
  expect(groups).toHaveLength(1001);
  expect(groups.at(-1)).toEqual({ cluster: "shop", group: "last", topics: ["a", "b"] });
  expect(JSON.stringify(asked[1])).toContain('"after":{"cluster":"shop","group":"group-999"}');
});
