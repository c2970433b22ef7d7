import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeSlack } from "../../tests/fakes/fake-slack.ts";
import { lookAtSlack } from "./slack.ts";

let directory: string;
let slack: FakeSlack;
let file: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-doctor-"));
  slack = new FakeSlack();
  await slack.start();
  file = join(directory, "webhook");
  writeFileSync(file, `${slack.url}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await slack.stop();
  rmSync(directory, { recursive: true, force: true });
});

const look = (webhookFile: string | undefined = file, testMessage?: string) =>
  lookAtSlack({ webhookFile, testMessage, signal: AbortSignal.timeout(5000) });

test("a living webhook is recognised without a post that people see", async () => {
  slack.answerNext({ status: 400, body: "no_text" });
  const [found, ...others] = await look();
  expect(found).toMatchObject({ check: "webhook", outcome: "ok" });
  expect(others).toEqual([]);
  expect(slack.posts.map(({ body }) => body)).toEqual([{}]);
});

test("a server that takes even an empty message is no fault", async () => {
  expect(await look()).toMatchObject([{ check: "webhook", outcome: "ok" }]);
});

test("a test message is posted when asked for", async () => {
  expect(await look(file, "hello")).toMatchObject([
    { outcome: "ok", evidence: "Slack took the test message." },
  ]);
  expect(slack.posts.map(({ body }) => body)).toEqual([{ text: "hello" }]);
});

test.each([
  [404, "no_service"],
  [403, "invalid_token"],
  [410, "channel_is_archived"],
])("an answer %i %s breaks the webhook and shows Slack's word", async (status, body) => {
  slack.answerNext({ status, body });
  const [found] = await look();
  expect(found).toMatchObject({ check: "webhook", outcome: "broken" });
  expect(found?.evidence).toContain(`HTTP ${status} "${body}"`);
});

test("a busy Slack is a warning", async () => {
  slack.answerNext({ status: 503, body: "" });
  expect(await look()).toMatchObject([{ check: "webhook", outcome: "warning" }]);
});

test("a Slack that cannot be reached breaks the webhook without showing its address", async () => {
  await slack.stop();
  const [found] = await look();
  expect(found).toMatchObject({ check: "webhook", outcome: "broken" });
  expect(JSON.stringify(found)).not.toContain("/services/");
});

test("a missing file breaks webhook-file and names it", async () => {
  const path = join(directory, "none");
  const [found] = await look(path);
  expect(found).toMatchObject({ check: "webhook-file", outcome: "broken" });
  expect(found?.evidence).toContain(path);
});

test("a file that holds no address breaks webhook-file and its content is not shown", async () => {
  writeFileSync(file, "canary-content");
  const [found] = await look();
  expect(found).toMatchObject({ check: "webhook-file", outcome: "broken" });
  expect(JSON.stringify(found)).not.toContain("canary-content");
});

test("a file that others can read is a warning with the command to mend it", async () => {
  chmodSync(file, 0o644);
  slack.answerNext({ status: 400, body: "no_text" });
  expect(await look()).toMatchObject([
    { check: "webhook-file", outcome: "warning", fix: `chmod 600 ${file}` },
    { outcome: "ok" },
  ]);
});

test("without Slack in the configuration nothing is looked at", async () => {
  expect(
    await lookAtSlack({ webhookFile: undefined, testMessage: undefined, signal: AbortSignal.timeout(100) }),
  ).toMatchObject([{ outcome: "skipped" }]);
});
