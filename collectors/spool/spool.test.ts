import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batchOf, groupOf, linesOf } from "../../tests/fakes/documents.ts";
import { allStored } from "../../tests/fakes/spool-on-crash-disk.ts";
import type { DropReason, LeasedBatch, Spool } from "./contract.ts";
import type { SpoolOptions } from "./open.ts";
import { openSpool } from "./open.ts";

let directory = "";
const open: Spool[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-spool-"));
});

afterEach(async () => {
  for (const spool of open.splice(0)) {
    expectConserved(spool);
    await spool.close();
  }
  await rm(directory, { recursive: true, force: true });
});

async function openHere(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const { spool } = await openSpool({ directory, version: "test", ...options });
  open.push(spool);
  return spool;
}

function expectConserved(spool: Spool): void {
  const s = spool.stats();
  expect(s.stored + s.duplicate + s.deadLettered + s.dropped + s.documents).toBe(s.recovered + s.accepted);
}

async function takeOne(spool: Spool): Promise<LeasedBatch> {
  const lease = await spool.take();
  if (lease === undefined) throw new Error("nothing to take");
  return lease;
}

function* broken() {
  yield batchOf("a", 3);
  throw new Error("scrape broke");
}

async function* slowBatches() {
  yield batchOf("a", 3);
  yield await Promise.resolve(batchOf("b", 2));
}

const letter = (document: string) => ({
  document,
  errorType: "document_parsing_exception",
  reason: "failed to parse",
  status: 400,
  firstSeenMs: 0,
  attempts: 1,
});

describe("when the disk or the caller gets it wrong", () => {
  test("refuses a settlement that does not add up", async () => {
    const spool = await openHere();
    await spool.append([batchOf("a", 3)]);
    const lease = await takeOne(spool);
    await expect(spool.settle(lease, { ...allStored(lease), stored: 2 })).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_SETTLEMENT_WRONG",
    });
    await spool.settle(lease, allStored(lease));
  });

  test("refuses to settle a batch twice", async () => {
    const spool = await openHere();
    await spool.append([batchOf("a", 3)]);
    const lease = await takeOne(spool);
    await spool.settle(lease, allStored(lease));
    await expect(spool.settle(lease, allStored(lease))).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_NOT_LEASED",
    });
  });

  test("accepts nothing of a call whose generator throws", async () => {
    const spool = await openHere();
    await expect(spool.append(broken())).rejects.toThrow("scrape broke");
    expect(spool.stats()).toMatchObject({ documents: 0, accepted: 0 });
    expect(await spool.take()).toBeUndefined();
  });

  test("refuses an append that can never fit and stays usable", async () => {
    const spool = await openHere({ maxBytes: 200 });
    await expect(spool.append([batchOf("a", 500)])).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_APPEND_TOO_LARGE",
    });
    expect(spool.stats()).toMatchObject({ rejected: 500, accepted: 0, documents: 0 });
  });

  test("refuses work after it was closed", async () => {
    const spool = await openHere();
    await spool.close();
    await expect(spool.append([batchOf("a", 1)])).rejects.toMatchObject({ code: "LAGLINE_SPOOL_CLOSED" });
    expect(await spool.take()).toBeUndefined();
  });

  test("refuses a directory that a file stands in for", async () => {
    await expect(openSpool({ directory: "/dev/null/spool", version: "test" })).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_UNUSABLE",
    });
  });
});

describe("delivery", () => {
  test("hands out what was appended, once, byte for byte", async () => {
    const spool = await openHere();
    const batches = [batchOf("a", 3), batchOf("b", 2)];
    await spool.append(batches);
    const first = await takeOne(spool);
    const second = await takeOne(spool);
    expect(first.ndjson).toEqual(batches[0]?.ndjson);
    expect(second.ndjson).toEqual(batches[1]?.ndjson);
    expect(await spool.take()).toBeUndefined();
    expect(spool.stats().documents).toBe(5);
  });

  test("takes an async generator", async () => {
    const spool = await openHere();
    await spool.append(slowBatches());
    expect(spool.stats()).toMatchObject({ accepted: 5, batches: 2 });
  });

  test("keeps unsettled batches over a restart and forgets settled ones", async () => {
    const before = await openHere();
    await before.append([batchOf("a", 3), batchOf("b", 2), batchOf("c", 1)]);
    const settled = await takeOne(before);
    await before.settle(settled, allStored(settled));
    await takeOne(before);
    await before.close();
    const after = await openHere();
    expect(after.stats()).toMatchObject({ recovered: 3, documents: 3, batches: 2 });
    expect(groupOf(await takeOne(after))).toBe("b");
    expect(groupOf(await takeOne(after))).toBe("c");
  });

  test("sends the remainder again with its age, its attempts and its refusal, also after a restart", async () => {
    let nowMs = 1_000_000;
    const before = await openHere({ now: () => nowMs });
    await before.append([batchOf("a", 3)]);
    const lease = await takeOne(before);
    nowMs += 60_000;
    const rest = batchOf("a", 1);
    await before.settle(lease, {
      stored: 2,
      duplicate: 0,
      deadLetters: [],
      remaining: rest,
      refusedSinceMs: nowMs,
    });
    await before.close();
    const after = await openHere({ now: () => nowMs });
    const again = await takeOne(after);
    expect(linesOf(again)).toEqual(linesOf(rest));
    expect(again).toMatchObject({
      acceptedAtMs: 1_000_000,
      attempts: 1,
      refusedSinceMs: 1_060_000,
      documents: 1,
    });
    expect(await after.take()).toBeUndefined();
  });

  test("holds a batch back until its time", async () => {
    let nowMs = 1_000_000;
    const spool = await openHere({ now: () => nowMs });
    await spool.append([batchOf("a", 3)]);
    spool.release(await takeOne(spool), nowMs + 5_000);
    expect(await spool.take()).toBeUndefined();
    nowMs += 5_000;
    expect(await takeOne(spool)).toMatchObject({ attempts: 0, documents: 3 });
  });

  test("lets live batches and backlog take turns, each oldest first", async () => {
    let clock = 0;
    const spool = await openHere({ monotonicMs: () => clock, liveWindowMs: 1_000 });
    for (const name of ["old-1", "old-2", "old-3"]) await spool.append([batchOf(name, 1)]);
    clock = 5_000;
    for (const name of ["new-1", "new-2", "new-3"]) await spool.append([batchOf(name, 1)]);
    const order: string[] = [];
    for (let index = 0; index < 6; index += 1) order.push(groupOf(await takeOne(spool)));
    expect(order).toEqual(["new-1", "old-1", "new-2", "old-2", "new-3", "old-3"]);
  });

  test("keeps to the age of batches that come back, whatever was tried last", async () => {
    let clock = 0;
    const spool = await openHere({ monotonicMs: () => clock, liveWindowMs: 1_000 });
    for (const name of ["a", "b", "c", "d"]) {
      await spool.append([batchOf(name, 1)]);
      clock += 500;
      // Elasticsearch takes neither the oldest nor the newest.
      const leases = [await spool.take(), await spool.take()];
      for (const lease of leases) if (lease !== undefined) spool.release(lease);
      clock += 1_500;
    }
    const order: string[] = [];
    for (let index = 0; index < 4; index += 1) order.push(groupOf(await takeOne(spool)));
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  test("hands out live batches only while the backlog is held back", async () => {
    let clock = 0;
    const spool = await openHere({ monotonicMs: () => clock, liveWindowMs: 1_000 });
    await spool.append([batchOf("old", 1)]);
    clock = 5_000;
    await spool.append([batchOf("new", 1)]);
    expect(groupOf((await spool.take({ backlog: false })) ?? batchOf("none", 1))).toBe("new");
    expect(await spool.take({ backlog: false })).toBeUndefined();
    expect(groupOf(await takeOne(spool))).toBe("old");
  });

  test("wakes a waiting reader when something is appended, and not before", async () => {
    const spool = await openHere();
    let woken = false;
    const waiting = spool.wait({ timeoutMs: 10_000 }).then(() => (woken = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(woken).toBe(false);
    await spool.append([batchOf("a", 1)]);
    await waiting;
    expect(woken).toBe(true);
  });

  test("stops waiting when the signal aborts", async () => {
    const spool = await openHere();
    const stop = new AbortController();
    const waiting = spool.wait({ timeoutMs: 60_000, signal: stop.signal });
    stop.abort();
    await waiting;
    expect(stop.signal.aborted).toBe(true);
  });
});

describe("bounds", () => {
  test("drops the oldest segments above its size, counts them and keeps the newest", async () => {
    const dropped: [DropReason, number][] = [];
    const spool = await openHere({
      maxBytes: 8_000,
      segmentBytes: 1_000,
      events: { dropped: (reason, documents) => dropped.push([reason, documents]) },
    });
    for (let index = 0; index < 100; index += 1) {
      await spool.append([batchOf(`group-${index}`, 10)]);
      expect(spool.stats().bytes).toBeLessThanOrEqual(8_000);
      expectConserved(spool);
    }
    const stats = spool.stats();
    expect(stats.droppedBy.size).toBeGreaterThan(0);
    expect(dropped.reduce((sum, [, documents]) => sum + documents, 0)).toBe(stats.dropped);
    const names: string[] = [];
    for (let lease = await spool.take(); lease !== undefined; lease = await spool.take())
      names.push(groupOf(lease));
    expect(names.at(-1)).toBe("group-99");
    expect(names).toHaveLength(100 - stats.dropped / 10);
  });

  test("drops what is too old by the monotonic clock", async () => {
    let clock = 0;
    const spool = await openHere({ monotonicMs: () => clock, maxAgeMs: 1_000 });
    await spool.append([batchOf("old", 4)]);
    clock = 900;
    await spool.append([batchOf("new", 1)]);
    clock = 1_500;
    expect(groupOf(await takeOne(spool))).toBe("new");
    expect(spool.stats()).toMatchObject({ dropped: 4, droppedBy: { age: 4 } });
  });

  test("drops what is too old while younger batches are tried in vain", async () => {
    let clock = 0;
    const spool = await openHere({ monotonicMs: () => clock, liveWindowMs: 1_000, maxAgeMs: 5_000 });
    for (let tick = 0; tick < 20; tick += 1) {
      await spool.append([batchOf(`tick-${tick}`, 1)]);
      const leases = [await spool.take(), await spool.take()];
      for (const lease of leases) if (lease !== undefined) spool.release(lease);
      clock += 1_000;
      expect(spool.stats().documents).toBeLessThanOrEqual(6);
      expectConserved(spool);
    }
    expect(spool.stats().droppedBy).toMatchObject({ age: 14 });
  });

  test("drops nothing when the wall clock jumps a year ahead", async () => {
    let nowMs = 1_000_000;
    const spool = await openHere({ now: () => nowMs, maxAgeMs: 1_000 });
    await spool.append([batchOf("a", 4)]);
    nowMs += 365 * 86_400_000;
    expect(await takeOne(spool)).toMatchObject({ documents: 4 });
  });

  test("counts a leased batch once when its segment is dropped under it", async () => {
    const spool = await openHere({ maxBytes: 4_000, segmentBytes: 500 });
    await spool.append([batchOf("leased", 10)]);
    const settled = await takeOne(spool);
    await spool.append([batchOf("leased-too", 10)]);
    const released = await takeOne(spool);
    for (let index = 0; index < 40; index += 1) await spool.append([batchOf(`group-${index}`, 10)]);
    expectConserved(spool);
    await spool.settle(settled, allStored(settled));
    expectConserved(spool);
    const before = spool.stats().dropped;
    spool.release(released);
    expect(spool.stats().dropped).toBe(before + 10);
  });

  test("gives space back when everything is settled", async () => {
    const spool = await openHere({ segmentBytes: 1_000 });
    for (let index = 0; index < 50; index += 1) await spool.append([batchOf(`group-${index}`, 10)]);
    expect(spool.stats().segments).toBeGreaterThan(5);
    for (let lease = await spool.take(); lease !== undefined; lease = await spool.take()) {
      await spool.settle(lease, allStored(lease));
    }
    expect(spool.stats()).toMatchObject({ segments: 1, stored: 500 });
    await spool.close();
    const files = (await readdir(directory)).filter((name) => name.endsWith(".seg"));
    expect(files).toEqual([]);
  });
});

describe("dead letters", () => {
  test("are written with document, reason and attempts before the batch is forgotten", async () => {
    const spool = await openHere();
    await spool.append([batchOf("a", 2)]);
    const lease = await takeOne(spool);
    const bad = linesOf(lease)[0] ?? "";
    await spool.settle(lease, { stored: 1, duplicate: 0, deadLetters: [letter(bad)], remaining: null });
    const [file] = await readdir(join(directory, "dead-letter"));
    const entry: unknown = JSON.parse(await readFile(join(directory, "dead-letter", file ?? ""), "utf8"));
    expect(entry).toMatchObject({
      document: JSON.parse(bad),
      error_type: "document_parsing_exception",
      status: 400,
      attempts: 1,
      collector_version: "test",
    });
    expect(spool.stats()).toMatchObject({ deadLettered: 1, deadLetters: { documents: 1, dropped: 0 } });
  });

  test("keep text that is no JSON as a string and cut the reason at 512 characters", async () => {
    const spool = await openHere();
    await spool.append([batchOf("a", 1)]);
    const lease = await takeOne(spool);
    const deadLetters = [{ ...letter("{not json"), reason: "x".repeat(5_000) }];
    await spool.settle(lease, { stored: 0, duplicate: 0, deadLetters, remaining: null });
    const [file] = await readdir(join(directory, "dead-letter"));
    const entry: unknown = JSON.parse(await readFile(join(directory, "dead-letter", file ?? ""), "utf8"));
    expect(entry).toMatchObject({ document_text: "{not json", reason: "x".repeat(512) });
  });

  test("stay within their bound, drop the oldest and count them, and are counted again after a restart", async () => {
    const spool = await openHere({ deadLetterMaxBytes: 8_000 });
    for (let index = 0; index < 40; index += 1) {
      await spool.append([batchOf(`group-${index}`, 2)]);
      const lease = await takeOne(spool);
      await spool.settle(lease, {
        stored: 0,
        duplicate: 0,
        deadLetters: linesOf(lease).map(letter),
        remaining: null,
      });
    }
    const { deadLetters, deadLettered } = spool.stats();
    expect(deadLetters.bytes).toBeLessThanOrEqual(8_000);
    expect(deadLetters.dropped).toBeGreaterThan(0);
    expect(deadLetters.documents + deadLetters.dropped).toBe(deadLettered);
    await spool.close();
    const again = await openHere({ deadLetterMaxBytes: 8_000 });
    expect(again.stats().deadLetters).toMatchObject({
      documents: deadLetters.documents,
      bytes: deadLetters.bytes,
    });
  });
});

test("keeps directory and files to its own user", async () => {
  const spool = await openHere();
  await spool.append([batchOf("a", 1)]);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(directory)) {
    expect((await stat(join(directory, name))).mode & 0o077 & (name === "lock.socket" ? 0 : 0o777)).toBe(0);
  }
});
