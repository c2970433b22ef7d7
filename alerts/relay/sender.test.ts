/** The sender against a Slack that answers as told; time moves by hand. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { createRepeatLimiter } from "../../collectors/log.ts";
import type { DeadLetter } from "../../collectors/spool/contract.ts";
import type { AskDetails } from "./read-details.ts";
import { RelayEvents } from "./relay-events.ts";
import { Sender } from "./sender.ts";
import { openState } from "./state-file.ts";
import { queued } from "./outbox.ts";
import type { OutboxMessage } from "./state.ts";
import type { SlackOutcome } from "./slack-webhook.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
const signal = new AbortController().signal;
const HOUR_MS = 3_600_000;

async function world(
  outcomes: readonly SlackOutcome[],
  found: "there" | "missing" | "unknown" = "unknown",
  askDetails: AskDetails = async () => null,
) {
  const directory = mkdtempSync(join(tmpdir(), "lagline-sender-"));
  closers.push(() => rmSync(directory, { recursive: true }));
  const { keeper } = await openState(directory);
  const clock = { nowMs: Date.UTC(2026, 10, 21, 12) };
  const now = (): number => clock.nowMs;
  const sent: {
    readonly id: string;
    readonly atMs: number;
    readonly mayBeRepeat: boolean;
    readonly text: string;
  }[] = [];
  const buried: DeadLetter[] = [];
  const rest = [...outcomes];
  let id = 0;
  const sender = new Sender({
    keeper,
    slack: {
      async send(message) {
        // What is on disk at this moment is what a crash would leave.
        const stored = (await openState(directory)).keeper.now.outbox.find((one) => one.id === message.id);
        expect(stored?.intentAtMs).not.toBeNull();
        sent.push({
          id: message.id,
          atMs: clock.nowMs,
          mayBeRepeat: message.mayBeRepeat,
          text: message.text,
        });
        return rest.shift() ?? { kind: "delivered" };
      },
      find: async () => found,
    },
    askDetails,
    events: new RelayEvents({
      log: pino({ enabled: false }),
      repeats: createRepeatLimiter({ periodMs: 1000, now }),
    }),
    bury: async (letter) => void buried.push(letter),
    now,
    random: () => 1,
    newId: () => `own-${(id += 1)}`,
    gapMs: 1000,
    baseDelayMs: 1000,
    maximumDelayMs: 8000,
    maximumAgeMs: 24 * HOUR_MS,
    addressPatienceMs: 10_000,
  });
  const put = async (name: string, more: Partial<OutboxMessage> = {}): Promise<void> => {
    const draft = {
      channel: "",
      thread: "t",
      title: name,
      text: "",
      color: "",
      mention: false,
      closes: false,
    };
    const message = { ...queued(draft, { id: name, nowMs: clock.nowMs, kind: "notification" }), ...more };
    await keeper.change((state) => ({ ...state, outbox: [...state.outbox, message] }));
  };
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds * 10; passed += 1) {
      while (await sender.sendNext(signal));
      clock.nowMs += 100;
    }
  };
  return { sender, keeper, clock, sent, buried, put, pass, start: clock.nowMs };
}

const retry = (retryAfterMs: number | null = null): SlackOutcome => ({
  kind: "retry",
  reason: "x",
  retryAfterMs,
});

test("waits as long as Slack asks, and the message behind waits too", async () => {
  const { put, pass, sent, start } = await world([retry(30_000)]);
  await put("a");
  await put("b");
  await pass(40);
  expect(sent.map(({ id, atMs }) => [id, atMs - start])).toEqual([
    ["a", 0],
    ["a", 30_000],
    ["b", 31_000],
  ]);
});

test("doubles its waits up to the maximum", async () => {
  const { put, pass, sent } = await world(Array.from({ length: 6 }, () => retry()));
  await put("a");
  await pass(60);
  const gaps = sent.slice(1).map(({ atMs }, index) => atMs - (sent[index]?.atMs ?? 0));
  expect(gaps).toEqual([1000, 2000, 4000, 8000, 8000, 8000]);
});

test("a channel that fails does not hold up another", async () => {
  const { put, pass, sent } = await world([retry(60_000)]);
  await put("a", { channel: "payments" });
  await put("b");
  await put("c", { channel: "payments" });
  await pass(10);
  expect(sent.map(({ id }) => id)).toEqual(["a", "b"]);
});

test("after a crash in between a webhook's message is sent again, marked, and counted as uncertain", async () => {
  const { put, pass, sent, keeper, start } = await world([]);
  await put("a", { intentAtMs: start - 1000, attempts: 1 });
  await pass(2);
  expect(sent).toMatchObject([{ id: "a", atMs: start, mayBeRepeat: true }]);
  expect(keeper.now.totals).toMatchObject({ sent: 1, uncertain: 1 });
});

test("after a crash in between a message that Slack has is not sent again", async () => {
  const { put, pass, sent, keeper, start } = await world([], "there");
  await put("a", { intentAtMs: start - 1000, attempts: 1 });
  await pass(2);
  expect(sent).toEqual([]);
  expect(keeper.now.totals).toMatchObject({ sent: 1, uncertain: 0 });
});

test("a message that Slack did not take for a day is buried with a sentence", async () => {
  const { put, pass, buried, keeper, start } = await world([]);
  await put("a", { queuedAtMs: start - 25 * HOUR_MS });
  await pass(1);
  expect(buried).toMatchObject([
    { errorType: "too_old", reason: expect.stringContaining("no news any more") },
  ]);
  expect(keeper.now.totals).toMatchObject({ deadLettered: 1, sent: 0 });
});

test("a refused message gets a stand-in; a refused stand-in does not get another", async () => {
  const refused: SlackOutcome = { kind: "refused", reason: "invalid_payload", status: 400 };
  const { put, pass, sent, buried } = await world([refused, refused]);
  await put("a");
  await pass(10);
  expect(sent.map(({ id }) => id)).toEqual(["a", "own-1"]);
  expect(buried).toHaveLength(2);
});

const about = { cluster: "orders", group: "a", startsAtMs: 0, endsAtMs: null };
const peak = { kind: "peak" as const, sinceMs: 0, untilMs: 1, timeLagSeconds: 90, lag: null };

test("a message about a group gains what the newest data says, at each attempt anew", async () => {
  let asked = 0;
  const { put, pass, sent, keeper } = await world([retry()], "unknown", async () => {
    asked += 1;
    return { ...peak, timeLagSeconds: asked };
  });
  await put("a", { text: "It is over.", subject: about });
  await put("b", { text: "Not about a group." });
  await pass(5);
  expect(sent.map(({ text }) => text)).toEqual([
    "It is over.\nAt its worst since 00:00 UTC: 1s late.",
    "It is over.\nAt its worst since 00:00 UTC: 2s late.",
    "Not about a group.",
  ]);
  expect(keeper.now.totals).toMatchObject({ sent: 2 });
});

test("a message without an answer goes out as it is", async () => {
  const { put, pass, sent } = await world([]);
  await put("a", { text: "It is over.", subject: about });
  await pass(1);
  expect(sent.map(({ text }) => text)).toEqual(["It is over."]);
});

test("what was added cannot make a message a dead letter: it is tried without", async () => {
  const refused: SlackOutcome = { kind: "refused", reason: "invalid_payload", status: 400 };
  const { put, pass, sent, buried } = await world([refused], "unknown", async () => peak);
  await put("a", { text: "It is over.", subject: about });
  await put("b", { text: "Next.", subject: about });
  await pass(10);
  expect(sent.map(({ text }) => text)).toEqual([
    "It is over.\nAt its worst since 00:00 UTC: 1m 30s late.",
    "It is over.",
    "Next.\nAt its worst since 00:00 UTC: 1m 30s late.",
  ]);
  expect(buried).toEqual([]);
});

test("in a hurry nothing is asked", async () => {
  const { put, pass, sent, sender } = await world([], "unknown", async () => peak);
  await put("a", { text: "It is over.", subject: about });
  sender.hurry();
  await pass(1);
  expect(sent.map(({ text }) => text)).toEqual(["It is over."]);
});
