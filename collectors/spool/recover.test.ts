import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { batchOf } from "../../tests/fakes/documents.ts";
import type { SpoolBench } from "../../tests/fakes/spool-on-crash-disk.ts";
import { createSpoolBench, deliverAll, missingDocuments } from "../../tests/fakes/spool-on-crash-disk.ts";
import { encodeFileHeader, RECORD_HEADER_BYTES } from "./record.ts";

/** A spool with one batch per group; each group in a segment of its own when `segmentBytes` is small. */
async function filled(groups: readonly string[], segmentBytes = 1_000_000): Promise<SpoolBench> {
  const bench = createSpoolBench({ segmentBytes });
  const { spool } = await bench.open();
  for (const name of groups) await spool.append([batchOf(name, 10)]);
  bench.disk.kill();
  return bench;
}

/** The same, closed in order: the list of what is settled also says how much waits. */
async function closed(groups: readonly string[], segmentBytes: number): Promise<SpoolBench> {
  const bench = createSpoolBench({ segmentBytes });
  const { spool } = await bench.open();
  for (const name of groups) await spool.append([batchOf(name, 10)]);
  await spool.close();
  return bench;
}

async function segments(bench: SpoolBench): Promise<readonly string[]> {
  return (await bench.disk.list()).map(({ name }) => name).filter((name) => name.endsWith(".seg"));
}

const flip = (place: number) => (bytes: Buffer) => {
  bytes[place] = (bytes[place] ?? 0) ^ 0xff;
  return bytes;
};

/** The checksum has to fit, or the file counts as damaged. */
function headerOfVersion(version: number): Buffer {
  const header = encodeFileHeader(1, 0);
  header.writeUInt32LE(version, 8);
  header.writeUInt32LE(crc32(header.subarray(16), crc32(header.subarray(0, 12))), 12);
  return header;
}

describe("known bad states", () => {
  test("a zero-length segment is removed", async () => {
    const bench = await filled(["a"]);
    await bench.disk.create("0000000099.seg");
    const { spool, recovery } = await bench.open();
    expect(recovery).toMatchObject({ documents: 10, lostDocuments: 0, quarantined: [] });
    expect(await deliverAll(spool)).toEqual(["a"]);
    await spool.append([batchOf("b", 1)]);
    expect(await deliverAll(spool)).toEqual(["b"]);
  });

  test("a segment of another version is set aside and does not stop the start", async () => {
    const bench = await filled(["a"]);
    const [name = ""] = await segments(bench);
    bench.disk.damage(name, () => headerOfVersion(99));
    const { spool, recovery } = await bench.open();
    expect(recovery.quarantined).toEqual([{ file: name, reason: "its format version 99 is not known" }]);
    expect(spool.stats().quarantinedFiles).toBe(1);
    expect((await bench.disk.list()).map((file) => file.name)).toContain(`${name}.unreadable`);
  });

  test("a segment full of garbage is set aside", async () => {
    const bench = await filled(["a", "b"], 300);
    const [name = ""] = await segments(bench);
    bench.disk.damage(name, (bytes) => Buffer.alloc(bytes.length, 0x42));
    const { spool, recovery } = await bench.open();
    expect(recovery.quarantined).toEqual([{ file: name, reason: "no record in it can be read" }]);
    expect(await deliverAll(spool)).toEqual(["b"]);
  });

  test("a damaged file header costs nothing", async () => {
    const bench = await filled(["a", "b"]);
    const [name = ""] = await segments(bench);
    bench.disk.damage(name, flip(20));
    expect(await deliverAll((await bench.open()).spool)).toEqual(["a", "b"]);
  });

  test("a damaged list of settled batches sends them again and loses none", async () => {
    const bench = createSpoolBench();
    const { spool } = await bench.open();
    await spool.append([batchOf("a", 10), batchOf("b", 10)]);
    const lease = await spool.take();
    if (lease === undefined) throw new Error("nothing to take");
    await spool.settle(lease, { stored: 10, duplicate: 0, deadLetters: [], remaining: null });
    await spool.close();
    bench.disk.damage("acknowledged", flip(12));
    const again = await bench.open();
    expect(again.recovery.acknowledgementsReadable).toBe(false);
    expect(await deliverAll(again.spool)).toEqual(["a", "b"]);
    expect(again.spool.stats().dropped).toBe(0);
  });

  test("files of somebody else are left alone", async () => {
    const bench = await filled(["a"]);
    await bench.disk.create("history-orders.bin");
    await bench.open();
    expect((await bench.disk.list()).map(({ name }) => name)).toContain("history-orders.bin");
  });
});

describe("what is lost", () => {
  test("is counted exactly when a payload is damaged", async () => {
    const bench = await filled(["a", "b", "c"]);
    const [name = ""] = await segments(bench);
    bench.disk.damage(name, flip(32 + RECORD_HEADER_BYTES + 5));
    const { spool, recovery } = await bench.open();
    expect(recovery).toMatchObject({ documents: 20, lostDocuments: 10 });
    expect(spool.stats()).toMatchObject({
      recovered: 30,
      dropped: 10,
      droppedBy: { corrupt: 10 },
      documents: 20,
    });
    expect(await deliverAll(spool)).toEqual(["b", "c"]);
  });

  test("is counted exactly when a record header is damaged, by the numbers of its neighbours", async () => {
    const bench = await filled(["a", "b", "c"]);
    const [name = ""] = await segments(bench);
    const middle = (await bench.disk.readAll(name)).indexOf("LREC", 40);
    bench.disk.damage(name, flip(middle + 20));
    const { spool, recovery } = await bench.open();
    expect(recovery).toMatchObject({ documents: 20, lostDocuments: 10 });
    expect(await deliverAll(spool)).toEqual(["a", "c"]);
    expect(missingDocuments(spool)).toBe(0);
  });

  test.each([
    ["the first segment is empty", 0, (bytes: Buffer) => bytes.subarray(0, 0)],
    ["the last segment is empty", -1, (bytes: Buffer) => bytes.subarray(0, 0)],
    ["the last byte is missing", -1, (bytes: Buffer) => bytes.subarray(0, -1)],
    ["the first segment is garbage", 0, (bytes: Buffer) => Buffer.alloc(bytes.length, 0x42)],
    ["the last segment is of another version", -1, () => headerOfVersion(99)],
  ])("is counted exactly when %s, also after a second start", async (_name, which, damage) => {
    const bench = await closed(["a", "b", "c", "d"], 300);
    const name = (await segments(bench)).at(which) ?? "";
    bench.disk.damage(name, damage);
    const { spool, recovery } = await bench.open();
    expect(recovery).toMatchObject({ documents: 30, lostDocuments: 10 });
    expect(spool.stats()).toMatchObject({ recovered: 40, droppedBy: { corrupt: 10 }, documents: 30 });
    await spool.append([batchOf("e", 7)]);
    await spool.close();
    const again = await bench.open();
    expect(again.recovery).toMatchObject({ documents: 37, lostDocuments: 0 });
    expect(await deliverAll(again.spool)).toEqual(which === 0 ? ["b", "c", "d", "e"] : ["a", "b", "c", "e"]);
  });

  test("is counted exactly when every segment is gone", async () => {
    const bench = await closed(["a", "b"], 300);
    for (const name of await segments(bench)) await bench.disk.remove(name);
    expect((await bench.open()).recovery).toMatchObject({ documents: 0, lostDocuments: 20 });
    expect((await bench.open()).recovery).toMatchObject({ lostDocuments: 0 });
  });

  test("is not counted for batches that were settled", async () => {
    const bench = createSpoolBench();
    const { spool } = await bench.open();
    await spool.append([batchOf("a", 10), batchOf("b", 10), batchOf("c", 10)]);
    await spool.take();
    const second = await spool.take();
    if (second === undefined) throw new Error("nothing to take");
    await spool.settle(second, { stored: 10, duplicate: 0, deadLetters: [], remaining: null });
    await spool.close();
    const [name = ""] = await segments(bench);
    const middle = (await bench.disk.readAll(name)).indexOf("LREC", 40);
    bench.disk.damage(name, flip(middle + 20));
    expect((await bench.open()).recovery).toMatchObject({ documents: 20, lostDocuments: 0 });
  });

  test("is found when the batch is read, if the damage comes later", async () => {
    const bench = createSpoolBench({ freshBytes: 0 });
    const { spool } = await bench.open();
    await spool.append([batchOf("a", 10), batchOf("b", 5)]);
    const [name = ""] = await segments(bench);
    bench.disk.damage(name, flip(32 + RECORD_HEADER_BYTES + 5));
    expect(await deliverAll(spool)).toEqual(["b"]);
    expect(spool.stats()).toMatchObject({ dropped: 10, droppedBy: { corrupt: 10 } });
    expect(missingDocuments(spool)).toBe(0);
  });

  test("is nothing when a damaged remainder still has its whole batch", async () => {
    const bench = createSpoolBench();
    const { spool } = await bench.open();
    await spool.append([batchOf("a", 10)]);
    const lease = await spool.take();
    if (lease === undefined) throw new Error("nothing to take");
    const remaining = batchOf("rest", 4);
    await spool.settle(lease, { stored: 6, duplicate: 0, deadLetters: [], remaining });
    bench.disk.kill();
    const [name = ""] = await segments(bench);
    const second = (await bench.disk.readAll(name)).indexOf("LREC", 40);
    bench.disk.damage(name, flip(second + RECORD_HEADER_BYTES + 3));
    const again = await bench.open();
    expect(again.recovery).toMatchObject({ documents: 10, lostDocuments: 0 });
    expect(await deliverAll(again.spool)).toEqual(["a"]);
  });
});

test("never uses a number twice, also when every segment is gone", async () => {
  const bench = createSpoolBench();
  const first = await bench.open();
  await first.spool.append([batchOf("a", 1), batchOf("b", 1)]);
  expect(await deliverAll(first.spool)).toEqual(["a", "b"]);
  await first.spool.close();
  expect(await segments(bench)).toEqual([]);
  const second = await bench.open();
  await second.spool.append([batchOf("c", 1)]);
  expect((await second.spool.take())?.sequence).toBe(3);
});
