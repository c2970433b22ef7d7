import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ensureCached, hasMountBelow } from "./cache.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lagline-cache-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function makeFile(workFolder: string, text: string): Promise<string> {
  const path = join(workFolder, "result");
  await writeFile(path, text);
  return path;
}

async function makeFolder(workFolder: string): Promise<string> {
  const made = join(workFolder, "libs");
  await mkdir(made);
  await writeFile(join(made, "jar"), "x");
  return made;
}

it("makes a file once and gives the same one again", async () => {
  const path = join(folder, "deep", "file");
  const first = await ensureCached(path, async (work) => makeFile(work, "one"));
  const second = await ensureCached(path, async (work) => makeFile(work, "two"));
  expect([first.cached, second.cached]).toEqual([false, true]);
  expect(await readFile(path, "utf8")).toBe("one");
});

it("leaves nothing behind when making fails, so that the next run starts over", async () => {
  const path = join(folder, "file");
  const failing = ensureCached(path, async (work) => {
    await makeFile(work, "half");
    throw new Error("network gone");
  });
  await expect(failing).rejects.toThrow("network gone");
  expect(await readdir(folder)).toEqual([]);
});

it("accepts the result of a second process that was faster with the same folder", async () => {
  const path = join(folder, "libs");
  const both = await Promise.all([ensureCached(path, makeFolder), ensureCached(path, makeFolder)]);
  expect(both.map((result) => result.path)).toEqual([path, path]);
  expect(await readdir(folder)).toEqual(["libs"]);
});

it("removes working folders of runs that were killed long ago, and spares young ones", async () => {
  const old = join(folder, ".work-x-old");
  const young = join(folder, ".work-x-young");
  await Promise.all([mkdir(old), mkdir(young)]);
  await utimes(old, new Date(0), new Date(0));
  await ensureCached(join(folder, "file"), async (work) => makeFile(work, "one"));
  expect((await readdir(folder)).toSorted((a, b) => a.localeCompare(b))).toEqual([".work-x-young", "file"]);
});

it("sees file systems mounted below a folder, so that they are never deleted", () => {
  const mounts = "proc /proc proc rw 0 0\nsysfs /cache/.work-a\\040b/tmp/sys sysfs rw 0 0\n";
  expect(hasMountBelow(mounts, "/cache/.work-a b")).toBe(true);
  expect(hasMountBelow(mounts, "/cache/.work-a")).toBe(false);
});
