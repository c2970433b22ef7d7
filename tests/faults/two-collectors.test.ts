/** Two real collectors read one cluster and write to one Elasticsearch: one is killed, one is paused, one goes blind. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fillBurrow } from "../fakes/burrow-load.ts";
import { type FakeBurrow, startFakeBurrow } from "../fakes/fake-burrow.ts";
import {
  type FakeDocument,
  type FakeElasticsearch,
  startFakeElasticsearch,
} from "../fakes/fake-elasticsearch.ts";
import {
  type CollectorProcess,
  type CollectorProcessOptions,
  startCollector,
} from "./support/collector-process.ts";

const CLUSTER = "orders";
const GROUPS = 5;
const PARTITIONS = 10;
/** Long enough that a busy machine finishes a cycle in the half third of it that a young collector waits. */
const INTERVAL_SECONDS = 2;
const INTERVAL_MS = INTERVAL_SECONDS * 1000;
/** Messages per second and partition; consumers keep up with it. */
const PRODUCE_RATE = 50;

let directory = "";
let elasticsearch: FakeElasticsearch;
let traffic: NodeJS.Timeout;
const burrows: FakeBurrow[] = [];
const collectors: CollectorProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-two-"));
  elasticsearch = await startFakeElasticsearch();
  const startedMs = Date.now();
  traffic = setInterval(() => {
    const produced = Math.floor((Date.now() - startedMs) / 1000) * PRODUCE_RATE;
    for (const burrow of burrows) fill(burrow, produced);
  }, 250);
});

afterEach(async () => {
  clearInterval(traffic);
  for (const collector of collectors.splice(0)) await collector.end("SIGKILL");
  for (const burrow of burrows.splice(0)) await burrow.close();
  await elasticsearch.stop();
  await rm(directory, { recursive: true, force: true });
});

function fill(burrow: FakeBurrow, produced: number): void {
  const size = { groups: GROUPS, partitionsPerGroup: PARTITIONS, topics: 2, partitionsPerTopic: PARTITIONS };
  fillBurrow(burrow, { cluster: CLUSTER, ...size, nowMs: Date.now(), produced });
}

async function addBurrow(): Promise<FakeBurrow> {
  const burrow = await startFakeBurrow();
  fill(burrow, 0);
  burrows.push(burrow);
  return burrow;
}

async function run(
  name: string,
  burrow: FakeBurrow,
  change: CollectorProcessOptions["collector"] = {},
): Promise<CollectorProcess> {
  const collector = await startCollector({
    directory: join(directory, name),
    cluster: CLUSTER,
    burrowUrl: burrow.url,
    elasticsearchUrl: elasticsearch.url,
    collector: { name, interval_seconds: INTERVAL_SECONDS, ...change },
  });
  collectors.push(collector);
  return collector;
}

function stored(record: string): readonly FakeDocument[] {
  return [...elasticsearch.documents.values()].filter((document) => document["record"] === record);
}

/** Ticks of these documents, in order. */
function ticksOf(documents: readonly FakeDocument[]): readonly number[] {
  const ticks = new Set(documents.map((document) => Date.parse(String(document["@timestamp"]))));
  return [...ticks].toSorted((a, b) => a - b);
}

function ownTicks(name: string): readonly number[] {
  return ticksOf(stored("collector").filter((document) => document["collector"] === name));
}

/** Waits until this collector has reported so many ticks more. */
async function moreTicks(name: string, count: number): Promise<void> {
  const before = ownTicks(name).length;
  const untilMs = Date.now() + 60_000;
  while (ownTicks(name).length < before + count) {
    if (Date.now() > untilMs) {
      const logs = collectors.map((collector) => collector.log()).join("\n");
      throw new Error(`${name} reported ${ownTicks(name).length - before} of ${count} ticks.\n${logs}`);
    }
    await pause(50);
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Every tick between the first and the last is there, with every partition exactly once. */
function expectWhole(): void {
  const partitions = stored("partition");
  const ticks = ticksOf(partitions);
  const first = ticks[0] ?? 0;
  expect(ticks).toEqual(ticks.map((_, index) => first + index * INTERVAL_MS));
  for (const tick of ticks) {
    const keys = partitions
      .filter((document) => Date.parse(String(document["@timestamp"])) === tick)
      .map(({ group, topic, partition }) => `${String(group)} ${String(topic)} ${String(partition)}`);
    expect(keys.length).toBe(GROUPS * PARTITIONS);
    expect(new Set(keys).size).toBe(GROUPS * PARTITIONS);
  }
}

test(
  "one killed and one paused: no tick is missing and nothing is stored twice",
  { timeout: 120_000 },
  async () => {
    const burrow = await addBurrow();
    const first = await run("first", burrow);
    // A restart in good order, so that the second one has history.
    await run("second", burrow);
    await moreTicks("second", 3);
    await collectors.at(-1)?.end("SIGTERM");
    const second = await run("second", burrow);
    await moreTicks("first", 1);
    await moreTicks("second", 2);

    await first.end("SIGKILL");
    await moreTicks("second", 2);
    const restartedMs = Date.now();
    const again = await run("first", burrow);
    await moreTicks("first", 3);
    const pausedMs = Date.now();

    second.child.kill("SIGSTOP");
    await moreTicks("first", 3);
    second.child.kill("SIGCONT");
    await moreTicks("second", 2);

    expect([await again.end("SIGTERM"), await second.end("SIGTERM")]).toEqual([0, 0]);
    expectWhole();
    // They did write the same documents, and each has records of its own.
    expect(elasticsearch.counts.duplicate).toBeGreaterThan(GROUPS * PARTITIONS);
    expect(elasticsearch.counts.refused).toBe(0);
    expect(ownTicks("first").some((tick) => ownTicks("second").includes(tick))).toBe(true);
    // The first came back without history; what the second one knew stands, as long as it wrote.
    const between = stored("group").filter((document) => {
      const tick = Date.parse(String(document["@timestamp"]));
      return tick > restartedMs && tick < pausedMs - INTERVAL_MS;
    });
    expect(between.length).toBeGreaterThanOrEqual(2 * GROUPS);
    const younger = between.filter((document) => Date.parse(String(document["verdict_since"])) > restartedMs);
    expect(younger).toEqual([]);
  },
);

test("one blind: the documents of the one that sees are stored", { timeout: 120_000 }, async () => {
  const lost = await addBurrow();
  await run("blind", lost);
  await run("sighted", await addBurrow());
  await moreTicks("blind", 3);
  await moreTicks("sighted", 2);
  burrows.splice(burrows.indexOf(lost), 1);
  await lost.close();
  // The tick in which it happens belongs to nobody.
  await moreTicks("blind", 1);
  const since = ownTicks("blind").at(-1) ?? 0;
  await moreTicks("blind", 3);
  await moreTicks("sighted", 1);
  for (const collector of collectors) await collector.end("SIGTERM");
  expectWhole();
  const later = [...stored("cluster"), ...stored("group")].filter(
    (document) => Date.parse(String(document["@timestamp"])) > since,
  );
  expect(later.length).toBeGreaterThan(3 * GROUPS);
  expect(later.filter((document) => document["suspect"] === 1)).toEqual([]);
});

test("a standby writes after the first and alone when it is gone", { timeout: 120_000 }, async () => {
  const burrow = await addBurrow();
  const first = await run("first", burrow);
  await run("standby", burrow, { standby_seconds: 0.4 });
  await moreTicks("standby", 4);
  await moreTicks("first", 1);
  const isLate = (collector: string, tick: number): boolean =>
    stored("collector").some(
      (document) =>
        document["collector"] === collector &&
        Date.parse(String(document["@timestamp"])) === tick &&
        Number(document["documents_duplicate"]) > 0,
    );
  expect(isLate("standby", ownTicks("standby").at(-1) ?? 0)).toBe(true);
  expect(isLate("first", ownTicks("first").at(-1) ?? 0)).toBe(false);
  await first.end("SIGKILL");
  await moreTicks("standby", 3);
  for (const collector of collectors) await collector.end("SIGTERM");
  expectWhole();
});
