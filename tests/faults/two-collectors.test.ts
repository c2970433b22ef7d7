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
/** Each takes half a minute; a busy machine takes its time. */
const LONG = { timeout: 300_000 };
const GROUPS = 5;
const PARTITIONS = 10;
const INTERVAL_SECONDS = 2;
const INTERVAL_MS = INTERVAL_SECONDS * 1000;
/** Messages per second and partition; consumers keep up with it. */
const PRODUCE_RATE = 50;

/** One bulk request: who sent it (the path of its address), the tick of its documents, and how long after that it came. */
type Arrival = { readonly from: string; readonly tickMs: number; readonly delayMs: number };

let directory = "";
let arrivals: Arrival[] = [];
let elasticsearch: FakeElasticsearch;
let traffic: NodeJS.Timeout;
const burrows: FakeBurrow[] = [];
const collectors: CollectorProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-two-"));
  arrivals = [];
  elasticsearch = await startFakeElasticsearch({
    rule: ({ path, atMs }, body) => {
      const ticks = new Set(body.toString("utf8").match(/(?<="@timestamp":")[^"]+/g));
      for (const tick of ticks) {
        const tickMs = Date.parse(tick);
        arrivals.push({ from: path.split("/")[1] ?? "", tickMs, delayMs: atMs - tickMs });
      }
      return undefined;
    },
  });
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
    // Elasticsearch behind a path, so that each one's requests can be told from the other's.
    elasticsearchUrl: `${elasticsearch.url}/${name}`,
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
  const untilMs = Date.now() + 120_000;
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

/**
 * Every tick that has documents has every partition exactly once, and no tick is missing. A machine that is too busy for
 * a cycle per interval skips ticks; a collector counts what it skips, so no more may be missing than were counted.
 */
function expectWhole(): void {
  const partitions = stored("partition");
  const ticks = ticksOf(partitions);
  for (const tick of ticks) {
    const keys = partitions
      .filter((document) => Date.parse(String(document["@timestamp"])) === tick)
      .map(({ group, topic, partition }) => `${String(group)} ${String(topic)} ${String(partition)}`);
    expect(keys.length).toBe(GROUPS * PARTITIONS);
    expect(new Set(keys).size).toBe(GROUPS * PARTITIONS);
  }
  const all = ((ticks.at(-1) ?? 0) - (ticks[0] ?? 0)) / INTERVAL_MS + 1;
  const skipped = stored("collector").map((document) => Number(document["ticks_skipped"]));
  expect(ticks.length).toBeGreaterThanOrEqual(all - Math.max(...skipped));
  expect(ticks.every((tick) => tick % INTERVAL_MS === 0)).toBe(true);
}

type Span = { readonly after: number; readonly before?: number };

/** How soon after its tick the earliest request of this collector came. */
function earliest(from: string, { after, before = Number.POSITIVE_INFINITY }: Span): number {
  const delays = arrivals.flatMap(({ from: who, tickMs, delayMs }) =>
    who === from && tickMs > after && tickMs < before ? [delayMs] : [],
  );
  expect(delays.length).toBeGreaterThan(0);
  return Math.min(...delays);
}

/** Ticks of the span for which all that this collector sent came within the time. */
function punctual(from: string, withinMs: number, { after, before = 0 }: Span): ReadonlySet<number> {
  const own = arrivals.filter((arrival) => arrival.from === from);
  const late = new Set(own.flatMap(({ tickMs, delayMs }) => (delayMs >= withinMs ? [tickMs] : [])));
  return new Set(
    own.flatMap(({ tickMs }) => (tickMs > after && tickMs < before && !late.has(tickMs) ? [tickMs] : [])),
  );
}

test("one killed and one paused: no tick is missing and nothing is stored twice", LONG, async () => {
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
  await moreTicks("second", 1);
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
  // The first came back without history: it leaves the second one a third of the interval, and what that knows stands.
  const span = { after: restartedMs, before: pausedMs - INTERVAL_MS };
  expect(earliest("first", span)).toBeGreaterThanOrEqual(INTERVAL_MS / 3);
  const known = punctual("second", INTERVAL_MS / 3, span);
  const guesses = stored("group").filter(
    (document) =>
      known.has(Date.parse(String(document["@timestamp"]))) &&
      Date.parse(String(document["verdict_since"])) > restartedMs,
  );
  expect(guesses).toEqual([]);
});

test("one blind: it leaves the one that sees more than half of the interval", LONG, async () => {
  const lost = await addBurrow();
  await run("blind", lost);
  await run("sighted", await addBurrow());
  await moreTicks("blind", 3);
  await moreTicks("sighted", 2);
  burrows.splice(burrows.indexOf(lost), 1);
  await lost.close();
  // The tick in which it happens belongs to nobody.
  await moreTicks("blind", 1);
  const after = ownTicks("blind").at(-1) ?? 0;
  await moreTicks("blind", 3);
  await moreTicks("sighted", 3);
  // A stop ends the wait of the tick that it comes into.
  const span = { after, before: Date.now() - 2 * INTERVAL_MS };
  for (const collector of collectors) await collector.end("SIGTERM");
  expectWhole();
  expect(earliest("blind", span)).toBeGreaterThanOrEqual((INTERVAL_MS * 3) / 5);
  const seen = punctual("sighted", (INTERVAL_MS * 3) / 5, span);
  const doubted = [...stored("cluster"), ...stored("group")].filter(
    (document) => seen.has(Date.parse(String(document["@timestamp"]))) && document["suspect"] === 1,
  );
  expect(doubted).toEqual([]);
});

test("a standby writes after the first, and alone when it is gone", LONG, async () => {
  const burrow = await addBurrow();
  const first = await run("first", burrow);
  await run("standby", burrow, { standby_seconds: 0.4 });
  await moreTicks("standby", 4);
  await moreTicks("first", 1);
  // Both are young: it waits on top of that.
  expect(earliest("standby", { after: 0 })).toBeGreaterThanOrEqual(400 + INTERVAL_MS / 3);
  await first.end("SIGKILL");
  await moreTicks("standby", 3);
  for (const collector of collectors) await collector.end("SIGTERM");
  expectWhole();
});
