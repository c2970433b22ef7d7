/** The bot's way to Slack, against a small Web API on loopback that keeps what it was given. */
import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { queued, withThread } from "./outbox.ts";
import { EMPTY_STATE } from "./state.ts";
import type { OutboxMessage } from "./state.ts";
import { botSender } from "./slack-senders.ts";

type Call = {
  readonly method: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
const signal = new AbortController().signal;

async function slackApi(answerOf: (call: Call, stored: readonly Call[]) => object) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    request.on("end", () => {
      const type = request.headers["content-type"] ?? "";
      const body = type.includes("json") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
      const call = { method: (request.url ?? "").split("/").pop() ?? "", type, body };
      response.end(JSON.stringify(answerOf(call, calls)));
      calls.push(call);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const directory = mkdtempSync(join(tmpdir(), "lagline-bot-"));
  const tokenFile = join(directory, "token");
  writeFileSync(tokenFile, "not-a-token\n");
  closers.push(
    () => void server.close(),
    () => rmSync(directory, { recursive: true }),
  );
  const address = server.address();
  const sender = botSender({
    apiUrl: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/api`,
    tokenFile,
    commonChannel: "C1",
    mention: "here",
    deadlineMs: 2000,
    now: Date.now,
  });
  return { sender, calls };
}

const message = (more: Partial<OutboxMessage> = {}): OutboxMessage => ({
  ...queued(
    {
      channel: "",
      thread: "orders/a",
      title: "a: stopped",
      text: "x",
      color: "#000000",
      mention: true,
      closes: false,
    },
    { id: "n-1", nowMs: Date.now(), kind: "notification" },
  ),
  ...more,
});
const posted = { ok: true, channel: "C1", ts: "1.5" };
const inThread = withThread(EMPTY_STATE, "orders/a", {
  channel: "C1",
  ts: "1.5",
  atMs: 0,
  title: "a: stopped",
});

test("the first message of a group begins a thread, with its id in the metadata and the mention in the text", async () => {
  const { sender, calls } = await slackApi(() => posted);
  expect(await sender.send(message(), { state: EMPTY_STATE, signal })).toEqual({
    kind: "delivered",
    place: { channel: "C1", ts: "1.5" },
  });
  expect(calls[0]).toMatchObject({
    method: "chat.postMessage",
    body: { channel: "C1", text: "<!here>", metadata: { event_payload: { id: "n-1" } } },
  });
});

test("the all-clear replies in the thread and turns its first message green", async () => {
  const { sender, calls } = await slackApi(() => posted);
  await sender.send(message({ closes: true, title: "OVER: a" }), { state: inThread, signal });
  expect(calls.map(({ method }) => method)).toEqual(["chat.postMessage", "chat.update"]);
  expect(calls[0]?.body).toMatchObject({ thread_ts: "1.5" });
  expect(calls[1]?.body).toMatchObject({
    ts: "1.5",
    attachments: [{ color: "#36A64F", title: "a: stopped" }],
  });
});

test("after a crash Slack is asked by form, in the channel or in the thread, whether it has the message", async () => {
  const { sender, calls } = await slackApi(({ method }) => ({
    ok: true,
    messages:
      method === "conversations.replies"
        ? [{ metadata: { event_type: "lagline_notification", event_payload: { id: "n-1" } } }]
        : [{ text: "another" }],
  }));
  expect(await sender.find(message(), { state: EMPTY_STATE, signal })).toBe("missing");
  expect(await sender.find(message(), { state: inThread, signal })).toBe("there");
  expect(calls.map(({ method }) => method)).toEqual(["conversations.history", "conversations.replies"]);
  expect(calls[0]?.type).toContain("form");
  expect(calls[1]?.body).toMatchObject({ ts: "1.5", include_all_metadata: "true" });
});

test("a bot that may not read the channel cannot tell, so the message is sent again", async () => {
  const { sender } = await slackApi(() => ({ ok: false, error: "missing_scope" }));
  expect(await sender.find(message(), { state: EMPTY_STATE, signal })).toBe("unknown");
});

test("a refusal of the API is a refusal, although its status is 200", async () => {
  const { sender } = await slackApi(() => ({ ok: false, error: "invalid_attachments" }));
  expect(await sender.send(message(), { state: EMPTY_STATE, signal })).toEqual({
    kind: "refused",
    reason: "invalid_attachments",
    status: 200,
  });
});
