import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LagDocument } from "../model/documents.ts";
import { type FakeBurrow, startFakeBurrow } from "../tests/fakes/fake-burrow.ts";
import { type PassthroughAnalyser, createPassthroughAnalyser } from "../tests/fakes/passthrough-analyser.ts";
import { makeScraper } from "../tests/fakes/scraping.ts";
import type { BurrowScraper } from "./burrow/scrape.ts";
import { type CollectorOptions, type DocumentSink, createCollector } from "./collector.ts";
import { CollectorEvents } from "./events.ts";
import { createLogger, createRepeatLimiter } from "./log.ts";
import { type Labels, type MetricName, type Metrics } from "./metrics.ts";
import { createPrintSink } from "./print-sink.ts";

let burrow: FakeBurrow;
let scraper: BurrowScraper;
let analyser: PassthroughAnalyser;
let counted: Map<string, number>;

const never = new AbortController().signal;

beforeEach(async () => {
  burrow = await startFakeBurrow();
  burrow.setCluster("local", {
    topics: new Map([["orders", [10, 20]]]),
    groups: new Map(
      ["billing", "mailer"].map((name) => [name, [{ topic: "orders", partition: 0 }]] as const),
    ),
  });
  scraper = makeScraper({ urls: [burrow.url], timeoutMs: 300 });
  analyser = createPassthroughAnalyser("local");
  counted = new Map();
});

afterEach(async () => {
  scraper.close();
  await burrow.close();
});

const metrics: Metrics = {
  add(name: MetricName, amount = 1, labels: Labels = {}) {
    const key = [name, ...Object.values(labels)].join(" ");
    counted.set(key, (counted.get(key) ?? 0) + amount);
  },
  set(name, value) {
    counted.set(name, value);
  },
  observe() {},
};

/** A sink that keeps what it was given, whole calls only. */
function createMemorySink(): DocumentSink & { readonly calls: LagDocument[][] } {
  const calls: LagDocument[][] = [];
  return {
    calls,
    stats: () => null,
    async append(batches) {
      const documents: LagDocument[] = [];
      for await (const { ndjson } of batches) {
        documents.push(
          ...ndjson
            .toString()
            .trimEnd()
            .split("\n")
            .map((line): LagDocument => JSON.parse(line)),
        );
      }
      calls.push(documents);
    },
  };
}

function make(change: Partial<CollectorOptions> = {}, intervalSeconds = 30) {
  const sink = createMemorySink();
  const log = createLogger({ level: "error", cluster: "local" });
  log.level = "silent";
  const events = new CollectorEvents({
    log,
    metrics,
    repeats: createRepeatLimiter({ periodMs: 1000, now: Date.now }),
  });
  const collector = createCollector({
    identity: { cluster: "local", name: "one", version: "1.2.3", intervalSeconds },
    pipeline: {
      scraper,
      analyser,
      batch: { maximumDocuments: 3, maximumBytes: 100_000 },
      now: Date.now,
      onProblem: (problem) => {
        events.scrapeProblem(problem);
      },
    },
    sink,
    events,
    hasHistory: () => true,
    standbyMs: 0,
    jitterMs: 0,
    leaveAfterUnreachable: null,
    bulkRetries: () => 0,
    now: Date.now,
    monotonicMs: () => performance.now(),
    random: Math.random,
    ...change,
  });
  return { collector, sink };
}

describe("a cycle that goes wrong", () => {
  test("is not ready before its first cycle", () => {
    expect(make().collector.readiness()).toEqual({ ready: false, reasons: ["No cycle has finished yet."] });
  });

  test("tells a spool that takes nothing as not ready, counts the documents and lives on", async () => {
    const append = async (batches: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> => {
      for await (const _ of batches);
      throw new Error("disk full");
    };
    const { collector } = make({ sink: { stats: () => null, append } });
    await expect(collector.runOnce(never)).rejects.toThrow("disk full");
    expect(collector.readiness().reasons).toEqual([expect.stringContaining("disk full")]);
    expect(collector.liveness().ready).toBe(true);
    expect(counted.get("lagline_documents_lost_total")).toBe(5);
  });

  test("with Burrow down still writes a cluster and a collector document that say so", async () => {
    await burrow.close();
    const { collector, sink } = make();
    const summary = await collector.runOnce(never);
    expect(summary).toMatchObject({ reachable: false, failure: { kind: "connect" }, failures: 1 });
    expect(sink.calls.flat()).toMatchObject([
      { record: "cluster", burrow_ready: 0 },
      { record: "collector", burrow_errors: 1 },
    ]);
    expect(collector.readiness().ready).toBe(false);
    expect(counted.get("lagline_burrow_up")).toBe(0);
  });

  test("with a Burrow that is ready and gives no list of groups is not ready, and says why", async () => {
    burrow.addFault(/\/consumer$/, { kind: "status", status: 500 });
    const { collector } = make();
    expect(await collector.runOnce(never)).toMatchObject({
      reachable: true,
      failure: { kind: "http_status" },
    });
    expect(collector.readiness()).toEqual({
      ready: false,
      reasons: [expect.stringContaining("list of groups: Burrow at")],
    });
    expect(counted.get("lagline_burrow_up")).toBe(0);
  });

  test("with one broken group keeps the rest and stays ready", async () => {
    burrow.addFault(/billing/, { kind: "status", status: 500 });
    const { collector } = make();
    expect(await collector.runOnce(never)).toMatchObject({
      groups: 1,
      groupsUnreadable: 1,
      failure: null,
      failures: 1,
    });
    expect(analyser.unreadable).toEqual([{ group: "billing", kind: "http_status" }]);
    expect(collector.readiness().ready).toBe(true);
    expect(counted.get("lagline_burrow_problems_total http_status group")).toBe(1);
  });

  test("a group that is gone is data: no failure", async () => {
    burrow.addFault(/billing/, {
      kind: "status",
      status: 404,
      body: '{"error":false,"message":"x","request":{}}',
    });
    const { collector } = make();
    expect(await collector.runOnce(never)).toMatchObject({ groups: 1, groupsUnreadable: 0, failures: 0 });
    expect(analyser.unreadable).toEqual([{ group: "billing", kind: "not_found" }]);
  });

  test("an aborted cycle gives the spool nothing", async () => {
    burrow.addFault(/lag$/, { kind: "hang" });
    const { collector, sink } = make();
    await expect(collector.runOnce(AbortSignal.timeout(50))).rejects.toThrow("aborted");
    expect(sink.calls).toEqual([]);
    expect(counted.get("lagline_documents_lost_total")).toBeUndefined();
  });
});

describe("a cycle", () => {
  test("gives the documents of one tick in one call and its own record after it", async () => {
    const { collector, sink } = make();
    const summary = await collector.runOnce(never);
    expect(summary).toMatchObject({ groups: 2, topics: 1, partitions: 2, documents: 5, failure: null });
    expect(sink.calls.map((documents) => documents.map(({ record }) => record))).toEqual([
      ["topic", "topic", "partition", "partition", "cluster"],
      ["collector"],
    ]);
    const stamps = new Set(sink.calls.flat().map((document) => document["@timestamp"]));
    expect([...stamps].map((stamp) => Date.parse(stamp) % 30_000)).toEqual([0]);
    expect(sink.calls[1]?.[0]).toMatchObject({
      collector: "one",
      collector_version: "1.2.3",
      burrow_requests: 11,
    });
    expect(collector.readiness()).toEqual({ ready: true, reasons: [] });
  });

  test("is printed as NDJSON as fast as the reader takes it", async () => {
    const parts: string[] = [];
    const slow = new Writable({
      highWaterMark: 10,
      write(chunk: Buffer, _encoding, done) {
        parts.push(chunk.toString());
        setTimeout(done, 5);
      },
    });
    const { collector } = make({ sink: createPrintSink(slow) });
    await collector.runOnce(never);
    expect(
      parts
        .join("")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as LagDocument),
    ).toHaveLength(6);
  });
});

test("a bound that was reached is counted by its setting, and the line names it", async () => {
  const lines: { readonly code: string; readonly message: string }[] = [];
  const log = pino(
    { messageKey: "message" },
    {
      write(line: string) {
        const { code, message }: (typeof lines)[number] = JSON.parse(line);
        lines.push({ code, message });
      },
    },
  );
  const events = new CollectorEvents({
    log,
    metrics,
    repeats: createRepeatLimiter({ periodMs: 60_000, now: Date.now }),
  });
  const problem = {
    kind: "limit",
    limit: "groups",
    scope: "cluster",
    name: "list of groups",
    detail: "Too many.",
  } as const;
  for (let tick = 0; tick < 3; tick += 1) {
    events.scrapeProblem(problem);
  }
  expect(lines).toEqual([
    {
      code: "LAGLINE_BURROW_LIMIT.cluster",
      message: "Too many. The bound is collector.limits.groups: raise it if this is meant to be.",
    },
  ]);
  expect(counted.get("lagline_limit_exceeded_total groups")).toBe(3);
  expect(counted.get("lagline_log_lines_suppressed_total LAGLINE_BURROW_LIMIT.cluster")).toBe(2);
});

describe("a tick that tells little", () => {
  /** Runs so many ticks; how long after its time each of them reached the sink, in ms. */
  async function delaysOf(
    change: Partial<CollectorOptions>,
    { ticks = 1, intervalSeconds = 1, stopAfterMs = 10_000 } = {},
  ): Promise<readonly number[]> {
    const sink = createMemorySink();
    const stopping = new AbortController();
    const delaysMs: number[] = [];
    const append: DocumentSink["append"] = async (batches) => {
      await sink.append(batches);
      const [document] = sink.calls.at(-1) ?? [];
      if (document !== undefined && document.record !== "collector") {
        delaysMs.push(Date.now() - Date.parse(document["@timestamp"]));
      }
      if (delaysMs.length >= ticks) {
        stopping.abort();
      }
    };
    const timer = setTimeout(() => {
      stopping.abort();
    }, stopAfterMs);
    const { collector } = make({ sink: { stats: () => null, append }, ...change }, intervalSeconds);
    await collector.run(stopping.signal, never);
    clearTimeout(timer);
    return delaysMs;
  }

  test("gives way for more than half of the interval, so that a collector which sees is stored first", async () => {
    await burrow.close();
    const [delayMs] = await delaysOf({});
    expect(delayMs).toBeGreaterThanOrEqual(600);
  });

  test("gives way for less while there is no history, and not for ever", async () => {
    const delaysMs = await delaysOf({ hasHistory: () => false }, { ticks: 14, intervalSeconds: 0.3 });
    expect(Math.min(...delaysMs.slice(0, 10))).toBeGreaterThanOrEqual(100);
    expect(Math.min(...delaysMs.slice(10))).toBeLessThan(100);
  });

  test("is not held back when Burrow was read", async () => {
    const [delayMs] = await delaysOf({});
    expect(delayMs).toBeLessThan(500);
  });

  test("gives way for no longer than until the stop", async () => {
    await burrow.close();
    const started = performance.now();
    await delaysOf({}, { intervalSeconds: 2, stopAfterMs: 2_100 });
    expect(performance.now() - started).toBeLessThan(2_900);
  });

  test("is not held back for one cycle alone, where nobody else is waited for", async () => {
    await burrow.close();
    const { collector } = make({}, 3600);
    expect(await collector.runOnce(never)).toMatchObject({ reachable: false, heldSeconds: 0 });
  });

  test("a standby reads later and keeps the time of the tick", async () => {
    const [delayMs] = await delaysOf({ standbyMs: 300 });
    expect(delayMs).toBeGreaterThanOrEqual(300);
    expect(delayMs).toBeLessThan(1000);
  });
});

describe("the loop", () => {
  async function runFor(ms: number, change: Partial<CollectorOptions>, intervalSeconds: number) {
    const made = make(change, intervalSeconds);
    const stopping = new AbortController();
    setTimeout(() => {
      stopping.abort();
    }, ms);
    return { ...made, reason: await made.collector.run(stopping.signal, never) };
  }

  /** Runs until something is seen, however busy the machine is. */
  async function runUntil(
    isSeen: (sink: ReturnType<typeof make>["sink"]) => boolean,
    change: Partial<CollectorOptions>,
    intervalSeconds: number,
  ) {
    const made = make(change, intervalSeconds);
    const stopping = new AbortController();
    const startedMs = performance.now();
    const running = made.collector.run(stopping.signal, never);
    await vi.waitFor(
      () => {
        expect(isSeen(made.sink)).toBe(true);
      },
      { timeout: 20_000, interval: 10 },
    );
    stopping.abort();
    await running;
    return { ...made, elapsedMs: performance.now() - startedMs };
  }

  test("leaves after the given ticks without a connection, so that a restart joins the new namespace", async () => {
    await burrow.close();
    const { reason, sink } = await runFor(5000, { leaveAfterUnreachable: () => 3 }, 0.05);
    expect(reason).toBe("namespace_lost");
    expect(sink.calls.flat().filter(({ record }) => record === "collector")).toHaveLength(3);
  });

  test("does not leave while Burrow answers anything, even that it is starting", async () => {
    burrow.setReady(false);
    const { reason } = await runFor(400, { leaveAfterUnreachable: () => 2 }, 0.05);
    expect(reason).toBe("stopped");
  });

  test("does not leave where it is not a sidecar", async () => {
    await burrow.close();
    expect((await runFor(400, { leaveAfterUnreachable: () => null }, 0.05)).reason).toBe("stopped");
  });

  test("ticks on multiples of the interval, once each", async () => {
    const stampsIn = ({ calls }: ReturnType<typeof make>["sink"]): readonly number[] =>
      calls
        .flat()
        .flatMap((document) => (document.record === "cluster" ? [Date.parse(document["@timestamp"])] : []));
    const { sink } = await runUntil((so) => stampsIn(so).length > 3, {}, 0.1);
    const stamps = stampsIn(sink);
    expect(stamps.every((stamp) => stamp % 100 === 0)).toBe(true);
    expect(new Set(stamps).size).toBe(stamps.length);
  });

  test("skips and counts the ticks that a slow Burrow makes it miss, and never overlaps", async () => {
    burrow.addFault(/billing/, { kind: "delay", ms: 250 });
    const ownIn = ({ calls }: ReturnType<typeof make>["sink"]) =>
      calls.flat().filter(({ record }) => record === "collector");
    const skippedIn = (so: ReturnType<typeof make>["sink"]): number => ownIn(so).at(-1)?.ticks_skipped ?? 0;
    const { sink, elapsedMs } = await runUntil((so) => skippedIn(so) >= 4, {}, 0.1);
    const ticks = ownIn(sink).map((document) => Date.parse(document["@timestamp"]));
    expect(ticks.length).toBeLessThanOrEqual(elapsedMs / 250 + 1);
    // Every tick from the first to the last was either taken or counted.
    expect(ticks.length + skippedIn(sink)).toBe(((ticks.at(-1) ?? 0) - (ticks[0] ?? 0)) / 100 + 1);
  });

  test("goes on after the spool refused a tick", async () => {
    let calls = 0;
    const sink = createMemorySink();
    const append: DocumentSink["append"] = async (batches) => {
      calls += 1;
      if (calls === 1) {
        throw new Error("disk full");
      }
      await sink.append(batches);
    };
    await runUntil(() => sink.calls.length > 2, { sink: { stats: () => null, append } }, 0.1);
    expect(calls).toBeGreaterThan(sink.calls.length);
  });
});
