import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { closeDeadLetters, readDeadLetters } from "./dead-letter-reader.ts";
import { DeadLetterStore } from "./dead-letters.ts";
import { openDisk } from "./disk.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lagline-letters-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = async (maxBytes = 1_000_000) =>
  DeadLetterStore.open({ disk: await openDisk(directory), maxBytes, version: "1", now: () => 0 });
const letter = (document: string) => ({
  document,
  errorType: "mapper_parsing_exception",
  reason: "failed to parse",
  status: 400,
  firstSeenMs: 0,
  attempts: 1,
});
const ids = async (): Promise<readonly string[]> => (await readDeadLetters(directory)).map(({ id }) => id);

test("a store that was never made has no letters", async () => {
  expect(await readDeadLetters(join(directory, "none"))).toEqual([]);
});

test("documents come back to the letter, also large numbers, odd texts and what is no JSON", async () => {
  const documents = ['{"a":12345678901234567890,"b":",\\"error_type\\":"}', "not json", '{"u":"ünï\\u0000"}'];
  await (await open()).append(documents.map(letter));
  expect((await readDeadLetters(directory)).map(({ document }) => document)).toEqual(documents);
});

test("closed letters are listed no more, while the collector writes on", async () => {
  const store = await open();
  await store.append([letter('{"n":1}'), letter('{"n":2}'), letter('{"n":3}')]);
  await closeDeadLetters(directory, ["0000000001:2"]);
  await store.append([letter('{"n":4}')]);
  expect(await ids()).toEqual(["0000000001:1", "0000000001:3", "0000000001:4"]);
  await closeDeadLetters(directory, ["0000000001:1"]);
  expect(await ids()).toEqual(["0000000001:3", "0000000001:4"]);
});

test("a collector that starts again leaves closed letters closed and its own letters open", async () => {
  await (await open()).append([letter('{"n":1}')]);
  await closeDeadLetters(directory, ["0000000001:1"]);
  const store = await open();
  await store.append([letter('{"n":2}')]);
  expect(await ids()).toEqual(["0000000002:1"]);
});

test("what is known of files that the bound took away is forgotten", async () => {
  const store = await open(4000);
  for (let number = 0; number < 40; number += 1)
    await store.append([letter(`{"n":${number},"x":"${"y".repeat(200)}"}`)]);
  const before = await ids();
  await closeDeadLetters(directory, before.slice(0, 1));
  for (let number = 0; number < 40; number += 1)
    await store.append([letter(`{"n":${number},"x":"${"y".repeat(200)}"}`)]);
  const [newest = ""] = (await ids()).slice(-1);
  await closeDeadLetters(directory, [newest]);
  expect(await ids()).not.toContain(newest);
  expect((await readDeadLetters(directory)).length).toBeGreaterThan(0);
});

test("a line that a crash tore, or that is still being written, is left out", async () => {
  await (await open()).append([letter('{"n":1}')]);
  appendFileSync(join(directory, "0000000001.ndjson"), '{"document":{"n":2},"err');
  expect(await ids()).toEqual(["0000000001:1"]);
});

test("two commands at once: the second is told, and nothing is lost", async () => {
  await (await open()).append([letter('{"n":1}')]);
  writeFileSync(join(directory, "closed.json.part"), "");
  await expect(closeDeadLetters(directory, ["0000000001:1"])).rejects.toThrow(
    /Another command changes the dead letters/,
  );
  expect(await ids()).toEqual(["0000000001:1"]);
});

test("a list of closed letters that was damaged is said, not taken for empty", async () => {
  await (await open()).append([letter('{"n":1}')]);
  writeFileSync(join(directory, "closed.json"), "{");
  await expect(readDeadLetters(directory)).rejects.toThrow(/cannot be read/);
  await expect(closeDeadLetters(directory, ["0000000001:1"])).rejects.toThrow(/cannot be read/);
  expect(readdirSync(directory)).not.toContain("closed.json.part");
});
