/** The whole collector on a disk that is full, read-only or damaged, for real: it goes on, and what is lost is counted. */
import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { encodeFileHeader } from "../../collectors/spool/record.ts";
import { type FakeElasticsearch, startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";
import { isRequired } from "./support/bounds.ts";
import {
  CLUSTER,
  type CollectorSetup,
  type CollectorUnderTest,
  LOG_PERIOD_MS,
  startCollector,
} from "./support/collector-under-test.ts";
import { reconcile } from "./support/reconcile.ts";
import { type World, startWorld, until } from "./support/world.ts";

const cleanups: (() => Promise<void> | void)[] = [];
let directory = "";
let world: World;
let elasticsearch: FakeElasticsearch;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-disk-"));
  world = await startWorld({ groups: 6, partitions: 16 });
  elasticsearch = await startFakeElasticsearch();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await world.burrow.close();
  await elasticsearch.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(setup: Partial<CollectorSetup> = {}): Promise<CollectorUnderTest> {
  const collector = await startCollector({
    burrow: world.burrow,
    elasticsearch: { url: elasticsearch.url },
    directory,
    ...setup,
  });
  cleanups.push(async () => collector.stop());
  return collector;
}

async function tick(collector: CollectorUnderTest): Promise<void> {
  world.live(collector.nowMs() + 30_000);
  await collector.tick();
}

async function expectDelivered(collector: CollectorUnderTest, lost: number): Promise<void> {
  await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
  expect(collector.auditor.faults).toEqual([]);
  const found = await reconcile(collector, elasticsearch);
  expect({ ...found, lost: found.lost.length }).toEqual({ lost, doubled: [], letIn: [] });
}

function mount(size: string): boolean {
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory]).status === 0;
  if (done) cleanups.push(() => void execFileSync("umount", ["-l", directory]));
  return done;
}

const root = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;

test("mounting works, or that is said", () => {
  process.stderr.write(
    root ? "" : "SKIPPED 3 tests: mounting a tmpfs needs root, full disks are not tried.\n",
  );
  expect(root || !isRequired("tmpfs")).toBe(true);
});

describe("a disk that is really full", () => {
  test.runIf(root)("of our own documents: the oldest go, counted, and the newest stay", async () => {
    expect(mount("96k")).toBe(true);
    elasticsearch.always({ kind: "status", status: 503 });
    const collector = await start();
    for (let count = 0; count < 80; count += 1) await tick(collector);
    expect((await collector.account()).lost).toBe(0);
    const lines = collector.said("LAGLINE_SPOOL_DROPPED");
    expect(lines[0]?.message).toMatch(/\d+ documents were dropped from the spool \(disk_full\)/);
    expect(lines.length).toBeLessThanOrEqual((80 * 30_000) / LOG_PERIOD_MS + 1);
    elasticsearch.always(null);
    await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
    const { droppedBy } = await collector.account();
    expect([...droppedBy.keys()]).toEqual(["disk_full"]);
    expect(droppedBy.get("disk_full")).toBeGreaterThan(100);
    await expectDelivered(collector, droppedBy.get("disk_full") ?? 0);
    const newest = new Date(collector.nowMs()).toISOString();
    expect([...elasticsearch.documents.values()].some((document) => document["@timestamp"] === newest)).toBe(
      true,
    );
  });

  test.runIf(root)(
    "of somebody else's files: our own space is used again, and nothing is lost while documents are taken",
    async () => {
      expect(mount("256k")).toBe(true);
      const collector = await start();
      await tick(collector);
      await until("the first tick", async () => (await collector.account()).waiting === 0);
      for (let count = 0; count < 15; count += 1) {
        // What was delivered gives its space back, so the disk is filled up before each tick.
        spawnSync("dd", ["if=/dev/zero", `of=${join(directory, `filler-${count}`)}`, "bs=1k", "count=1000"]);
        await tick(collector);
      }
      await expectDelivered(collector, 0);
      expect(await collector.account()).toMatchObject({ lost: 0 });
      expect(collector.ready()).toBe(true);
    },
  );
});

test.runIf(root)("a disk that is read-only is a start-up error with the directory in it", async () => {
  expect(mount("192k")).toBe(true);
  await (
    await startCollector({ burrow: world.burrow, elasticsearch: { url: elasticsearch.url }, directory })
  ).stop();
  execFileSync("mount", ["-o", "remount,ro", directory]);
  await expect(start()).rejects.toThrow(/spool directory .* cannot be used \(EROFS\)/);
});

const loops =
  root && spawnSync("losetup", ["--find"]).status === 0 && spawnSync("mkfs.ext4", ["-V"]).status === 0;

/** A file system of its own in a file, which can fail as a real one does. */
function mountFile(): { remount(): void; fail(): void } {
  const image = `${directory}.img`;
  cleanups.push(() => rm(image, { force: true }));
  const mountIt = (): void => void execFileSync("mount", ["-o", "loop", image, directory]);
  execFileSync("truncate", ["--size", "32M", image]);
  execFileSync("mkfs.ext4", ["-q", "-F", image]);
  mountIt();
  cleanups.push(() => void execFileSync("umount", ["-l", directory]));
  return {
    // As ext4 itself does after an error: read-only at once, with files open for writing.
    fail: () => void execFileSync("mount", ["-o", "remount,abort", directory]),
    remount() {
      execFileSync("umount", [directory]);
      mountIt();
    },
  };
}

test("loop devices work, or that is said", () => {
  process.stderr.write(
    loops ? "" : "SKIPPED 1 test: there is no loop device, a disk that fails in mid-run is not tried.\n",
  );
  expect(loops || !isRequired("loop")).toBe(true);
});

test.runIf(loops)(
  "a disk that turns read-only in mid-run: the ticks that it does not take are counted, what waits is delivered, and a mended disk goes on",
  async () => {
    const disk = mountFile();
    const collector = await start();
    await tick(collector);
    await until("the first tick", async () => (await collector.account()).waiting === 0);
    elasticsearch.always({ kind: "status", status: 503 });
    await tick(collector);
    const { waiting } = await collector.account();
    expect(waiting).toBeGreaterThan(100);
    disk.fail();
    for (let count = 0; count < 3; count += 1) await expect(tick(collector)).rejects.toThrow(/EROFS/);
    expect((await collector.account()).lost).toBeGreaterThan(300);
    expect(collector.said("LAGLINE_SPOOL_WRITE_FAILED")).toMatchObject([
      { level: "error", message: expect.stringContaining("Look at the disk of spool_directory") },
    ]);
    expect(collector.ready()).toBe(false);
    elasticsearch.always(null);
    await expectDelivered(collector, 0);
    await collector.stop();

    disk.remount();
    // Left on the read-only disk; another process would find its holder gone, this one is the holder.
    await rm(join(directory, "spool", CLUSTER, "lock"));
    const next = await start({ after: collector });
    // What was sent could not be noted on the read-only disk, so it comes again and is there already.
    const { recovered } = await next.account();
    expect(recovered).toBeGreaterThanOrEqual(waiting);
    await tick(next);
    await expectDelivered(next, 0);
    expect(await next.account()).toMatchObject({ duplicate: recovered, lost: 0 });
  },
);

const SMALL = { spool: { maximum_bytes: 1_048_576 } };

type Filled = { readonly run: CollectorUnderTest; readonly folder: string };

/** A spool of several segments, left by a run that met no Elasticsearch. */
async function fillSpool(): Promise<Filled> {
  const folder = await mkdtemp(join(tmpdir(), "lagline-filled-"));
  const busy = await startWorld({ groups: 6, partitions: 16 });
  const run = await startCollector({
    burrow: busy.burrow,
    elasticsearch: { url: "http://127.0.0.1:9" },
    settings: SMALL,
    directory: folder,
  });
  for (let count = 0; count < 120; count += 1) {
    busy.live(run.nowMs() + 30_000);
    await run.tick();
  }
  await run.stop();
  await busy.burrow.close();
  return { run, folder };
}

async function segments(): Promise<readonly string[]> {
  const folder = join(directory, "spool", CLUSTER);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".seg"));
  return names.toSorted((one, other) => one.localeCompare(other)).map((name) => join(folder, name));
}

async function change(file: string, how: (bytes: Buffer) => Buffer | void): Promise<void> {
  const bytes = await readFile(file);
  await writeFile(file, how(bytes) ?? bytes);
}

/** A file of a format that this build does not know. */
function headerOfVersion(version: number): Buffer {
  const header = encodeFileHeader(1, 0);
  header.writeUInt32LE(version, 8);
  header.writeUInt32LE(crc32(header.subarray(16), crc32(header.subarray(0, 12))), 12);
  return header;
}

const flipAt = (place: number) => (bytes: Buffer) => {
  const at = place % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (place % 8));
};

describe("a spool that is damaged starts, delivers what is good and counts the rest exactly", () => {
  let filled: Filled;

  beforeAll(async () => {
    filled = await fillSpool();
  }, 300_000);

  afterAll(async () => {
    await rm(filled.folder, { recursive: true, force: true });
  });

  const random = (seed: number): number => Math.imul(seed, 2_654_435_761) >>> 0;

  test.each([
    ["a bit flipped in the middle", async (file: string) => change(file, flipAt(random(1)))],
    [
      "ten bits flipped at random places",
      async (file: string) => {
        for (let seed = 2; seed < 12; seed += 1) await change(file, flipAt(random(seed)));
      },
    ],
    [
      "a hundred bits flipped at random places",
      async (file: string) => {
        for (let seed = 20; seed < 120; seed += 1) await change(file, flipAt(random(seed)));
      },
    ],
    [
      "a tail that is cut off",
      async (file: string) => truncate(file, Math.floor((await readFile(file)).length * 0.7)),
    ],
    ["a tail of one byte less", async (file: string) => truncate(file, (await readFile(file)).length - 1)],
    [
      "zeros in the middle",
      async (file: string) => change(file, (bytes) => void bytes.fill(0, 5_000, 9_000)),
    ],
    ["a length of zero", async (file: string) => truncate(file, 0)],
    [
      "garbage instead of a segment",
      async (file: string) => change(file, (bytes) => Buffer.alloc(bytes.length, 0x42)),
    ],
    ["another format version", async (file: string) => writeFile(file, headerOfVersion(99))],
    ["a segment that is gone", async (file: string) => rm(file)],
  ])("%s", async (_name, damage) => {
    await cp(filled.folder, directory, { recursive: true });
    const files = await segments();
    expect(files.length).toBeGreaterThan(1);
    // Each kind of damage to the first and to the last segment.
    const [first = "", last = ""] = [files[0], files.at(-1)];
    await damage(first);
    await damage(last);
    const collector = await start({ after: filled.run, settings: SMALL });
    await tick(collector);
    await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
    const account = await collector.account();
    const lost = account.droppedBy.get("corrupt") ?? 0;
    await expectDelivered(collector, lost);
    expect(account.recovered).toBe(filled.run.read.size);
    expect(lost).toBeLessThan(account.recovered);
    expect(
      collector.said("LAGLINE_SPOOL_DAMAGED").length + collector.said("LAGLINE_SPOOL_REPAIRED").length,
    ).toBe(1);
    process.stderr.write(`${_name}: ${lost} of ${filled.run.read.size} documents lost and counted.\n`);
  });
});
