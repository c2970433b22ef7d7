import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { LaglineError } from "../../model/errors.ts";
import type { Search, SearchBody } from "../search/search.ts";
import { frame, showTopOver } from "./show.ts";
import type { TopOverOptions } from "./show.ts";

const NOW = Date.parse("2026-11-21T10:00:05Z");
type Document = {
  readonly "@timestamp": string;
  readonly cluster: string;
  readonly group: string;
  readonly verdict: string;
};
const document = (group: string, at: string, change: object = {}): Document => ({
  "@timestamp": `2026-11-21T${at}.000Z`,
  cluster: "shop",
  group,
  verdict: "ok",
  ...change,
});

/** Answers like Elasticsearch over a list of documents, page by page; keeps what it was asked. */
function searchOverDocuments(
  documents: readonly Document[],
  page = Infinity,
  events: readonly object[] = [],
) {
  const asked: SearchBody[] = [];
  const search: Search = (body) => {
    if (JSON.stringify(body).includes("event_kind")) {
      const hits = events.map((source) => ({ source, sort: [] }));
      return Promise.resolve({ hits, aggregations: undefined });
    }
    asked.push(body);
    if (body["aggs"] !== undefined) return Promise.resolve({ hits: [], aggregations: ticksOf(documents) });
    const cluster = /"cluster":"([^"]*)"/.exec(JSON.stringify(body["query"]))?.[1];
    const sorted = documents
      .filter((each) => each.cluster === cluster)
      .map((source) => ({ source, sort: [Date.parse(source["@timestamp"]), source.group] as const }))
      .toSorted((a, b) => b.sort[0] - a.sort[0] || (a.sort[1] < b.sort[1] ? -1 : 1));
    const after = JSON.stringify(body["search_after"]);
    const start = sorted.findIndex(({ sort }) => JSON.stringify(sort) === after) + 1;
    return Promise.resolve({
      hits: sorted.slice(start, start + Math.min(page, Number(body["size"]))),
      aggregations: undefined,
    });
  };
  return { search, asked };
}

function ticksOf(documents: readonly Document[]) {
  const newest = new Map<string, number>();
  for (const { cluster, "@timestamp": at } of documents) {
    newest.set(cluster, Math.max(newest.get(cluster) ?? 0, Date.parse(at)));
  }
  return { clusters: { buckets: [...newest].map(([key, value]) => ({ key, newest: { value } })) } };
}

async function run(search: Search, change: Partial<TopOverOptions> = {}): Promise<readonly string[]> {
  const printed: string[] = [];
  await showTopOver(search, {
    once: true,
    intervalSeconds: 10,
    now: () => NOW,
    signal: new AbortController().signal,
    print: (line) => printed.push(line),
    ...change,
  });
  return printed;
}

test("a failure without a terminal is the caller's", async () => {
  const failing: Search = () =>
    Promise.reject(new LaglineError({ code: "LAGLINE_SEARCH_FAILED", message: "No." }));
  await expect(run(failing)).rejects.toThrow("No.");
});

test("an environment without documents says so", async () => {
  expect(await run(searchOverDocuments([]).search)).toEqual(["No groups yet."]);
});

test("the newest document of each group counts, also of one that missed the newest tick", async () => {
  const { search } = searchOverDocuments([
    document("a", "09:59:50", { total_lag: 1 }),
    document("a", "10:00:00", { total_lag: 2 }),
    document("b", "09:59:50", { total_lag: 3 }),
  ]);
  const [headline, , , ...rows] = await run(search);
  expect(headline).toBe("2 groups: 2 ok. Data of 2026-11-21T10:00:00.000Z, 5 s old.");
  expect(rows.map((line) => line.replaceAll(/\s+/g, " "))).toEqual([
    "b ok - - 3 - - - - - -",
    "a ok - - 2 - - - - - -",
  ]);
});

test("a cluster whose data is old is warned about, and so are documents of another version", async () => {
  const { search } = searchOverDocuments([
    document("a", "10:00:00"),
    document("old", "09:40:00", { cluster: "bank" }),
    document("strange", "10:00:00", { total_lag: "many" }),
  ]);
  const lines = await run(search);
  expect(lines[0]).toBe("2 groups in 2 clusters: 2 ok. Data of 2026-11-21T10:00:00.000Z, 5 s old.");
  expect(lines[1]).toBe(
    "Warning: cluster bank has had no data for 20m05s; what is shown of it is old. Is its collector running?",
  );
  expect(lines[2]).toContain("1 document could not be understood");
});

test("a verdict of a newer version is unknown, not lost", async () => {
  const { search } = searchOverDocuments([document("a", "10:00:00", { verdict: "on_fire" })]);
  expect((await run(search))[0]).toContain("1 group: 1 unknown.");
});

test("globs choose clusters and groups", async () => {
  const { search } = searchOverDocuments([
    document("orders-a", "10:00:00"),
    document("orders-b", "10:00:00"),
    document("billing", "10:00:00"),
    document("orders-c", "10:00:00", { cluster: "bank" }),
  ]);
  const json = await run(search, { json: true, groups: ["orders-*"], clusters: ["sh?p"] });
  expect(JSON.parse(json.join(""))).toMatchObject({
    at: "2026-11-21T10:00:05.000Z",
    ticks: { shop: "2026-11-21T10:00:00.000Z" },
    groups: [{ group: "orders-a" }, { group: "orders-b" }],
  });
});

test("many groups are read page by page, and reading ends when a page holds no new group", async () => {
  const documents = ["10:00:00", "09:59:50", "09:59:40"].flatMap((at) =>
    Array.from({ length: 1500 }, (_, index) => document(`g${String(index).padStart(4, "0")}`, at)),
  );
  const { search, asked } = searchOverDocuments(documents);
  expect((await run(search))[0]).toContain("1500 groups: 1500 ok.");
  // One for the ticks; then 1000 new, 500 new, none new.
  expect(asked).toHaveLength(4);
});

test("on a terminal a failure that may pass keeps the table, with the reason above it", async () => {
  const stop = new AbortController();
  const { search } = searchOverDocuments([document("a", "10:00:00")]);
  const written: string[] = [];
  let searches = 0;
  const flaky: Search = (body, signal) => {
    searches += 1;
    // Clusters, groups and mutes of the first picture.
    if (searches <= 3) return search(body, signal);
    return Promise.reject(
      new LaglineError({ code: "LAGLINE_SEARCH_FAILED", message: "Away.", retryable: true }),
    );
  };
  const terminal = {
    columns: () => 100,
    rows: () => 30,
    write: (text: string) => {
      written.push(text);
      if (written.length === 3) stop.abort();
    },
  };
  expect(await run(flaky, { once: false, terminal, refreshSeconds: 0.01, signal: stop.signal })).toEqual([]);
  expect(written[1]).toContain("1 group: 1 ok.");
  expect(written[2]).toMatch(/Away\.[^]*1 group: 1 ok\./);
  expect(written.at(-1)).toBe("\u001B[?25h");
});

test("a muted group says so before its cause, until when and why", async () => {
  const mute = { cluster: "shop", group: "b", event_until: "2026-11-21T11:30:00.000Z", cause: "replay" };
  const documents = [document("a", "10:00:00"), document("b", "10:00:00", { cause: "No commit for 5 min." })];
  const { search } = searchOverDocuments(documents, Infinity, [mute, { cluster: "shop" }]);
  const printed = (await run(search)).join("\n");
  expect(printed).toContain("Muted until 2026-11-21 11:30 UTC (replay). No commit for 5 min.");
  expect(printed.match(/Muted/g)).toHaveLength(1);
});

test("a frame fits the height and tells how much is left out", () => {
  const lines = frame(["one", "two", "three", "four"], 4).split("\n");
  expect(lines.map(stripVTControlCharacters)).toEqual(["one", "two", "… 2 more", ""]);
});
