/** The small parts of the spool by themselves. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CrashDisk } from "../../tests/fakes/crash-disk.ts";
import { groupOf } from "../../tests/fakes/documents.ts";
import { decodeAcknowledged, encodeAcknowledged, SequenceSet } from "./acknowledgements.ts";
import type { Codec } from "./compression.ts";
import { bestCodec, codecOfNumber, compress, decompress } from "./compression.ts";
import { DeadLetterStore } from "./dead-letters.ts";
import { createExclusive, Wakeup } from "./exclusive.ts";
import { openSpool } from "./open.ts";

const FIXTURES = join(import.meta.dirname, "../../tests/fixtures");

describe("compression", () => {
  test.each<Codec>(["none", "gzip", "zstd"])(
    "%s gives back what it got, and refuses to give more",
    (codec) => {
      const raw = Buffer.from('{"lag":1}\n'.repeat(500));
      const packed = compress(codec, raw);
      expect(decompress(codec, packed, raw.length)).toEqual(raw);
      const refuses = () => decompress(codec, packed, 100).length > 100;
      // Nothing to unpack, nothing that could grow.
      if (codec === "none") return;
      expect(refuses).toThrow(/length|size|larger|Cannot create a Buffer/i);
    },
  );

  test("knows its numbers, and is zstd on this Node", () => {
    expect([0, 1, 2, 3].map(codecOfNumber)).toEqual(["none", "zstd", "gzip", undefined]);
    expect(bestCodec()).toBe("zstd");
  });
});

describe("settled sequences", () => {
  test("are a set, whatever the order they come in", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 }), (numbers) => {
        const set = new SequenceSet();
        for (const number of numbers) set.add(number);
        const expected = new Set(numbers);
        for (let number = 0; number <= 62; number += 1) expect(set.has(number)).toBe(expected.has(number));
        // Ranges are sorted and never touch.
        const ends = set.ranges.flat();
        expect(ends).toEqual(ends.toSorted((a, b) => a - b));
        expect(set.ranges.every(([first], index) => first > (set.ranges[index - 1]?.[1] ?? -2) + 1)).toBe(
          true,
        );
        const read = decodeAcknowledged(
          encodeAcknowledged({ done: set, nextSequence: 61, nextDocument: 5, waitingDocuments: 3 }),
        );
        expect(read?.done.ranges).toEqual(set.ranges);
      }),
    );
  });

  test("are not believed when a byte of their file is wrong", () => {
    const bytes = encodeAcknowledged({
      done: new SequenceSet([[1, 5]]),
      nextSequence: 6,
      nextDocument: 50,
      waitingDocuments: 0,
    });
    for (let place = 0; place < bytes.length; place += 1) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      expect(decodeAcknowledged(damaged)).toBeUndefined();
    }
    expect(decodeAcknowledged(Buffer.alloc(0))).toBeUndefined();
  });
});

describe("dead letters", () => {
  const letter = {
    document: '{"a":1}',
    errorType: "e",
    reason: "r",
    status: 400,
    firstSeenMs: 0,
    attempts: 1,
  };
  const options = (disk: CrashDisk) => ({ disk, maxBytes: 100_000, version: "test", now: () => 0 });

  test("go to a new file after a write that failed half-way, so that no line is broken", async () => {
    const disk = new CrashDisk();
    const store = await DeadLetterStore.open(options(disk));
    await store.append([letter]);
    disk.trouble = { after: 0, times: 1, on: ["write"], code: "EIO", shortBytes: 20 };
    await expect(store.append([letter])).rejects.toMatchObject({ code: "LAGLINE_SPOOL_DEAD_LETTERS_FAILED" });
    await store.append([letter]);
    const files = (await disk.list()).map(({ name }) => name);
    expect(files).toEqual(["0000000001.ndjson", "0000000002.ndjson"]);
    const last = (await disk.readAll("0000000002.ndjson")).toString();
    expect(JSON.parse(last)).toMatchObject({ document: { a: 1 } });
  });

  test("make room among themselves on a full disk, and are refused when there is none", async () => {
    const disk = new CrashDisk();
    const dropped: number[] = [];
    const store = await DeadLetterStore.open({
      ...options(disk),
      maxBytes: 1_600,
      onDropped: (count) => dropped.push(count),
    });
    for (let index = 0; index < 6; index += 1) await store.append([letter]);
    disk.capacity = disk.used;
    await store.append([letter]);
    expect(dropped).toEqual([1]);
    disk.capacity = 0;
    await expect(store.append([letter])).rejects.toMatchObject({ retryable: true });
  });
});

describe("taking turns", () => {
  test("runs one task at a time, in order, also after one failed", async () => {
    const exclusive = createExclusive();
    const seen: string[] = [];
    const task = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`${name} ends`);
      if (name === "a") throw new Error("a failed");
    };
    const results = await Promise.allSettled([exclusive(task("a")), exclusive(task("b"))]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("keeps a wake-up that nobody waited for", async () => {
    const wakeup = new Wakeup();
    wakeup.wake();
    const startedMs = performance.now();
    await wakeup.wait({ timeoutMs: 5_000 });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});

// Every released format stays readable: a collector that is updated finds what the old one left.
test.each(["spool-v1"])("reads the spool of format %s", async (format) => {
  const directory = await mkdtemp(join(tmpdir(), "lagline-golden-"));
  await cp(join(FIXTURES, format), directory, { recursive: true });
  const { spool, recovery } = await openSpool({
    directory,
    version: "test",
    maxAgeMs: Number.MAX_SAFE_INTEGER,
  });
  expect(recovery).toMatchObject({ documents: 5, batches: 2, lostDocuments: 0, damagedBytes: 0 });
  const names: string[] = [];
  for (let lease = await spool.take(); lease !== undefined; lease = await spool.take())
    names.push(groupOf(lease));
  expect(names).toEqual(["kept", "rest"]);
  await spool.close();
  await rm(directory, { recursive: true, force: true });
});
