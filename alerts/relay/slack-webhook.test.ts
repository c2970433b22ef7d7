import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { FakeSlack } from "../../tests/fakes/fake-slack.ts";
import { outcomeOf, postToWebhook } from "./slack-webhook.ts";

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const never = new AbortController().signal;

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/hook`;
}

async function slack(): Promise<FakeSlack> {
  const fake = new FakeSlack();
  await fake.start();
  closers.push(async () => fake.stop());
  return fake;
}

test("a 200 with ok:false delivered nothing, and Slack's word is kept", async () => {
  const fake = await slack();
  fake.answerNext({ status: 200, body: '{"ok":false,"error":"channel_not_found"}' });
  expect(await postToWebhook({ text: "a" }, { url: fake.url, signal: never })).toEqual({
    kind: "refused",
    reason: "channel_not_found",
    status: 200,
  });
});

test("a 429 is tried again after the time that Slack names", async () => {
  const fake = await slack();
  fake.answerNext({ status: 429, body: "rate_limited", headers: { "retry-after": "7" } });
  expect(await postToWebhook({ text: "a" }, { url: fake.url, signal: never })).toEqual({
    kind: "retry",
    reason: "rate limited",
    retryAfterMs: 7000,
  });
});

test("a server error is tried again", async () => {
  const fake = await slack();
  fake.answerNext({ status: 500, body: "" });
  expect(await postToWebhook({ text: "a" }, { url: fake.url, signal: never })).toMatchObject({
    kind: "retry",
  });
});

test("a connection that is reset after the request is uncertain: Slack may have taken the message", async () => {
  const url = await serve((request) => {
    request.resume().on("end", () => request.socket.resetAndDestroy());
  });
  expect(await postToWebhook({ text: "a" }, { url, signal: never })).toMatchObject({ kind: "uncertain" });
});

test("a server that never answers is given up at the deadline, and that is uncertain", async () => {
  const url = await serve((request) => void request.resume());
  const began = performance.now();
  const outcome = await postToWebhook({ text: "a" }, { url, deadlineMs: 200, signal: never });
  expect(outcome).toEqual({ kind: "uncertain", reason: "no answer before the deadline" });
  expect(performance.now() - began).toBeLessThan(2000);
});

test("a refused connection sent nothing, and no outcome holds the address", async () => {
  const fake = await slack();
  const { url } = fake;
  await fake.stop();
  const outcome = await postToWebhook({ text: "a" }, { url, signal: never });
  expect(outcome).toEqual({ kind: "retry", reason: "ECONNREFUSED", retryAfterMs: null });
  expect(JSON.stringify(outcome)).not.toContain("hook");
});

test("a redirect is not followed: the message would go elsewhere", async () => {
  const fake = await slack();
  const url = await serve((request, response) => {
    request.resume();
    response.writeHead(302, { location: fake.url }).end();
  });
  expect(await postToWebhook({ text: "a" }, { url, signal: never })).toMatchObject({ kind: "refused" });
  expect(fake.posts).toEqual([]);
});

test("an answer of HTML or of nothing is no delivery", () => {
  expect(outcomeOf({ status: 200, text: "<html>login</html>", retryAfter: null }).kind).toBe("refused");
  expect(outcomeOf({ status: 200, text: "", retryAfter: null }).kind).toBe("refused");
});

test("a Retry-After that makes no sense is left out, an endless one is cut", () => {
  expect(outcomeOf({ status: 429, text: "", retryAfter: "soon" })).toMatchObject({ retryAfterMs: null });
  expect(outcomeOf({ status: 429, text: "", retryAfter: "999999999" })).toMatchObject({
    retryAfterMs: 3_600_000,
  });
});

test("ok is delivered, and the body is the message", async () => {
  const fake = await slack();
  expect(await postToWebhook({ text: "a" }, { url: fake.url, signal: never })).toEqual({ kind: "delivered" });
  expect(fake.posts.map(({ body }) => body)).toEqual([{ text: "a" }]);
});
