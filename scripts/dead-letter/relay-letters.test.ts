/** The relay's dead letters, sent again to a Slack that answers as told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { queued } from "../../alerts/relay/outbox.ts";
import { DeadLetterStore } from "../../collectors/spool/dead-letters.ts";
import { openDisk } from "../../collectors/spool/disk.ts";
import { parseConfig } from "../../config/load.ts";
import { startFaultySlack } from "../../tests/relay/faulty-slack.ts";
import type { FaultySlack, SlackMood } from "../../tests/relay/faulty-slack.ts";
import { dropChosen, listLetters, retryChosen } from "./run.ts";
import { relayLetters } from "./stores.ts";

const HOUR_MS = 3_600_000;
let directory: string;
let slack: FaultySlack;
let moodOf: (title: string) => SlackMood;
let lines: string[];

const message = (title: string): string =>
  JSON.stringify(
    queued(
      { channel: "", thread: "t", title, text: "It has stopped.", color: "", mention: true, closes: false },
      { id: title, kind: "notification", nowMs: Date.now() - 30 * HOUR_MS },
    ),
  );
const letter = (document: string, errorType: string, status: number) => ({
  document,
  errorType,
  reason: "said",
  status,
  firstSeenMs: 1000,
  attempts: 1,
});

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-relay-letters-"));
  lines = [];
  moodOf = () => ({ kind: "ok" });
  slack = await startFaultySlack(({ title }) => moodOf(title));
  writeFileSync(join(directory, "webhook"), slack.url);
  const disk = await openDisk(join(directory, "relay", "dead-letters"));
  const store = await DeadLetterStore.open({ disk, maxBytes: 1e6, version: "1", now: () => 0 });
  await store.append([
    letter(message("a: stopped"), "no_service", 404),
    letter(message("b: stopped"), "too_old", 0),
    letter('{"id":"x","body":{"something":"else"}}', "not_understood", 0),
  ]);
});
afterEach(async () => {
  await slack.stop();
  rmSync(directory, { recursive: true, force: true });
});

const store = () =>
  relayLetters(
    parseConfig(
      [
        "environment: test",
        'clusters: { shop: { burrow: { external: { servers: ["http://127.0.0.1:1"] } } } }',
        'elasticsearch: { external: { url: "http://127.0.0.1:1" } }',
        "alerts:",
        `  slack: { webhook_file: "${join(directory, "webhook")}", delivery: relay }`,
        `  relay: { directory: "${join(directory, "relay")}", message_gap_seconds: 0.01, request_timeout_seconds: 1 }`,
      ].join("\n"),
      "lagline.yaml",
    ),
  );
const options = () => ({
  store: store(),
  print: (line: string) => void lines.push(line),
  signal: AbortSignal.timeout(10_000),
});
const all = { ids: [], all: true, type: undefined };
const left = async (): Promise<number> => {
  const found: string[] = [];
  await listLetters({ ...options(), json: true, print: (line) => void found.push(line) });
  return found.length;
};

test("what is no message, and what Slack refuses again, stays with its reason", async () => {
  moodOf = (title) =>
    title.startsWith("a") ? { kind: "status", status: 404, body: "no_service" } : { kind: "ok" };
  expect(await retryChosen({ ...options(), choice: all })).toBe(false);
  expect(lines).toEqual([
    "1 of 3 dead letters of the relay are in Slack now.",
    "  1 refused again: no_service (HTTP 404)",
    expect.stringMatching(/^ {2}1 not sent: a notification that the relay did not understand/),
  ]);
  expect(await left()).toBe(2);
});

test("a lost answer leaves the letter and says that Slack may have it", async () => {
  moodOf = () => ({ kind: "reset", took: true });
  expect(await retryChosen({ ...options(), choice: { ...all, all: false, type: "too_old" } })).toBe(false);
  expect(lines[1]).toMatch(/not known whether Slack has it/);
  expect(await left()).toBe(3);
});

test("what Slack takes is closed, says how late it is, and mentions nobody", async () => {
  expect(
    await retryChosen({ ...options(), choice: { ids: ["0000000001:1"], all: false, type: undefined } }),
  ).toBe(true);
  expect(slack.taken).toMatchObject([
    {
      title: "a: stopped",
      footer: expect.stringMatching(/^Delayed: true at \d{4}-\d\d-\d\d \d\d:\d\d UTC, .* 30h 0m later\.$/),
    },
  ]);
  expect(slack.bodies[0]).not.toContain("<!here>");
  expect(await left()).toBe(2);
});

test("they are listed by reason, and dropped on demand", async () => {
  await listLetters({ ...options(), json: false });
  expect(lines[0]).toBe("3 dead letters of the relay, by reason:");
  expect(lines.join("\n")).toContain("no_service (HTTP 404)");
  expect(lines.join("\n")).toContain("× too_old,");
  expect(lines.at(-1)).toContain("lagline dead-letter show --relay <id>");
  await dropChosen({ ...options(), choice: all });
  expect(await left()).toBe(0);
  expect(slack.posts()).toBe(0);
});
