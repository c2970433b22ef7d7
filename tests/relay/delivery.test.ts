/**
 * The real relay between a Grafana that comes again until it hears 200 and a Slack that fails in every way, killed with
 * SIGKILL in between. The promise: every notification reaches the channel, in order per group, once; where the end of an
 * attempt is not known it may come twice, and the second one says so.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { seededRandom } from "../../scripts/demo/random.ts";
import { startFakeStore } from "./fake-store.ts";
import { startFaultySlack } from "./faulty-slack.ts";
import type { SlackMood, TakenMessage } from "./faulty-slack.ts";
import { notificationBody } from "./recorded.ts";
import { bundleRelay, createRelay } from "./relay-process.ts";
import type { RelayUnderTest } from "./relay-process.ts";

/** Starts of the process and its answers take seconds on a busy machine. */
vi.setConfig({ testTimeout: 90_000, hookTimeout: 30_000 });
const closers: (() => Promise<void>)[] = [];
const folder = mkdtempSync(join(tmpdir(), "lagline-relay-program-"));
const program = await bundleRelay(folder);
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function world(
  moodOf: (message: TakenMessage, post: number) => SlackMood,
  relayOptions: Readonly<Record<string, number | string>> = {},
) {
  const slack = await startFaultySlack(moodOf);
  closers.push(async () => slack.stop());
  const store = await startFakeStore(() => "ok");
  closers.push(async () => store.stop());
  const relay = await createRelay({ program, slackUrl: slack.url, storeUrl: store.url, relay: relayOptions });
  closers.push(async () => relay.dispose());
  await relay.start();
  return { slack, store, relay };
}

async function until(isTrue: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error("It did not become true in time.");
    await wait(50);
  }
}

async function account(relay: RelayUnderTest) {
  const names = ["received_total", "sent_total", "merged_total", "dead_lettered_total", "dropped_total"];
  const values = await Promise.all(
    [...names, "queued"].map(async (name) => relay.metric(`lagline_notifications_${name}`)),
  );
  const [received = 0, sent = 0, merged = 0, deadLettered = 0, dropped = 0, queued = 0] = values;
  return { received, sent, merged, deadLettered, dropped, queued };
}

const ok: SlackMood = { kind: "ok" };
const GROUPS = ["a", "b", "c", "d"];
const STEPS = 6;
const KILLS = 4;
const REPEAT = /^May be a repeat/;

test(
  "every alert once and in order per group, under kills and a Slack that fails in every way",
  // Half a minute on two idle cores; every start of the process takes seconds on busy ones.
  { timeout: 150_000 },
  async () => {
    const random = seededRandom(20_261_121, "relay");
    const faults: readonly SlackMood[] = [
      { kind: "status", status: 429, body: "rate_limited", retryAfter: "1" },
      { kind: "status", status: 500, body: "" },
      { kind: "status", status: 200, body: '{"ok":false,"error":"ratelimited"}' },
      { kind: "reset", took: false },
      { kind: "reset", took: true },
      { kind: "hang", took: true },
    ];
    const { slack, store, relay } = await world(() =>
      random() < 0.7 ? ok : (faults[Math.floor(random() * faults.length)] ?? ok),
    );
    // Kills also come while the relay asks what it can add.
    store.delayMs = 100;
    let accepted = 0;
    const feed = async (group: string): Promise<void> => {
      for (let step = 0; step < STEPS; step += 1) {
        const status = step % 2 === 0 ? ("firing" as const) : ("resolved" as const);
        const body = { ...notificationBody({ group, status }), title: `${group} step ${step}` };
        // As Grafana does: again until it hears that the notification is safe.
        while ((await relay.post(body)) !== 200) await wait(50);
        accepted += 1;
        await wait(random() * 300);
      }
    };
    const feeding = { now: true };
    const fed = Promise.all(GROUPS.map(feed)).finally(() => (feeding.now = false));
    for (let kill = 0; kill < KILLS || feeding.now; kill += 1) {
      await wait(200 + random() * 900);
      if (kill >= KILLS) continue;
      await relay.kill("SIGKILL");
      await relay.start();
    }
    await fed;
    await until(async () => (await account(relay)).queued === 0, 60_000);

    expect(accepted).toBe(GROUPS.length * STEPS);
    for (const group of GROUPS) {
      const seen = slack.taken.filter(({ title }) => title.startsWith(`${group} step`));
      const once = seen.filter(({ footer }) => !REPEAT.test(footer));
      const steps = (messages: readonly TakenMessage[]) =>
        messages.map(({ title }) => Number(title.split(" ")[2]));
      // Never lost, never out of order …
      expect([...new Set(steps(seen))]).toEqual(Array.from({ length: STEPS }, (_, step) => step));
      // … and twice only where it says so.
      expect(new Set(steps(once)).size).toBe(once.length);
    }
    const { received, sent, merged, deadLettered, dropped } = await account(relay);
    expect(received).toBe(sent + merged + deadLettered + dropped);
    expect(received).toBeGreaterThanOrEqual(accepted);
    expect(sent).toBe(accepted);
    expect({ deadLettered, dropped }).toEqual({ deadLettered: 0, dropped: 0 });
    const twice = slack.taken.length - new Set(slack.taken.map(({ title }) => title)).size;
    expect(await relay.metric("lagline_notifications_uncertain_total")).toBeGreaterThanOrEqual(twice);
    process.stderr.write(
      `relay: ${slack.posts()} posts, ${slack.taken.length} taken, ${twice} marked repeats, ${merged} merged, ${KILLS} kills\n`,
    );
  },
);

test("a message that Slack will never take is kept with a sentence, told about, and holds up nothing", async () => {
  const { slack, relay } = await world(({ title }) =>
    title.startsWith("poison") ? { kind: "status", status: 400, body: "invalid_payload" } : ok,
  );
  for (const group of ["poison", "b"]) expect(await relay.post(notificationBody({ group }))).toBe(200);
  await until(() => slack.taken.length === 2, 15_000);
  expect(slack.taken.map(({ title }) => title).toSorted()).toEqual([
    "An alert could not be shown in Slack",
    "b: firing",
  ]);
  expect(relay.deadLetters().join("\n")).toMatch(
    /"error_type":"invalid_payload".*Slack refuses this message/,
  );
  // Slack has it a moment before the relay has written that down.
  await until(async () => (await account(relay)).queued === 0, 10_000);
  expect(await account(relay)).toMatchObject({ received: 2, sent: 1, deadLettered: 1, queued: 0 });
});

test("an address that Slack refuses is waited for, and after that its messages are dead letters", async () => {
  let mended = false;
  const refusal: SlackMood = {
    kind: "status",
    status: 200,
    body: '{"ok":false,"error":"channel_not_found"}',
  };
  const { slack, relay } = await world(() => (mended ? ok : refusal), { address_patience_seconds: 1.5 });
  await relay.post(notificationBody({ group: "a" }));
  await until(() => slack.posts() >= 2, 15_000);
  expect(relay.deadLetters()).toEqual([]);
  await until(async () => (await account(relay)).deadLettered === 1, 10_000);
  expect(relay.deadLetters().join("\n")).toMatch(
    /Slack refuses this address \(channel_not_found, HTTP 200\)/,
  );
  mended = true;
  await relay.post(notificationBody({ group: "b" }));
  await until(() => slack.taken.length === 1, 15_000);
  // Slack has it a moment before the relay has written that down.
  await until(async () => (await account(relay)).queued === 0, 10_000);
  expect(await account(relay)).toMatchObject({ received: 2, sent: 1, deadLettered: 1, queued: 0 });
});

test("nobody without the token gets in, and what is no notification stops nothing", async () => {
  const { slack, relay } = await world(() => ok);
  expect(await relay.post(notificationBody({ group: "a" }), "wrong")).toBe(401);
  expect(await relay.post("not json")).toBe(400);
  expect(await relay.post("x".repeat(9 * 1024 * 1024)).then((status) => status === 413 || status === 0)).toBe(
    true,
  );
  expect((await relay.get("/secrets")).status).toBe(404);
  expect(await relay.post({ version: "99", something: "else" })).toBe(200);
  expect(await relay.post(notificationBody({ group: "b" }))).toBe(200);
  await until(() => slack.taken.length === 2, 15_000);
  expect(slack.taken.map(({ title }) => title)).toEqual([
    "A notification of Grafana could not be understood",
    "b: firing",
  ]);
  expect(relay.deadLetters().join("\n")).toContain('"something":"else"');
  await until(async () => (await account(relay)).queued === 0, 10_000);
  expect(await account(relay)).toMatchObject({ received: 2, sent: 1, deadLettered: 1 });
  expect(relay.log()).not.toContain("a-token-for-tests-only");
  expect(relay.log()).not.toContain("services/hook");
});

test("an Elasticsearch that hangs costs the queue one deadline, and no alert", async () => {
  const { slack, store, relay } = await world(() => ok);
  store.hangs = true;
  const began = Date.now();
  const groups = Array.from({ length: 20 }, (_, index) => `g${index}`);
  for (const group of groups) expect(await relay.post(notificationBody({ group }))).toBe(200);
  await until(() => slack.taken.length === groups.length, 20_000);
  // One deadline of 2 s, not twenty.
  expect(Date.now() - began).toBeLessThan(12_000);
  expect(slack.taken.map(({ text }) => text)).toEqual(groups.map((group) => `${group} says Grafana`));
  await until(async () => (await account(relay)).queued === 0, 10_000);
  expect(await account(relay)).toMatchObject({ received: 20, sent: 20 });
  const { text } = await relay.get("/metrics");
  expect(text).toContain('lagline_relay_events_total{kind="details_missing"} 20');
});

test("a message gains the cause and the worst partitions at the moment of posting", async () => {
  const { slack, relay } = await world(() => ok);
  await relay.post(notificationBody({ group: "a" }));
  await until(() => slack.taken.length === 1, 15_000);
  const [first, cause, title, partition] = (slack.taken[0]?.text ?? "").split("\n");
  expect([first, cause]).toEqual(["a says Grafana", "Cause: Nobody commits."]);
  expect(title).toMatch(/^Worst partition at \d\d:\d\d:\d\d UTC:$/);
  expect(partition).toBe("• `payments/3`: 7 behind");
});

test("SIGTERM sends what waits and ends in time; what Slack does not take then waits for the next start", async () => {
  let mood: SlackMood = { kind: "status", status: 503, body: "" };
  const { slack, relay } = await world(() => mood, { retry_maximum_seconds: 30, stop_deadline_seconds: 2 });
  for (const group of GROUPS) await relay.post(notificationBody({ group }));
  await until(() => slack.posts() >= 1, 15_000);
  const began = Date.now();
  expect(await relay.kill("SIGTERM")).toBe(0);
  expect(Date.now() - began).toBeLessThan(8000);
  expect(slack.taken).toEqual([]);
  mood = ok;
  await relay.start();
  for (const group of ["f", "g"]) await relay.post(notificationBody({ group }));
  expect(await relay.kill("SIGTERM")).toBe(0);
  expect(slack.taken.map(({ title }) => title)).toEqual(
    [...GROUPS, "f", "g"].map((group) => `${group}: firing`),
  );
});

test("a Slack that is down makes the relay unready with a reason, and alive", async () => {
  const { slack, relay } = await world(() => ({ kind: "status", status: 500, body: "" }));
  await relay.post(notificationBody({ group: "a" }));
  await until(() => slack.posts() >= 2, 15_000);
  expect((await relay.get("/healthz")).status).toBe(200);
  expect(await relay.metric("lagline_relay_slack_up")).toBe(0);
  expect(await account(relay)).toMatchObject({ received: 1, queued: 1, sent: 0 });
});

test("under the rights of its container it reads its own files only, and still knows itself and a stale lock", async () => {
  const { slack, relay } = await world(() => ok);
  expect(await relay.metric("process_resident_memory_bytes")).toBeGreaterThan(20e6);
  expect(await relay.metric("process_open_fds")).toBeGreaterThan(3);
  await relay.kill("SIGKILL");
  await relay.start();
  await relay.post(notificationBody({ group: "a" }));
  await until(() => slack.taken.length === 1, 15_000);
  expect(relay.log()).not.toContain("ERR_ACCESS_DENIED");

  const outside = join(folder, "token");
  writeFileSync(outside, "a-token-for-tests-only\n", { mode: 0o600 });
  const other = await createRelay({
    program,
    slackUrl: slack.url,
    storeUrl: "http://127.0.0.1:1",
    relay: { token_file: outside },
  });
  closers.push(async () => other.dispose());
  await expect(other.start()).rejects.toThrow(/alerts\.relay\.token_file holds no token/);
});
