/**
 * Elasticsearch gone for hours, with the whole collector running on. Simulated: the clock (a tick of 60 s takes
 * milliseconds) and, in proportion, the bounds of the back-off. Real: scrapes, analysis, spool files, requests, replay.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, test } from "vitest";
import { type FakeElasticsearch, identityOf, startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";
import { BOUNDS } from "./support/bounds.ts";
import { CLUSTER, type CollectorUnderTest, startCollector } from "./support/collector-under-test.ts";
import { type World, startWorld, until } from "./support/world.ts";

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const INTERVAL_MS = 60_000;
const TICKS_PER_HOUR = 3_600_000 / INTERVAL_MS;

type Outage = {
  readonly collector: CollectorUnderTest;
  readonly before: FakeElasticsearch;
  readonly tick: () => Promise<void>;
  /** The same Elasticsearch, up again. */
  readonly comeBack: () => Promise<FakeElasticsearch>;
};

async function startOutage(world: World, settings: Readonly<Record<string, unknown>> = {}): Promise<Outage> {
  cleanups.push(async () => world.burrow.close());
  const before = await startFakeElasticsearch({ keep: "identities" });
  const collector = await startCollector({
    burrow: world.burrow,
    intervalMs: INTERVAL_MS,
    elasticsearch: { url: before.url },
    settings,
    // 60 s at most in production; 12 h pass in less than a minute here.
    timing: { backOff: { baseMs: 1, maxMs: 20 } },
    auditMs: 100,
    forget: true,
  });
  cleanups.push(async () => collector.stop());
  const tick = async (): Promise<void> => {
    world.live(collector.nowMs() + INTERVAL_MS);
    const { failure } = await collector.tick();
    expect(failure).toBeNull();
  };
  await tick();
  await until("the first tick", async () => (await collector.account()).waiting === 0);
  await before.stop();
  return {
    collector,
    before,
    tick,
    comeBack: async () => {
      const back = await startFakeElasticsearch({ keep: "identities", port: before.port, disk: before });
      cleanups.push(async () => back.stop());
      return back;
    },
  };
}

/** Bytes in use after a full collection, buffers included. */
function createScale(): () => number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  return () => {
    if (typeof collect === "function") collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}

function tickIsStored(back: FakeElasticsearch, nowMs: number): boolean {
  const tickMs = Math.floor(nowMs / INTERVAL_MS) * INTERVAL_MS;
  const document = { "@timestamp": new Date(tickMs).toISOString(), record: "cluster", cluster: CLUSTER };
  return back.identities.has(identityOf(document));
}

const HOURS = BOUNDS.outageHours;

test(
  `down for ${HOURS} hours: all is delivered, live data first, memory flat`,
  { timeout: 120_000 + HOURS * 10_000 },
  async () => {
    const weigh = createScale();
    const { collector, tick, comeBack } = await startOutage(await startWorld({ groups: 4, partitions: 8 }));
    const weights: number[] = [];
    const startedMs = performance.now();
    for (let hour = 0; hour < HOURS; hour += 1) {
      for (let count = 0; count < TICKS_PER_HOUR; count += 1) await tick();
      weights.push(weigh());
    }
    const outageSeconds = (performance.now() - startedMs) / 1000;
    const atEnd = await collector.account();
    expect(atEnd.waiting).toBeGreaterThan(HOURS * TICKS_PER_HOUR * 40);
    const requests = /^lagline_bulk_requests_total\{status="0"\} (\d+)$/m.exec(
      await collector.metrics(),
    )?.[1];
    const retryLines = collector.said("LAGLINE_ELASTICSEARCH_RETRY").length;
    expect(retryLines).toBeGreaterThan(HOURS * 4);
    expect(retryLines).toBeLessThanOrEqual(HOURS * 12 + 1);

    const back = await comeBack();
    back.always({ kind: "slow", ms: 5 });
    const backMs = performance.now();
    const latencies: number[] = [];
    for (;;) {
      await tick();
      const tickedMs = performance.now();
      await until("a live tick", () => tickIsStored(back, collector.nowMs()), 20_000);
      if ((await collector.account()).waiting < 1_000) break;
      latencies.push(performance.now() - tickedMs);
      await sleep(100);
    }
    await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
    const drainSeconds = (performance.now() - backMs) / 1000;
    const account = await collector.account();
    const slowestMs = Math.max(...latencies);
    process.stderr.write(
      `${HOURS} h in ${outageSeconds.toFixed(1)} s, ${requests ?? "no"} requests, ${retryLines} log lines; ` +
        `${atEnd.waiting} documents waited and were delivered in ${drainSeconds.toFixed(1)} s; ` +
        `${latencies.length} live ticks meanwhile, the slowest stored after ${slowestMs.toFixed(0)} ms; ` +
        `memory after each hour ${weights.map((bytes) => (bytes / 1e6).toFixed(1)).join(" ")} MB; ` +
        `${collector.auditor.samples()} readings of the account.\n`,
    );
    expect({ ...account, droppedBy: account.droppedBy.size }).toMatchObject({
      stored: account.accepted,
      duplicate: 0,
      deadLettered: 0,
      droppedBy: 0,
      lost: 0,
    });
    expect(back.identities.size).toBe(account.accepted);
    expect(collector.auditor.faults).toEqual([]);
    expect(collector.auditor.samples()).toBeGreaterThan(50);
    expect(collector.said("LAGLINE_ELASTICSEARCH_RECOVERED")).toHaveLength(1);
    expect(latencies.length).toBeGreaterThan(10);
    expect(slowestMs).toBeLessThan(1_000);
    // Two batches a tick, two at a time, 5 ms each: 4 s for 12 h, and as much again for each of other work and a busy host.
    expect(drainSeconds).toBeLessThan(5 + (HOURS * TICKS_PER_HOUR) / 20);
    // The spool knows each waiting batch by its place only: 12 h are 1440 of them.
    // The smallest of three each: what is being sent or scraped at the moment is not what stays.
    const growth = Math.min(...weights.slice(-3)) - Math.min(...weights.slice(0, 3));
    expect(growth).toBeLessThan(4e6);
  },
);

test.each([
  ["age", { maximum_age_seconds: 3600 }, /\d+ documents were dropped from the spool \(age\). They are lost./],
  [
    "size",
    { maximum_bytes: 1_048_576 },
    /\d+ documents were dropped from the spool \(size\). They are lost./,
  ],
])(
  "an outage that outlives the spool's bound by %s drops the oldest, counted exactly",
  async (reason, spool, sentence) => {
    const world = await startWorld({ groups: 6, partitions: 32 });
    const { collector, before, tick, comeBack } = await startOutage(world, { spool });
    for (let count = 0; count < 6 * TICKS_PER_HOUR; count += 1) await tick();
    const lines = collector.said("LAGLINE_SPOOL_DROPPED");
    expect(lines[0]).toMatchObject({ level: "error", message: expect.stringMatching(sentence) });
    expect(lines.length).toBeLessThanOrEqual(6 * 12 + 1);
    const back = await comeBack();
    await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
    const account = await collector.account();
    const dropped = account.droppedBy.get(reason) ?? 0;
    expect([...account.droppedBy.keys()]).toEqual([reason]);
    expect(dropped).toBeGreaterThan(1_000);
    expect(back.identities.size).toBe(account.accepted - dropped);
    expect(account.stored + account.duplicate).toBe(account.accepted - dropped);
    expect(back.identities.size).toBeGreaterThan(before.identities.size + 1_000);
    expect(tickIsStored(back, collector.nowMs())).toBe(true);
    expect(collector.auditor.faults).toEqual([]);
  },
);
