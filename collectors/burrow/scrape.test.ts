import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakeBurrow, type FakePartition, startFakeBurrow } from "../../tests/fakes/fake-burrow.ts";
import { recordedBodies } from "../../tests/fakes/recorded.ts";
import { makeScraper, runScrape } from "../../tests/fakes/scraping.ts";
import type { BurrowScraper } from "./scrape.ts";

let burrow: FakeBurrow;
let scraper: BurrowScraper;

const partition = (topic: string, number: number): FakePartition => ({
  topic,
  partition: number,
  owner: "/10.0.0.1",
  client_id: "c",
  start: { offset: 1, timestamp: 1_795_250_903_597, observedAt: 1_795_250_907_000, lag: 0 },
  end: { offset: 5, timestamp: 1_795_250_913_597, observedAt: 1_795_250_914_000, lag: 2 },
  current_lag: 2,
});

beforeEach(async () => {
  burrow = await startFakeBurrow();
  burrow.setCluster("local", {
    topics: new Map([["orders", [10, 20]]]),
    groups: new Map([
      ["billing", [partition("orders", 0), partition("orders", 1)]],
      ["mailer", [partition("orders", 0)]],
    ]),
    offsetRefreshSeconds: 5,
  });
  scraper = makeScraper({ urls: [burrow.url], timeoutMs: 300 });
});

afterEach(async () => {
  scraper.close();
  await burrow.close();
});

describe("faults of one group", () => {
  test.each([
    ["a status 500", { kind: "status", status: 500 }, "http_status"],
    ["a status 429", { kind: "status", status: 429 }, "http_status"],
    ["a redirect", { kind: "status", status: 301, headers: { Location: "http://127.0.0.1:1/" } }, "redirect"],
    ["refused credentials", { kind: "status", status: 401 }, "unauthorized"],
    ["no answer", { kind: "hang" }, "timeout"],
    ["a slow drip", { kind: "drip", everyMs: 20 }, "timeout"],
    ["a body cut short", { kind: "truncated" }, "connect"],
    ["a web page", { kind: "html" }, "not_json"],
    ["gzip garbage", { kind: "garbage" }, "not_json"],
    ["a reset connection", { kind: "reset" }, "connect"],
    ["too many bytes", { kind: "huge", bytes: 8 << 20 }, "body_too_large"],
    ["null", { kind: "body", body: "null" }, "schema"],
    ["an error with status 200", { kind: "body", body: '{"error":true,"message":"no"}' }, "http_status"],
    ["a byte order mark", { kind: "body", body: "\uFEFF{}" }, "not_json"],
    [
      "not found",
      { kind: "status", status: 404, body: '{"error":false,"message":"x","request":{}}' },
      "not_found",
    ],
    ["a foreign 404", { kind: "status", status: 404, body: "<html>" }, "http_status"],
  ] as const)("%s costs that group only", async (_name, fault, kind) => {
    burrow.addFault("/v3/kafka/local/consumer/billing/lag", fault);
    const { groups, unreadable, events } = await runScrape(scraper);
    expect(groups).toEqual(["mailer"]);
    expect([...unreadable]).toEqual([["billing", kind]]);
    const problem = events.find((event) => event.type === "unreadable");
    expect(problem).toMatchObject({
      problem: { scope: "group", name: "billing", detail: expect.stringContaining(burrow.url) },
    });
    expect(JSON.stringify(problem)).toMatch(/Cluster \\"local\\", group \\"billing\\"/);
  });

  test("a redirect is not followed", async () => {
    const other = await startFakeBurrow();
    burrow.addFault(/billing/, { kind: "status", status: 302, headers: { Location: `${other.url}/x` } });
    await runScrape(scraper);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test("what Burrow said stands in the problem", async () => {
    burrow.addFault(/billing/, {
      kind: "status",
      status: 500,
      body: '{"error":true,"message":"storage is stuck"}',
    });
    const { events } = await runScrape(scraper);
    expect(JSON.stringify(events)).toContain("storage is stuck");
  });

  test("a connection that the server closed while it was idle is opened again once", async () => {
    await runScrape(scraper);
    burrow.addFault(/billing/, { kind: "reset" }, 1);
    const { groups, unreadable } = await runScrape(scraper);
    expect(groups).toEqual(["billing", "mailer"]);
    expect(unreadable.size).toBe(0);
  });
});

describe("faults of the server", () => {
  test("a Burrow that refuses connections gives an unreachable begin and one problem", async () => {
    const { url } = burrow;
    await burrow.close();
    const { begin, events } = await runScrape(scraper);
    expect(begin).toMatchObject({
      reachable: false,
      listComplete: false,
      burrow: { server: url, ready: false },
    });
    expect(events.map(({ type }) => type)).toEqual(["problem", "begin"]);
  });

  test("a Burrow that is starting is not asked for lists", async () => {
    burrow.setReady(false);
    const { begin, events } = await runScrape(scraper);
    expect(begin).toMatchObject({ reachable: true, burrow: { ready: false } });
    expect(JSON.stringify(events)).toContain("still starting");
    expect(burrow.requests).toEqual(["/burrow/admin/ready"]);
  });

  test("a cluster that Burrow does not know is named beside those it knows", async () => {
    const wrong = makeScraper({ urls: [burrow.url], cluster: "Local" });
    const { begin, events, groups } = await runScrape(wrong);
    expect(begin.listComplete).toBe(false);
    expect(groups).toEqual([]);
    expect(JSON.stringify(events)).toMatch(/does not know the cluster .*Local.*it knows: .*local/);
    wrong.close();
  });

  test("a server that stops answering in the middle does not cost one timeout per group", async () => {
    const many = new Map(Array.from({ length: 200 }, (_, n) => [`g${n}`, [partition("orders", 0)]] as const));
    burrow.setCluster("local", { groups: many });
    burrow.addFault(/\/lag$/, { kind: "hang" });
    const started = performance.now();
    const { unreadable } = await runScrape(scraper);
    expect(unreadable.size).toBe(200);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(burrow.requests.filter((path) => path.endsWith("/lag")).length).toBeLessThan(40);
  });

  test("a list that cannot be read is not complete, so that no group counts as vanished", async () => {
    burrow.addFault("/v3/kafka/local/consumer", { kind: "status", status: 500 });
    const { begin, topics, problems } = await runScrape(scraper);
    expect(begin).toMatchObject({ listedGroups: [], listComplete: false, reachable: true });
    expect(topics).toEqual(["orders"]);
    expect(problems).toEqual(["http_status"]);
  });

  test("an aborted scrape ends soon and reports what it did not read", async () => {
    burrow.addFault(/\/lag$/, { kind: "hang" });
    const patient = makeScraper({ urls: [burrow.url], timeoutMs: 60_000 });
    const controller = new AbortController();
    const scraping = runScrape(patient, controller.signal);
    await vi.waitFor(
      () => {
        expect(burrow.requests.filter((path) => path.endsWith("/lag"))).toHaveLength(2);
      },
      { timeout: 20_000, interval: 10 },
    );
    controller.abort();
    const started = performance.now();
    const { unreadable } = await scraping;
    expect(performance.now() - started).toBeLessThan(250);
    expect([...unreadable.values()]).toEqual(["timeout", "timeout"]);
    patient.close();
  });
});

test("a group that joins is not asked for in its first listing, because Burrow would forget its owners", async () => {
  await runScrape(scraper);
  const one = [partition("orders", 0)];
  burrow.setCluster("local", {
    groups: new Map([
      ["billing", one],
      ["joined", one],
    ]),
  });
  const first = await runScrape(scraper);
  expect(first).toMatchObject({ groups: ["billing"], begin: { listedGroups: ["billing"] } });
  expect(burrow.requests.filter((path) => path.includes("joined"))).toEqual([]);
  expect((await runScrape(scraper)).groups).toEqual(["billing", "joined"]);
});

describe("several servers", () => {
  test("the second is read when the first is down, and kept when the first comes back", async () => {
    const second = await startFakeBurrow();
    second.setCluster("local", { groups: new Map([["from-second", [partition("orders", 0)]]]) });
    second.setHost("second");
    burrow.setReady(false);
    const both = makeScraper({ urls: [burrow.url, second.url] });
    expect(await runScrape(both)).toMatchObject({
      groups: ["from-second"],
      begin: { burrow: { host: "second" } },
    });
    burrow.setReady(true);
    expect((await runScrape(both)).groups).toEqual(["from-second"]);
    second.setReady(false);
    // Its groups are new names here, so they are asked for in their second listing.
    expect(await runScrape(both)).toMatchObject({ groups: [], begin: { burrow: { host: "burrow" } } });
    expect((await runScrape(both)).groups).toEqual(["billing", "mailer"]);
    both.close();
    await second.close();
  });
});

describe("a Burrow that looks well and gives nothing", () => {
  const lists = "/v3/kafka/local/consumer";
  let second: FakeBurrow;
  let both: BurrowScraper;
  beforeEach(async () => {
    second = await startFakeBurrow();
    second.setCluster("local", { groups: new Map([["from-second", [partition("orders", 0)]]]) });
    second.setHost("second");
    both = makeScraper({ urls: [burrow.url, second.url], timeoutMs: 100 });
  });
  afterEach(async () => {
    both.close();
    await second.close();
  });

  test.each([
    ["its list of groups is a 500", { kind: "status", status: 500 }, "http_status"],
    [
      "its list of groups says error with 200",
      { kind: "body", body: '{"error":true,"message":"x"}' },
      "http_status",
    ],
    [
      "its list of groups is something else",
      { kind: "body", body: '{"error":false,"consumers":7}' },
      "schema",
    ],
    ["its list of groups never comes", { kind: "hang" }, "timeout"],
  ] as const)(
    "%s: the tick says that it has no data, and the next one reads the other",
    async (_what, fault, kind) => {
      burrow.addFault(lists, fault);
      expect((await runScrape(both)).begin.failure).toMatchObject({ kind, name: "list of groups" });
      expect(await runScrape(both)).toMatchObject({ groups: ["from-second"], begin: { failure: null } });
      expect((await runScrape(both)).groups).toEqual(["from-second"]);
    },
  );

  test("its groups never come: the next tick reads the other", async () => {
    for (let index = 0; index < 40; index += 1)
      burrow.setGroup("local", `g${index}`, [partition("orders", 0)]);
    burrow.addFault(/\/lag$/, { kind: "reset" });
    await runScrape(both);
    expect((await runScrape(both)).begin.burrow.host).toBe("second");
  });

  test("a list with more names than are read is no reason to leave it", async () => {
    const few = makeScraper({
      urls: [burrow.url, second.url],
      options: {
        limits: { groups: 1, topics: 9, partitions: 99, partitionsPerGroup: 9, nameCharacters: 99 },
      },
    });
    for (let tick = 0; tick < 2; tick += 1) {
      expect((await runScrape(few)).begin).toMatchObject({ failure: null, burrow: { host: "burrow" } });
    }
    few.close();
  });
});

test("failures that are not in a row do not open the breaker", async () => {
  for (let index = 0; index < 80; index += 1) burrow.setGroup("local", `g${index}`, [partition("orders", 0)]);
  burrow.addFault(/[02468]\/lag$/, { kind: "reset" });
  const one = makeScraper({ urls: [burrow.url], options: { concurrency: 1 } });
  const { events } = await runScrape(one);
  one.close();
  const refused = events.filter((event) => event.type === "unreadable");
  expect(refused).toHaveLength(40);
  expect(refused.every((event) => !event.problem.detail.includes("was not asked for"))).toBe(true);
});

test("a list with exactly as many groups as are read is whole", async () => {
  const limits = { groups: 2, topics: 9, partitions: 99, partitionsPerGroup: 9, nameCharacters: 99 };
  const exact = makeScraper({ urls: [burrow.url], options: { limits } });
  expect((await runScrape(exact)).begin).toMatchObject({
    listComplete: true,
    listedGroups: ["billing", "mailer"],
  });
  exact.close();
});

describe("a healthy Burrow", () => {
  test("gives begin, then topics, then groups", async () => {
    const { events, begin } = await runScrape(scraper);
    expect(events.map(({ type }) => type)).toEqual(["begin", "topic", "group", "group"]);
    expect(begin).toMatchObject({
      reachable: true,
      listedGroups: ["billing", "mailer"],
      listComplete: true,
      burrow: { ready: true, selfLag: 0, offsetRefreshSeconds: 5, host: "burrow", clockSkewMs: 0 },
    });
  });

  test("tells how far its own reading is behind, and null when it does not know yet", async () => {
    burrow.setSelfLag("local", 23_271);
    expect((await runScrape(scraper)).begin.burrow.selfLag).toBe(23_271);
    burrow.setSelfLag("local", null);
    expect((await runScrape(scraper)).begin.burrow.selfLag).toBeNull();
  });

  test("tells how far its clock is off", async () => {
    burrow.setClockOffset(120_000);
    const skew = (await runScrape(scraper)).begin.burrow.clockSkewMs ?? 0;
    expect(Math.abs(skew - 120_000)).toBeLessThan(1000);
  });

  test("reads Burrow's settings once, and again when another instance answers", async () => {
    const asked = () => burrow.requests.filter((path) => path === "/v3/kafka/local").length;
    await runScrape(scraper);
    await runScrape(scraper);
    expect(asked()).toBe(1);
    burrow.setHost("another");
    await runScrape(scraper);
    expect(asked()).toBe(2);
  });

  test("filters groups and topics, and keeps Burrow's own group out", async () => {
    const filtered = makeScraper({
      urls: [burrow.url],
      options: { isGroupWanted: (name) => name !== "mailer", isTopicWanted: () => false },
    });
    const { groups, topics, events } = await runScrape(filtered);
    expect({ groups, topics }).toEqual({ groups: ["billing"], topics: [] });
    expect(events.at(-1)).toMatchObject({ reading: { partitions: [], totalLag: 0 } });
    filtered.close();
  });

  test("reads no more groups than the limit, says so, and calls the list incomplete", async () => {
    const limits = {
      groups: 1,
      topics: 10,
      partitions: 100_000,
      partitionsPerGroup: 10,
      nameCharacters: 1024,
    };
    const limited = makeScraper({ urls: [burrow.url], options: { limits } });
    const { groups, begin, problems } = await runScrape(limited);
    expect(groups).toEqual(["billing"]);
    expect(begin.listComplete).toBe(false);
    expect(problems).toEqual(["limit"]);
    limited.close();
  });

  test("reads no more partitions than a tick may have, over all groups, and names the setting", async () => {
    const groups = new Map(
      ["a", "b", "c", "d"].map(
        (name) => [name, [0, 1, 2].map((number) => partition("orders", number))] as const,
      ),
    );
    burrow.setCluster("local", { groups });
    const limits = { groups: 10, topics: 10, partitions: 7, partitionsPerGroup: 10, nameCharacters: 1024 };
    const limited = makeScraper({ urls: [burrow.url], options: { limits } });
    const { events } = await runScrape(limited);
    const read = events.flatMap((event) => (event.type === "group" ? [event.reading.partitions.length] : []));
    const refused = events.flatMap((event) => (event.type === "unreadable" ? [event.problem] : []));
    expect(read).toEqual([3, 3]);
    expect(refused).toMatchObject(
      Array.from({ length: 2 }, () => ({
        kind: "limit",
        limit: "partitions",
        detail: expect.stringContaining("more than the 7 partitions that are read per tick"),
      })),
    );
    // The next scrape begins anew.
    expect((await runScrape(limited)).groups).toHaveLength(2);
    limited.close();
  });

  test("does not assign a list of end offsets that lost a partition", async () => {
    await runScrape(scraper);
    burrow.setTopic("local", "orders", [20]);
    const { events } = await runScrape(scraper);
    expect(events.find(({ type }) => type === "topic")).toMatchObject({
      reading: { assignable: false, endOffsets: [] },
    });
  });

  test("keeps connections alive: one scrape of 200 groups opens no more than it may use at a time", async () => {
    const many = new Map(Array.from({ length: 200 }, (_, n) => [`g${n}`, [partition("orders", 0)]] as const));
    burrow.setCluster("local", { groups: many });
    expect((await runScrape(scraper)).groups).toHaveLength(200);
    expect(burrow.connections()).toBeLessThanOrEqual(4);
  });
});

describe("the recorded Burrow", () => {
  test("is read whole: every odd name is reached but those with a slash", async () => {
    // Several rows share a path: the first is served.
    const served = new Set<string>();
    for (const { file, path, status, body } of recordedBodies()) {
      if (
        !file.startsWith("starting-") &&
        path.startsWith("/v3/") &&
        status === 200 &&
        !path.includes("…") &&
        !served.has(path)
      ) {
        served.add(path);
        burrow.setBody(path, body);
      }
    }
    const { begin, groups, unreadable, topics } = await runScrape(scraper);
    expect(begin.burrow).toMatchObject({ selfLag: 23_271, offsetRefreshSeconds: 5 });
    expect(begin.listedGroups).toHaveLength(47);
    expect(groups).toEqual(
      expect.arrayContaining([".", "..", "a b", "a%b", 'a"b<c>', "[x]", "q?r#s", "ünï", "orders-service"]),
    );
    expect(
      [...unreadable]
        .filter(([, kind]) => kind === "unreachable_name")
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(["trailing/", "x/y"]);
    expect(groups).not.toContain("burrow-local");
    expect(topics).toEqual(["orders"]);
    expect(burrow.requests).toContain("/v3/kafka/local/consumer/../lag");
    expect(burrow.requests).toContain("/v3/kafka/local/consumer//lag");
  });
});
