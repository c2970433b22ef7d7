/** What is added to a message, against a real HTTP server that plays an Elasticsearch in every mood. */
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { createAskDetails } from "./read-details.ts";
import type { Subject } from "./state.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const DEADLINE_MS = 300;
const lasting: Subject = { cluster: "orders", group: "a", startsAtMs: NOW - 600_000, endsAtMs: null };
const over: Subject = { ...lasting, endsAtMs: NOW };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Answer = (query: string, response: ServerResponse) => void;

async function world(answer: Answer) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const query = Buffer.concat(chunks).toString("utf8");
      asked.push(query);
      response.setHeader("x-elastic-product", "Elasticsearch");
      response.setHeader("content-type", "application/json");
      answer(query, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  };
  closers.push(stop);
  const http = await createElasticsearchHttp({ urls: [`http://127.0.0.1:${port}`], files: {} });
  closers.push(async () => http.close());
  const counts = { added: 0, missing: [] as string[] };
  const ask = createAskDetails({
    http,
    index: "metrics-*",
    intervalSeconds: 10,
    deadlineMs: DEADLINE_MS,
    events: {
      detailsAdded: () => (counts.added += 1),
      detailsMissing: (reason) => counts.missing.push(reason),
    },
  });
  const read = async (subject: Subject, nowMs = NOW, signal = new AbortController().signal) =>
    ask(subject, { nowMs, signal });
  return { asked, counts, read, stop };
}

const hits = (...sources: readonly object[]) =>
  JSON.stringify({ hits: { hits: sources.map((source) => ({ _index: "i", _source: source })) } });
const group = {
  "@timestamp": new Date(NOW - 5000).toISOString(),
  verdict: "stopped",
  cause: "No commit for 14 min.",
};
const partition = { topic: "payments", partition: "3", lag: 12, verdict: "stopped" };

test("an Elasticsearch that hangs costs one deadline, and the messages behind it nothing", async () => {
  const { read, counts, asked } = await world(() => undefined);
  const began = performance.now();
  expect(await read(lasting)).toBeNull();
  expect(performance.now() - began).toBeLessThan(DEADLINE_MS + 700);
  const soon = performance.now();
  for (let message = 0; message < 30; message += 1) expect(await read(over)).toBeNull();
  expect(performance.now() - soon).toBeLessThan(DEADLINE_MS);
  expect(counts.missing).toHaveLength(31);
  expect(asked).toHaveLength(1);
  // After the pause it is asked again.
  expect(await read(lasting, NOW + 31_000)).toBeNull();
  expect(asked).toHaveLength(2);
});

test("the deadline is one for all searches of a message together", async () => {
  const { read, counts } = await world((query, response) => {
    setTimeout(
      () => response.end(query.includes('"record":"group"') ? hits(group) : hits(partition)),
      0.8 * DEADLINE_MS,
    );
  });
  expect(await read(lasting)).toBeNull();
  expect(counts.missing).toEqual(["no answer within 0.3 s"]);
});

test("a client that never comes back holds up nothing", async () => {
  const ask = createAskDetails({
    http: { request: async () => new Promise<never>(() => undefined), reload: async () => false },
    index: "x",
    intervalSeconds: 10,
    deadlineMs: DEADLINE_MS,
    events: { detailsAdded: () => undefined, detailsMissing: () => undefined },
  });
  expect(await ask(over, { nowMs: NOW, signal: new AbortController().signal })).toBeNull();
});

test("an Elasticsearch that hangs in the middle of its answer costs one deadline too", async () => {
  const { read, counts } = await world((_query, response) => {
    response.write('{"hits":');
  });
  const began = performance.now();
  expect(await read(lasting)).toBeNull();
  expect(performance.now() - began).toBeLessThan(DEADLINE_MS + 700);
  expect(counts.added).toBe(0);
});

test.each<[string, Answer]>([
  ["HTTP 503", (_query, response) => response.writeHead(503).end("{}")],
  ["HTTP 403", (_query, response) => response.writeHead(403).end("{}")],
  ["no JSON", (_query, response) => response.end("<html>login</html>")],
  ["another shape", (_query, response) => response.end('{"hits":[1,2],"aggregations":{"late":"much"}}')],
  ["numbers that cannot be", (_query, response) => response.end(hits({ ...group, ...partition, lag: -1 }))],
  ["a verdict nobody knows", (_query, response) => response.end(hits({ ...group, verdict: "superb" }))],
  ["a cut connection", (_query, response) => response.socket?.destroy()],
])("%s: nothing is added, and it is counted", async (_name, answer) => {
  const { read, counts } = await world(answer);
  expect(await read(lasting)).toBeNull();
  expect(counts).toMatchObject({ added: 0, missing: [expect.any(String)] });
});

test("an Elasticsearch that is gone: nothing is added, and it is counted", async () => {
  const { read, counts, stop } = await world(() => undefined);
  await stop();
  expect(await read(over)).toBeNull();
  expect(counts.missing).toHaveLength(1);
});

test("a relay that is told to stop waits for nobody", async () => {
  const { read } = await world(() => undefined);
  expect(await read(lasting, NOW, AbortSignal.abort())).toBeNull();
});

test("stale data adds nothing: only fresh and trusted documents are asked for", async () => {
  const { read, counts, asked } = await world((_query, response) => response.end(hits()));
  expect(await read(lasting)).toBeNull();
  expect(counts.missing).toEqual(["it has no fresh document of the group"]);
  // 60 s as in sight.ts.
  expect(asked[0]).toContain(new Date(NOW - 60_000).toISOString());
  expect(asked[0]).toContain('{"term":{"suspect":1}}');
  expect(asked[0]).toContain('"verdict":["unknown","suspect_data"]');
});

test("that nothing is fresh does not stop it from asking for the next message", async () => {
  const { read, asked } = await world((_query, response) => response.end(hits()));
  await read(lasting);
  await read(lasting);
  expect(asked).toHaveLength(2);
});

test("an index that does not exist yet has no peak", async () => {
  const { read } = await world((_query, response) => response.end('{"hits":{"hits":[]}}'));
  expect(await read(over)).toBeNull();
});

test("the worst partitions are those of the tick of the group's document", async () => {
  const { read, asked, counts } = await world((query, response) =>
    response.end(query.includes('"record":"group"') ? hits(group) : hits(partition)),
  );
  expect(await read(lasting)).toEqual({
    kind: "state",
    tickMs: NOW - 5000,
    verdict: "stopped",
    cause: "No commit for 14 min.",
    partitions: [
      {
        topic: "payments",
        partition: "3",
        lag: 12,
        verdict: "stopped",
        timeLagSeconds: null,
        timeLagMethod: "none",
        commitAgeSeconds: null,
        clientId: null,
        host: null,
      },
    ],
  });
  const tick = group["@timestamp"];
  expect(asked[1]).toContain(`{"gte":"${tick}"}`);
  expect(asked[1]).toContain(`{"lte":"${tick}"}`);
  expect(counts.added).toBe(1);
});

test("the peak is the highest between begin and end", async () => {
  const { read, asked } = await world((_query, response) =>
    response.end('{"hits":{"hits":[]},"aggregations":{"late":{"value":1617.2},"lag":{"value":208300}}}'),
  );
  expect(await read(over)).toEqual({
    kind: "peak",
    sinceMs: over.startsAtMs,
    untilMs: NOW,
    timeLagSeconds: 1617.2,
    lag: 208_300,
  });
  expect(asked[0]).toContain(new Date(over.startsAtMs).toISOString());
  expect(asked[0]).toContain(new Date(NOW).toISOString());
});
