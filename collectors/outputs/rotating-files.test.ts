import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Disk, openDisk } from "../spool/disk.ts";
import { openRotatingFiles, type RotatingFiles } from "./rotating-files.ts";

const TIME = Date.UTC(2026, 10, 21, 19, 24, 30);
const BOUNDS = { fileBytes: 40, files: 3 };
let directory: string;
let disk: Disk;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-rotation-"));
  disk = await openDisk(directory);
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const line = (text: string): Buffer => Buffer.from(`{"id":"${text}"}\n`);

async function names(): Promise<readonly string[]> {
  return (await readdir(directory)).toSorted();
}

async function content(): Promise<string> {
  const texts = await Promise.all(
    (await names()).map(async (name) => readFile(join(directory, name), "utf8")),
  );
  return texts.join("");
}

async function inFiles<T>(use: (files: RotatingFiles) => Promise<T>, bounds = BOUNDS): Promise<T> {
  const files = await openRotatingFiles(disk, bounds);
  try {
    return await use(files);
  } finally {
    await files.close();
  }
}

describe("what a killed writer left", () => {
  test.each([
    ["a torn last line", '{"id":"a"}\n{"id":"b', '{"id":"a"}\n'],
    ["nothing but a torn line", '{"id', ""],
    ["a torn line of 200 kB", `{"id":"a"}\n{"id":"${"b".repeat(200_000)}`, '{"id":"a"}\n'],
    ["an empty file", "", ""],
    ["whole lines", '{"id":"a"}\n', '{"id":"a"}\n'],
  ])("%s is whole lines after the next start, and new ones follow", async (_name, left, kept) => {
    await writeFile(join(directory, "documents-00000007-20261121T190000Z.ndjson"), left);
    await inFiles(async (files) => files.append(line("new"), TIME), { fileBytes: 1_000_000, files: 3 });
    expect(await content()).toBe(`${kept}{"id":"new"}\n`);
    expect(await names()).toHaveLength(1);
  });

  test("files beyond a bound that was lowered are removed, the oldest first", async () => {
    for (const number of [1, 2, 3, 4]) {
      await writeFile(
        join(directory, `documents-0000000${number}-20261121T190000Z.ndjson`),
        line(`${number}`),
      );
    }
    await inFiles(async () => undefined);
    expect((await names()).map((name) => name.slice(10, 18))).toEqual(["00000002", "00000003", "00000004"]);
  });

  test("files of others are left alone", async () => {
    await writeFile(join(directory, "documents-1.ndjson.gz"), "not ours");
    await writeFile(join(directory, "lock"), "not ours");
    await inFiles(async (files) => {
      for (let count = 0; count < 20; count += 1) await files.append(line(String(count)), TIME);
    });
    expect(await names()).toEqual(expect.arrayContaining(["documents-1.ndjson.gz", "lock"]));
    expect(await names()).toHaveLength(5);
  });
});

describe("somebody else's hands", () => {
  test.each([
    ["removed", async (path: string) => rm(path)],
    ["cut", async (path: string) => truncate(path, 3)],
    ["added to", async (path: string) => appendFile(path, "x")],
  ] as const)("a file that was %s is noticed", async (_name, touch) => {
    await inFiles(async (files) => {
      await files.append(line("a"), TIME);
      expect(await files.isIntact()).toBe(true);
      await touch(join(directory, (await names())[0] ?? ""));
      expect(await files.isIntact()).toBe(false);
    });
  });

  test("a folder that is gone is noticed before the first file", async () => {
    await inFiles(async (files) => {
      expect(await files.isIntact()).toBe(true);
      await rm(directory, { recursive: true });
      expect(await files.isIntact()).toBe(false);
    });
  });
});

describe("files", () => {
  test("are named by their number and the time of their first line, and closed to others", async () => {
    await inFiles(async (files) => files.append(line("a"), TIME));
    expect(await names()).toEqual(["documents-00000001-20261121T192430Z.ndjson"]);
    const { mode } = await stat(join(directory, "documents-00000001-20261121T192430Z.ndjson"));
    expect(mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  test("are taken up again after a restart", async () => {
    await inFiles(async (files) => files.append(line("a"), TIME));
    await inFiles(async (files) => files.append(line("b"), TIME + 60_000));
    expect(await names()).toHaveLength(1);
    expect(await content()).toBe('{"id":"a"}\n{"id":"b"}\n');
  });
});

/** Appends of one to three lines, cycles that are taken back, restarts. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("append" as const),
    sizes: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant("undone" as const),
    sizes: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("restart" as const) }),
);

test("whatever happens, the files are within their bounds and hold the newest kept lines, each whole and once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const folder = await mkdtemp(join(directory, "run-"));
      const place = await openDisk(folder);
      let files = await openRotatingFiles(place, BOUNDS);
      const kept: string[] = [];
      let next = 0;
      for (const { kind, ...rest } of steps) {
        if (kind === "restart") {
          await files.close();
          files = await openRotatingFiles(place, BOUNDS);
          continue;
        }
        const mark = files.mark();
        for (const size of "sizes" in rest ? rest.sizes : []) {
          const text = `${next}${"x".repeat(size)}`;
          next += 1;
          await files.append(line(text), TIME);
          if (kind === "append") kept.push(line(text).toString());
        }
        if (kind === "undone") await files.rollBack(mark);
        const found = await place.list();
        expect(found.length).toBeLessThanOrEqual(BOUNDS.files);
        expect(found.every(({ size }) => size <= BOUNDS.fileBytes)).toBe(true);
      }
      await files.close();
      const texts = await Promise.all(
        (await readdir(folder)).toSorted().map(async (name) => readFile(join(folder, name), "utf8")),
      );
      expect(kept.join("").endsWith(texts.join(""))).toBe(true);
      // What was taken back may have pushed older lines out before.
      const isUndone = steps.some(({ kind }) => kind === "undone");
      expect(isUndone || texts.join("").endsWith(kept.at(-1) ?? "")).toBe(true);
    }),
    { numRuns: 150 },
  );
});
