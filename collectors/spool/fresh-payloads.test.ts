import { expect, test } from "vitest";
import { batchOf, groupOf } from "../../tests/fakes/documents.ts";
import {
  allStored,
  createSpoolBench,
  deliverAll,
  missingDocuments,
} from "../../tests/fakes/spool-on-crash-disk.ts";
import type { LeasedBatch, Spool } from "./contract.ts";
import { FreshPayloads } from "./fresh-payloads.ts";

async function takeOne(spool: Spool): Promise<LeasedBatch> {
  const lease = await spool.take();
  if (lease === undefined) throw new Error("nothing to take");
  return lease;
}

test("a new batch is handed out while the disk cannot be read, and what comes back is read from it", async () => {
  let nowMs = 1_000_000;
  const { disk, open } = createSpoolBench({ now: () => nowMs });
  const { spool } = await open();
  await spool.append([batchOf("a", 3)]);
  disk.readTrouble = "EIO";
  const lease = await takeOne(spool);
  expect(groupOf(lease)).toBe("a");
  spool.release(lease);
  expect(await spool.take()).toBeUndefined();
  disk.readTrouble = null;
  nowMs += 6_000;
  const again = await takeOne(spool);
  expect([groupOf(again), again.documents]).toEqual(["a", 3]);
  await spool.settle(again, allStored(again));
  expect(missingDocuments(spool)).toBe(0);
});

test("beyond the bound batches are read from the disk, in order with the others", async () => {
  // Room for two of these at most.
  const { disk, open } = createSpoolBench({ freshBytes: 250 });
  const { spool } = await open();
  await spool.append(["a", "b", "c", "d"].map((name) => batchOf(name, 3)));
  const reads = disk.reads;
  expect(await deliverAll(spool)).toEqual(["a", "b", "c", "d"]);
  expect(disk.reads - reads).toBeGreaterThan(0);
  expect(disk.reads - reads).toBeLessThan(4);
});

test("a backlog needs no memory: only what was written last is kept", async () => {
  const { disk, open } = createSpoolBench();
  const { spool } = await open();
  await spool.append([batchOf("a", 3)]);
  const one = spool.stats().freshBytes;
  expect(one).toBeGreaterThan(0);
  for (const name of ["b", "c", "d"]) await spool.append([batchOf(name, 3)]);
  expect(spool.stats().freshBytes).toBe(one);
  const reads = disk.reads;
  expect(await deliverAll(spool)).toEqual(["a", "b", "c", "d"]);
  expect(disk.reads - reads).toBe(3);
  expect(spool.stats().freshBytes).toBe(0);
});

test("a batch on disk is sent after a kill although it had been in memory", async () => {
  const { disk, open } = createSpoolBench();
  const { spool } = await open();
  await spool.append([batchOf("a", 3)]);
  disk.kill();
  expect(groupOf(await takeOne((await open()).spool))).toBe("a");
});

test("memory is given back when a batch is read, and when it is dropped unread", async () => {
  let nowMs = 0;
  const { open } = createSpoolBench({ now: () => nowMs, monotonicMs: () => nowMs, maxAgeMs: 1_000 });
  const { spool } = await open();
  await spool.append([batchOf("a", 3), batchOf("b", 3)]);
  const both = spool.stats().freshBytes;
  const lease = await takeOne(spool);
  expect(spool.stats().freshBytes).toBeLessThan(both);
  expect(spool.stats().freshBytes).toBeGreaterThan(0);
  await spool.settle(lease, allStored(lease));
  nowMs = 2_000;
  expect(await spool.take()).toBeUndefined();
  expect(spool.stats()).toMatchObject({ dropped: 3, freshBytes: 0 });
});

test("payloads are kept up to the bound and given out once", () => {
  const draft = (bytes: number) => ({
    payload: Buffer.alloc(bytes),
    codec: "none" as const,
    rawLength: bytes,
    documents: 1,
    minTimestampMs: 0,
    maxTimestampMs: 0,
  });
  const fresh = new FreshPayloads(10);
  fresh.keepOnly(1, [draft(6), draft(5), draft(4)]);
  expect(fresh.bytes).toBe(10);
  expect([1, 2, 3].map((sequence) => fresh.take(sequence)?.payload.length)).toEqual([6, undefined, 4]);
  expect(fresh.bytes).toBe(0);
  expect(fresh.take(1)).toBeUndefined();
});
