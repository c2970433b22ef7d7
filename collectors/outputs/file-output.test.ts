import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { batchOf, linesOf } from "../../tests/fakes/documents.ts";
import type { DocumentSink } from "../collector.ts";
import { copyToFile } from "../copy-to-file.ts";
import type { SpoolBatch } from "../spool/contract.ts";
import { type DiskFile, openDisk } from "../spool/disk.ts";
import { createFileOutput, type FileOutput, type FileOutputOptions } from "./file-output.ts";
import { openRotatingFiles } from "./rotating-files.ts";

const TICK = Date.UTC(2026, 10, 21, 19, 0, 0);
let directory: string;
let said: string[];
let open: FileOutput[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-output-"));
  said = [];
  open = [];
});

afterEach(async () => {
  for (const output of open) await output.close();
  await rm(directory, { recursive: true, force: true });
});

function outputTo(path: string, change: Partial<FileOutputOptions> = {}): FileOutput {
  const output = createFileOutput({
    directory: path,
    fileBytes: 1_000_000,
    files: 4,
    events: {
      written: (documents) => said.push(`written ${documents}`),
      lost: ({ reason, documents, detail }) => said.push(`lost ${documents} ${reason}: ${detail}`),
      recovered: (missing) => said.push(`recovered, ${missing} missing`),
    },
    ...change,
  });
  open.push(output);
  return output;
}

/** A spool that takes everything, into memory that the encoder uses again, as the real one does. */
function memorySink(accepts: () => boolean = () => true): DocumentSink & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    stats: () => null,
    async append(batches) {
      const taken: string[] = [];
      for await (const batch of batches) taken.push(...linesOf(batch));
      if (!accepts()) throw new Error("the spool is full");
      lines.push(...taken);
    },
  };
}

/** Batches whose memory is overwritten as soon as the next one is asked for. */
async function* reused(...batches: readonly SpoolBatch[]): AsyncGenerator<SpoolBatch, void, undefined> {
  for (const batch of batches) {
    const ndjson = Buffer.from(batch.ndjson);
    yield { ...batch, ndjson };
    ndjson.fill("#");
  }
}

async function linesIn(path: string): Promise<readonly string[]> {
  const names = (await readdir(path)).filter((name) => name.endsWith(".ndjson")).toSorted();
  const texts = await Promise.all(names.map(async (name) => readFile(join(path, name), "utf8")));
  return texts.join("").split("\n").slice(0, -1);
}

describe("a place that cannot be written to costs the sink nothing", () => {
  test.each([
    ["is a file", async (path: string) => writeFile(path, "x"), "unwritable: EEXIST"],
    [
      "lies below a file",
      async (path: string) => {
        await rm(join(path, ".."), { recursive: true });
        await writeFile(join(path, ".."), "x");
      },
      "unwritable: ENOTDIR",
    ],
    [
      "has a folder where the next file would be",
      async (path: string) =>
        mkdir(join(path, "documents-00000001-20261121T190000Z.ndjson"), { recursive: true }),
      "unwritable: EEXIST",
    ],
  ])("that %s", async (_name, spoil, reason) => {
    await mkdir(join(directory, "below"));
    const path = join(directory, "below", "orders");
    await spoil(path);
    const sink = memorySink();
    const both = copyToFile(sink, outputTo(path));
    await both.append(reused(batchOf("a", 3, TICK), batchOf("b", 2, TICK)));
    expect(sink.lines).toHaveLength(5);
    expect(said).toEqual([expect.stringContaining(`lost 5 ${reason}`)]);
  });

  test("that another collector writes to, until that one ends", async () => {
    const first = outputTo(directory);
    await copyToFile(memorySink(), first).append([batchOf("a", 1, TICK)]);
    const sink = memorySink();
    const second = copyToFile(sink, outputTo(directory));
    await second.append([batchOf("b", 2, TICK)]);
    await first.close();
    await second.append([batchOf("c", 3, TICK)]);
    expect(sink.lines).toHaveLength(5);
    expect(said).toEqual([
      "written 1",
      "lost 2 in_use: Another collector writes there.",
      "written 3",
      "recovered, 2 missing",
    ]);
    expect(await linesIn(directory)).toHaveLength(4);
  });

  test("that somebody removes while it is open: the next cycle makes it anew", async () => {
    const both = copyToFile(memorySink(), outputTo(join(directory, "orders")));
    await both.append([batchOf("a", 1, TICK)]);
    await rm(join(directory, "orders"), { recursive: true });
    await both.append([batchOf("b", 2, TICK)]);
    expect(said).toEqual(["written 1", "written 2"]);
    expect(await linesIn(join(directory, "orders"))).toHaveLength(2);
  });
});

test("a batch that is larger than a file is left out and counted, its neighbours are there", async () => {
  const sink = memorySink();
  const both = copyToFile(sink, outputTo(directory, { fileBytes: 2_000 }));
  await both.append(reused(batchOf("a", 1, TICK), batchOf("b", 100, TICK), batchOf("c", 1, TICK)));
  expect(sink.lines).toHaveLength(102);
  expect(said).toEqual([
    "written 2",
    expect.stringMatching(/^lost 100 too_large: A batch of \d+ bytes does/),
  ]);
  expect(await linesIn(directory)).toHaveLength(2);
});

test("a cycle that the spool does not accept is not in the files either", async () => {
  let accepts = true;
  const sink = memorySink(() => accepts);
  const both = copyToFile(sink, outputTo(directory, { fileBytes: 2_000 }));
  await both.append(reused(batchOf("a", 5, TICK)));
  accepts = false;
  await expect(both.append(reused(batchOf("b", 9, TICK), batchOf("c", 9, TICK)))).rejects.toThrow("full");
  accepts = true;
  await both.append(reused(batchOf("d", 5, TICK)));
  expect(await linesIn(directory)).toEqual(sink.lines);
  expect(said).toEqual(["written 5", "written 5"]);
});

type Trouble = {
  write?: (nth: number) => Promise<void>;
  close?: (nth: number) => Promise<void>;
};

/** Files on a real disk that first do what the trouble says. */
function troubled(trouble: Trouble): Pick<FileOutputOptions, "open"> {
  let writes = 0;
  let closes = 0;
  return {
    async open(path, bounds) {
      const disk = await openDisk(path);
      const slow = (file: DiskFile): DiskFile => ({
        ...file,
        write: async (bytes, position) => {
          writes += 1;
          await trouble.write?.(writes);
          return file.write(bytes, position);
        },
        close: async () => {
          closes += 1;
          await trouble.close?.(closes);
          await file.close();
        },
      });
      const files = await openRotatingFiles(
        {
          ...disk,
          create: async (name) => slow(await disk.create(name)),
          openForAppend: async (name) => slow(await disk.openForAppend(name)),
        },
        bounds,
      );
      return { files, release: async () => undefined };
    },
  };
}

describe("a disk that fails in the middle of a cycle", () => {
  test.each(["ENOSPC", "EDQUOT", "EFBIG"])("with %s: the cycle is not there in part", async (code) => {
    const trouble: Trouble = {
      write: async (nth) => {
        if (nth === 3) throw Object.assign(new Error(`${code}: no space`), { code });
      },
    };
    const sink = memorySink();
    const both = copyToFile(sink, outputTo(directory, troubled(trouble)));
    await both.append(reused(batchOf("a", 1, TICK)));
    await both.append(reused(batchOf("b", 2, TICK), batchOf("c", 3, TICK), batchOf("d", 4, TICK)));
    await both.append(reused(batchOf("e", 5, TICK)));
    expect(sink.lines).toHaveLength(15);
    expect(said).toEqual([
      "written 1",
      `lost 9 disk_full: ${code}: no space.`,
      "written 5",
      "recovered, 9 missing",
    ]);
    expect(await linesIn(directory)).toEqual([sink.lines[0], ...sink.lines.slice(10)]);
  });

  test("that does not answer: one cycle waits for it, the next ones do not, and nothing of it stays", async () => {
    let answer: (() => void) | undefined;
    const trouble: Trouble = {
      write: async (nth) => {
        if (nth === 3) await new Promise<void>((resolve) => (answer = resolve));
      },
    };
    const sink = memorySink();
    const both = copyToFile(sink, outputTo(directory, { ...troubled(trouble), waitMs: 400 }));
    await both.append(reused(batchOf("a", 1, TICK)));
    const startedMs = performance.now();
    await both.append(reused(batchOf("b", 2, TICK), batchOf("c", 3, TICK), batchOf("d", 4, TICK)));
    expect(performance.now() - startedMs).toBeGreaterThan(390);
    await both.append(reused(batchOf("e", 5, TICK)));
    expect(said).toEqual([
      "written 1",
      "lost 9 slow: The disk did not answer within 400 ms.",
      "lost 5 slow: The disk has not answered an earlier request yet.",
    ]);
    answer?.();
    await vi.waitFor(
      async () => {
        expect(await linesIn(directory)).toEqual(sink.lines.slice(0, 6));
      },
      { timeout: 10_000 },
    );
    await sleep(200);
    await both.append(reused(batchOf("f", 6, TICK)));
    expect(said.slice(3)).toEqual(["written 6", "recovered, 14 missing"]);
    expect(sink.lines).toHaveLength(21);
    expect(await linesIn(directory)).toEqual([sink.lines[0], ...sink.lines.slice(15)]);
  });

  test("and then does not let go of the file: no cycle waits for that twice", async () => {
    let letGo: (() => void) | undefined;
    const trouble: Trouble = {
      write: async (nth) => {
        if (nth === 1) throw Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
      },
      close: async (nth) => {
        if (nth === 1) await new Promise<void>((resolve) => (letGo = resolve));
      },
    };
    const sink = memorySink();
    const both = copyToFile(sink, outputTo(directory, { ...troubled(trouble), waitMs: 400 }));
    await both.append(reused(batchOf("a", 1, TICK)));
    const startedMs = performance.now();
    await both.append(reused(batchOf("b", 2, TICK), batchOf("c", 3, TICK)));
    expect(performance.now() - startedMs).toBeLessThan(300);
    letGo?.();
    await sleep(200);
    await both.append(reused(batchOf("d", 4, TICK)));
    expect(said).toEqual([
      "lost 1 unwritable: EIO: i/o error.",
      "lost 5 slow: The disk has not answered an earlier request yet.",
      "written 4",
      "recovered, 6 missing",
    ]);
    expect(await linesIn(directory)).toEqual(sink.lines.slice(6));
  });

  test("that never answers: closing ends all the same", async () => {
    let answer: (() => void) | undefined;
    const trouble: Trouble = { write: async () => new Promise<void>((resolve) => (answer = resolve)) };
    const output = outputTo(directory, { ...troubled(trouble), waitMs: 100 });
    await copyToFile(memorySink(), output).append([batchOf("a", 1, TICK)]);
    await output.close();
    expect(said).toEqual(["lost 1 slow: The disk did not answer within 100 ms."]);
    answer?.();
    await sleep(20);
  });
});

test("the lines are the bytes that the sink got, over many cycles and files", async () => {
  const sink = memorySink();
  const both = copyToFile(sink, outputTo(directory, { fileBytes: 4_000, files: 100 }));
  for (let tick = 0; tick < 20; tick += 1) {
    await both.append(reused(batchOf(`a-${tick}`, 7, TICK + tick), batchOf(`b-${tick}`, 5, TICK + tick)));
  }
  expect((await linesIn(directory)).join("\n")).toBe(sink.lines.join("\n"));
  expect((await readdir(directory)).length).toBeGreaterThan(5);
});
