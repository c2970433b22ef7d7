/** Three real collectors share a cluster, beside one that reads it alone: together they store what the one stores. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shardOf } from "../../model/shard.ts";
import { freePort } from "../support/free-port.ts";
import { fillBurrow } from "../fakes/burrow-load.ts";
import { type FakeBurrow, startFakeBurrow } from "../fakes/fake-burrow.ts";
import {
  type FakeDocument,
  type FakeElasticsearch,
  startFakeElasticsearch,
} from "../fakes/fake-elasticsearch.ts";
import { type CollectorProcess, startCollector } from "./support/collector-process.ts";

const CLUSTER = "orders";
const OF = 3;
const GROUPS = 12;
const INTERVAL_SECONDS = 2;
const SIZE = { groups: GROUPS, partitionsPerGroup: 4, topics: 2, partitionsPerTopic: 4 };
const LONG = { timeout: 300_000 };

let directory = "";
let burrow: FakeBurrow;
let shared: FakeElasticsearch;
let alone: FakeElasticsearch;
const collectors: CollectorProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-shards-"));
  burrow = await startFakeBurrow();
  // Nothing moves, so that all who read at different moments of a tick read the same.
  fillBurrow(burrow, { cluster: CLUSTER, ...SIZE, nowMs: Date.now(), produced: 100 });
  shared = await startFakeElasticsearch({});
  alone = await startFakeElasticsearch({});
});

afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.end("SIGKILL");
  await burrow.close();
  await shared.stop();
  await alone.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(
  name: string,
  elasticsearch: FakeElasticsearch,
  settings: Record<string, unknown>,
): Promise<CollectorProcess> {
  const collector = await startCollector({
    directory: join(directory, name),
    cluster: CLUSTER,
    burrowUrl: burrow.url,
    elasticsearchUrl: elasticsearch.url,
    collector: { name, interval_seconds: INTERVAL_SECONDS, ...settings },
  });
  collectors.push(collector);
  return collector;
}

async function startShards(): Promise<readonly CollectorProcess[]> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const peers = ports.slice(1).map((port) => `http://127.0.0.1:${port}`);
  const started = ports.map(async (port, place) =>
    start(`shard-${place + 1}`, shared, {
      health_port: port,
      shard: { index: place + 1, of: OF, ...(place === 0 ? { peers } : {}) },
    }),
  );
  return Promise.all(started);
}

const documents = (of: FakeElasticsearch): readonly FakeDocument[] => [...of.documents.values()];
const ofRecord = (of: FakeElasticsearch, record: string): readonly FakeDocument[] =>
  documents(of).filter((document) => document["record"] === record);
const timeOf = (document: FakeDocument): string => String(document["@timestamp"]);

/** Waits for so many ticks with a whole record of the cluster in both, and gives the times that both have. */
async function commonTicks(count: number): Promise<readonly string[]> {
  const untilMs = Date.now() + 120_000;
  for (;;) {
    const whole = (of: FakeElasticsearch): readonly string[] =>
      ofRecord(of, "cluster")
        .filter((document) => document["group_count"] === GROUPS && document["suspect"] === 0)
        .map(timeOf);
    const both = new Set(whole(alone));
    const times = whole(shared).filter((time) => both.has(time));
    // The newest may still be on its way.
    if (times.length > count) return times.toSorted().slice(0, -1);
    if (Date.now() > untilMs) throw new Error(collectors.map((collector) => collector.log()).join("\n"));
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

const identity = (document: FakeDocument): string =>
  ["record", "group", "topic", "partition", "owner"]
    .map((field) => JSON.stringify(document[field]))
    .join(" ");
const at = (of: FakeElasticsearch, time: string): readonly FakeDocument[] =>
  documents(of).filter(
    (document) =>
      timeOf(document) === time && document["record"] !== "collector" && document["record"] !== "event",
  );

test(
  "three shards store the documents that one collector stores, each once, and the same sums",
  LONG,
  async () => {
    await Promise.all([startShards(), start("one", alone, {})]);
    const ticks = await commonTicks(3);
    for (const time of ticks) {
      const theirs = at(shared, time).map(identity).toSorted();
      expect(new Set(theirs).size).toBe(theirs.length);
      expect(theirs).toEqual(at(alone, time).map(identity).toSorted());
      const cluster = (of: FakeElasticsearch) =>
        at(of, time).find((document) => document["record"] === "cluster");
      const { data_age_seconds: _own, ...sums } = cluster(shared) ?? {};
      expect(cluster(alone)).toMatchObject(sums);
    }
    // Nobody was sent what another had stored before.
    expect(
      ofRecord(shared, "collector").every((document) => Number(document["documents_duplicate"]) === 0),
    ).toBe(true);
    expect(new Set(ofRecord(shared, "collector").map((document) => document["collector"]))).toEqual(
      new Set(["shard-1", "shard-2", "shard-3"]),
    );
  },
);

test("a shard that dies is said in the cluster's record", LONG, async () => {
  const [, second] = await startShards();
  await start("one", alone, {});
  await commonTicks(1);
  await second?.end("SIGKILL");
  const before = ofRecord(shared, "cluster").length;
  const untilMs = Date.now() + 120_000;
  const doubtful = () =>
    ofRecord(shared, "cluster").find(
      (document) =>
        document["suspect"] === 1 && String(document["suspect_reason"]).startsWith("Shard 2 of 3"),
    );
  while (doubtful() === undefined && Date.now() < untilMs) {
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  expect(ofRecord(shared, "cluster").length).toBeGreaterThan(before);
  const gap = doubtful();
  expect(gap).not.toHaveProperty("group_count");
  const groups = ofRecord(shared, "group")
    .filter((document) => timeOf(document) === timeOf(gap ?? {}))
    .map((document) => String(document["group"]));
  expect(groups.length).toBeGreaterThan(0);
  expect(groups.every((group) => shardOf(group, OF) !== 2)).toBe(true);
});
