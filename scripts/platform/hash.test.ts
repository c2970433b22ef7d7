import { mkdtemp, rm, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hashFolder, hashInputs } from "./hash.ts";

it("does not depend on the order of keys", () => {
  expect(hashInputs({ a: 1, b: { c: [1, 2], d: null } })).toBe(
    hashInputs({ b: { d: null, c: [1, 2] }, a: 1 }),
  );
});

it("depends on values, types and the order of lists", () => {
  const hashes = [{ a: 1 }, { a: "1" }, { a: [1, 2] }, { a: [2, 1] }, { a: null }].map((input) =>
    hashInputs(input),
  );
  expect(new Set(hashes).size).toBe(5);
});

it("hashes every file of a folder by its relative path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lagline-hash-"));
  try {
    await mkdir(join(folder, "sub"));
    await writeFile(join(folder, "sub", "b"), "two");
    await writeFile(join(folder, "a"), "one");
    const before = await hashFolder(folder);
    expect(Object.keys(before)).toEqual(["a", "sub/b"]);
    await writeFile(join(folder, "sub", "b"), "three");
    const after = await hashFolder(folder);
    expect(after["a"]).toBe(before["a"]);
    expect(after["sub/b"]).not.toBe(before["sub/b"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
