/** `collector.outputs.file` on disks that fail for real: Elasticsearch gets everything, and the files hold whole lines. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FakeElasticsearch, startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";
import { isRequired } from "./support/bounds.ts";
import {
  CLUSTER,
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
  directory = await mkdtemp(join(tmpdir(), "lagline-file-output-"));
  world = await startWorld({ groups: 6, partitions: 16 });
  elasticsearch = await startFakeElasticsearch();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await world.burrow.close();
  await elasticsearch.stop();
  await rm(directory, { recursive: true, force: true });
});

const target = (): string => join(directory, "documents");

async function start(file: Record<string, unknown> = {}): Promise<CollectorUnderTest> {
  const collector = await startCollector({
    burrow: world.burrow,
    elasticsearch: { url: elasticsearch.url },
    settings: { bulk_bytes: 65_536, outputs: { file: { directory: target(), file_bytes: 65_536, ...file } } },
  });
  cleanups.push(async () => collector.stop());
  return collector;
}

async function tick(collector: CollectorUnderTest): Promise<void> {
  world.live(collector.nowMs() + 30_000);
  await collector.tick();
}

async function expectDelivered(collector: CollectorUnderTest): Promise<void> {
  await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
  expect(collector.auditor.faults).toEqual([]);
  const found = await reconcile(collector, elasticsearch);
  expect({ ...found, lost: found.lost.length }).toEqual({ lost: 0, doubled: [], letIn: [] });
  expect(await collector.account()).toMatchObject({ lost: 0 });
  expect(collector.ready()).toBe(true);
}

async function linesIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ndjson")).toSorted();
  const texts = await Promise.all(names.map(async (name) => readFile(join(folder, name), "utf8")));
  const text = texts.join("");
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text.split("\n").slice(0, -1);
}

async function counted(
  collector: CollectorUnderTest,
): Promise<{ written: number; lost: Record<string, number> }> {
  const text = await collector.metrics();
  const value = (pattern: RegExp) => [...text.matchAll(pattern)];
  return {
    written: Number(value(/^lagline_file_output_documents_total (\d+)$/gm)[0]?.[1] ?? Number.NaN),
    lost: Object.fromEntries(
      value(/^lagline_file_output_lost_documents_total\{reason="(\w+)"\} (\d+)$/gm).map(
        ([, reason = "", count]) => [reason, Number(count)],
      ),
    ),
  };
}

/** A file system of its own in place of the folder, which is small, and may be made read-only. */
async function mount(size: string): Promise<void> {
  await mkdir(target());
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", target()]);
  cleanups.push(() => void execFileSync("umount", ["-l", target()]));
}

const root = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;

test("mounting works, or that is said", () => {
  process.stderr.write(root ? "" : "SKIPPED 2 tests: mounting a tmpfs needs root.\n");
  expect(root || !isRequired("tmpfs")).toBe(true);
});

describe("Elasticsearch gets everything while the files cannot be written", () => {
  test("because the folder is a file; once it is gone, they can be", async () => {
    await writeFile(target(), "in the way");
    const collector = await start();
    for (let count = 0; count < 12; count += 1) await tick(collector);
    await expectDelivered(collector);
    const lines = collector.said("LAGLINE_FILE_OUTPUT_LOST");
    expect(lines[0]?.message).toMatch(
      new RegExp(
        `^\\d+ documents are missing in ${target()}/${CLUSTER}: ENOTDIR.* Elasticsearch gets them all`,
      ),
    );
    expect(lines.length).toBeLessThanOrEqual((12 * 30_000) / LOG_PERIOD_MS + 1);
    const { written, lost } = await counted(collector);
    expect({ written, lost }).toEqual({ written: 0, lost: { unwritable: collector.read.size } });
    await rm(target());
    await tick(collector);
    await expectDelivered(collector);
    expect(collector.said("LAGLINE_FILE_OUTPUT_RECOVERED")).toHaveLength(1);
    const found = await linesIn(join(target(), CLUSTER));
    expect(found).toEqual([...collector.read.values()].slice(-found.length));
    expect((await counted(collector)).written).toBe(found.length);
  });

  test.runIf(root)("because the folder is read-only; once it is not, they can be", async () => {
    await mount("1m");
    execFileSync("mount", ["-o", "remount,ro", target()]);
    const collector = await start();
    await tick(collector);
    await expectDelivered(collector);
    expect(collector.said("LAGLINE_FILE_OUTPUT_LOST")[0]?.message).toContain("EROFS");
    expect((await counted(collector)).lost).toEqual({ unwritable: collector.read.size });
    execFileSync("mount", ["-o", "remount,rw", target()]);
    await tick(collector);
    await expectDelivered(collector);
    expect((await linesIn(join(target(), CLUSTER))).length).toBe((await counted(collector)).written);
  });

  test.runIf(root)("because the disk is full: a cycle is in the files whole or not at all", async () => {
    await mount("128k");
    const collector = await start({ files: 1000 });
    for (let count = 0; count < 12; count += 1) await tick(collector);
    await expectDelivered(collector);
    const { written, lost } = await counted(collector);
    expect(Object.keys(lost)).toEqual(["disk_full"]);
    expect(written + (lost["disk_full"] ?? 0)).toBe(collector.read.size);
    const found = await linesIn(join(target(), CLUSTER));
    expect(found).toHaveLength(written);
    const accepted = new Set(collector.read.values());
    expect(found.filter((line) => !accepted.has(line))).toEqual([]);
  });
});

test("the lines are the documents as they are sent, and the disk that they use is bounded", async () => {
  const collector = await start({ files: 3 });
  for (let count = 0; count < 12; count += 1) {
    await tick(collector);
    const folder = join(target(), CLUSTER);
    const names = (await readdir(folder)).filter((name) => name.endsWith(".ndjson"));
    expect(names.length).toBeLessThanOrEqual(3);
  }
  await expectDelivered(collector);
  const found = await linesIn(join(target(), CLUSTER));
  expect(found.length).toBeGreaterThan(100);
  expect(found).toEqual([...collector.read.values()].slice(-found.length));
});

const writer = fileURLToPath(new URL("../fakes/file-output-writer.ts", import.meta.url));

type Run = { readonly cycles: readonly number[]; readonly losses: readonly string[] };

/** Lets a writer write until it is killed, or until its limit of a file's size has stopped three cycles. */
async function write(first: number, options: { killAfterMs?: number; limitBlocks?: number }): Promise<Run> {
  const { killAfterMs, limitBlocks } = options;
  const limit = limitBlocks === undefined ? "" : `ulimit -f ${limitBlocks}; `;
  // dash counts in blocks of 512 bytes.
  const bytes = limitBlocks === undefined ? 16_384 : 1_000_000;
  const script = `${limit}exec "$0" "$1" "$2" "$3" "$4"`;
  const child = spawn("sh", ["-c", script, process.execPath, writer, target(), String(first), String(bytes)]);
  let text = "";
  child.stdout.on("data", (part: Buffer) => {
    const isFirst = text === "";
    text += part.toString();
    if (isFirst && killAfterMs !== undefined) setTimeout(() => void child.kill("SIGKILL"), killAfterMs);
  });
  await new Promise((resolve) => child.once("close", resolve));
  const said = text.split("\n").slice(0, -1);
  return {
    cycles: said.filter((line) => line.startsWith("+")).map((line) => Number(line.slice(1))),
    losses: said.filter((line) => line.startsWith("!")).map((line) => line.slice(1)),
  };
}

const KILLS = 15;

test(`after ${KILLS} SIGKILLs every finished cycle is there, whole and once, and no line is torn`, async () => {
  const finished: number[] = [];
  for (let run = 0; run < KILLS; run += 1) {
    const first = (finished.at(-1) ?? 0) + 1_000;
    const { cycles, losses } = await write(first, { killAfterMs: Math.random() * 40 });
    expect(losses).toEqual([]);
    finished.push(...cycles);
  }
  // The next start repairs what the last kill left.
  finished.push(...(await write((finished.at(-1) ?? 0) + 1_000, { killAfterMs: 0 })).cycles);
  await write((finished.at(-1) ?? 0) + 1_000, { limitBlocks: 0 });
  const counts = new Map<number, number>();
  for (const line of await linesIn(target())) {
    const { cycle }: { cycle: number } = JSON.parse(line);
    counts.set(cycle, (counts.get(cycle) ?? 0) + 1);
  }
  expect(finished.length).toBeGreaterThan(KILLS * 2);
  expect(finished.filter((cycle) => counts.get(cycle) !== 20)).toEqual([]);
  // A kill may leave the cycle that it met, in part.
  expect(counts.size - finished.length).toBeLessThanOrEqual(KILLS + 1);
  expect([...counts.values()].every((count) => count <= 20)).toBe(true);
}, 60_000);

test("a limit of a file's size for the process (ulimit -f) is a full disk, not its end", async () => {
  const { cycles, losses } = await write(0, { limitBlocks: 16 });
  expect(cycles.length).toBeGreaterThan(5);
  expect(new Set(losses)).toEqual(new Set(["disk_full"]));
  const found = await linesIn(target());
  expect(found.length % 20).toBe(0);
  expect(found.length).toBeGreaterThan(100);
});
