import { describe, expect, test } from "vitest";
import type { DiskTrouble } from "../../tests/fakes/crash-disk.ts";
import { batchOf } from "../../tests/fakes/documents.ts";
import { createSpoolBench, deliverAll, missingDocuments } from "../../tests/fakes/spool-on-crash-disk.ts";

const trouble = (part: Partial<DiskTrouble>): DiskTrouble => ({
  after: 0,
  times: 1,
  on: "all",
  code: "EIO",
  ...part,
});

describe("an error of the disk", () => {
  test.each(["write", "datasync", "create", "syncDirectory"] as const)(
    "on %s gives the segment up and writes the batch to another one",
    async (operation) => {
      const { disk, open } = createSpoolBench();
      const { spool } = await open();
      if (operation !== "create" && operation !== "syncDirectory") await spool.append([batchOf("before", 2)]);
      disk.trouble = trouble({ on: [operation] });
      await spool.append([batchOf("a", 3)]);
      await spool.append([batchOf("b", 3)]);
      expect(spool.stats()).toMatchObject({ rejected: 0, dropped: 0 });
      disk.powerCut(() => false);
      const again = await open();
      expect((await deliverAll(again.spool)).filter((name) => name !== "before")).toEqual(["a", "b"]);
      expect(missingDocuments(again.spool)).toBe(0);
    },
  );

  test("that stays refuses the append, keeps what was there, and goes away by itself", async () => {
    const { disk, open } = createSpoolBench();
    const { spool } = await open();
    await spool.append([batchOf("before", 2)]);
    disk.trouble = trouble({ on: ["datasync"], times: Number.POSITIVE_INFINITY });
    await expect(spool.append([batchOf("refused", 3)])).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_WRITE_FAILED",
      retryable: true,
    });
    expect(spool.stats()).toMatchObject({ rejected: 3, documents: 2 });
    disk.trouble = null;
    await spool.append([batchOf("after", 1)]);
    expect(await deliverAll(spool)).toEqual(["before", "after"]);
    expect(missingDocuments(spool)).toBe(0);
  });

  test("in the middle of a write leaves no half batch behind, also not after a kill", async () => {
    for (let shortBytes = 0; shortBytes < 400; shortBytes += 7) {
      const { disk, open } = createSpoolBench();
      const { spool } = await open();
      await spool.append([batchOf("before", 2)]);
      disk.trouble = trouble({ on: ["write"], shortBytes, times: Number.POSITIVE_INFINITY });
      await expect(spool.append([batchOf("a", 9), batchOf("b", 9)])).rejects.toThrow("EIO");
      disk.kill();
      const again = await open();
      expect(await deliverAll(again.spool)).toEqual(["before"]);
    }
  });

  test("while a dead letter is written keeps the batch", async () => {
    const { deadLetterDisk, open } = createSpoolBench();
    const { spool } = await open();
    await spool.append([batchOf("a", 1)]);
    const lease = await spool.take();
    if (lease === undefined) throw new Error("nothing to take");
    deadLetterDisk.trouble = trouble({ on: ["datasync"] });
    const letter = { document: "{}", errorType: "e", reason: "r", status: 400, firstSeenMs: 0, attempts: 1 };
    const settlement = { stored: 0, duplicate: 0, deadLetters: [letter], remaining: null };
    await expect(spool.settle(lease, settlement)).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_DEAD_LETTERS_FAILED",
    });
    expect(spool.stats()).toMatchObject({ documents: 1, deadLettered: 0 });
    await spool.settle(lease, settlement);
    expect(spool.stats()).toMatchObject({ documents: 0, deadLettered: 1 });
  });

  test("while reading is tried again and loses nothing", async () => {
    let nowMs = 1_000_000;
    const { disk, open } = createSpoolBench({ now: () => nowMs, freshBytes: 0 });
    const { spool } = await open();
    await spool.append([batchOf("a", 3)]);
    disk.readTrouble = "EMFILE";
    expect(await spool.take()).toBeUndefined();
    disk.readTrouble = null;
    nowMs += 6_000;
    expect(await deliverAll(spool)).toEqual(["a"]);
  });
});

describe("a disk that takes few bytes at a time", () => {
  test("gets everything all the same", async () => {
    const { disk, open } = createSpoolBench();
    disk.shortWrites = 7;
    const { spool } = await open();
    await spool.append([batchOf("a", 50), batchOf("b", 50)]);
    disk.powerCut(() => false);
    expect(await deliverAll((await open()).spool)).toEqual(["a", "b"]);
  });
});

describe("a full disk", () => {
  test("costs the oldest segments, counted, and never the newest batch", async () => {
    const { disk, open } = createSpoolBench({ segmentBytes: 600 });
    disk.capacity = 5_000;
    const { spool } = await open();
    for (let index = 0; index < 60; index += 1) await spool.append([batchOf(`group-${index}`, 10)]);
    const stats = spool.stats();
    expect(stats.droppedBy.disk_full).toBeGreaterThan(0);
    expect(stats.rejected).toBe(0);
    const names = await deliverAll(spool);
    expect(names.at(-1)).toBe("group-59");
    expect(names).toHaveLength(60 - stats.dropped / 10);
    expect(missingDocuments(spool)).toBe(0);
  });

  test("refuses a batch when nothing is left to drop, and takes it once there is room", async () => {
    const { disk, open } = createSpoolBench();
    const { spool } = await open();
    disk.capacity = 60;
    await expect(spool.append([batchOf("a", 10)])).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_DISK_FULL",
      retryable: true,
    });
    disk.capacity = Number.POSITIVE_INFINITY;
    await spool.append([batchOf("a", 10)]);
    expect(await deliverAll(spool)).toEqual(["a"]);
    expect(missingDocuments(spool)).toBe(0);
  });

  test("still gives space back when nothing can be written down", async () => {
    const failures: Error[] = [];
    const { disk, open } = createSpoolBench({
      segmentBytes: 600,
      events: { acknowledgementsNotWritten: (error) => failures.push(error) },
    });
    const { spool } = await open();
    for (let index = 0; index < 20; index += 1) await spool.append([batchOf(`group-${index}`, 10)]);
    disk.capacity = disk.used;
    const before = disk.used;
    await deliverAll(spool);
    expect(failures.length).toBeGreaterThan(0);
    expect(disk.used).toBeLessThan(before / 4);
    await spool.append([batchOf("more", 10)]);
    expect(await deliverAll(spool)).toEqual(["more"]);
  });
});
