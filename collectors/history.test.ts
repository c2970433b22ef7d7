import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPassthroughAnalyser } from "../tests/fakes/passthrough-analyser.ts";
import { createHistoryFile } from "./history.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-history-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("a file that the analysis does not take is refused, not an error", async () => {
  const path = join(directory, "history.bin");
  await writeFile(path, Buffer.from([9, 9, 9]));
  expect(await createHistoryFile(path, createPassthroughAnalyser("c")).load()).toBe("refused");
});

test("a folder in the place of the file is refused, and saving fails with its reason and leaves nothing", async () => {
  const file = createHistoryFile(directory, createPassthroughAnalyser("c"));
  expect(await file.load()).toBe("refused");
  await expect(file.save()).rejects.toThrow("EISDIR");
  expect(await readdir(join(directory, ".."))).not.toContain(`${directory}.tmp`);
});

test("the first start finds none", async () => {
  expect(await createHistoryFile(join(directory, "x"), createPassthroughAnalyser("c")).load()).toBe("none");
});

test("what was saved is loaded again, and the folder is made", async () => {
  const path = join(directory, "new", "history.bin");
  const file = createHistoryFile(path, createPassthroughAnalyser("c"));
  const [first, second] = await Promise.all([file.save(), file.save()]);
  expect([first, second]).toEqual([1, 1]);
  expect(await readFile(path)).toEqual(Buffer.from([1]));
  expect(await readdir(join(directory, "new"))).toEqual(["history.bin"]);
  expect(await createHistoryFile(path, createPassthroughAnalyser("c")).load()).toBe("loaded");
});
