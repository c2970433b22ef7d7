import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { AllCreated } from "./answers.ts";
import { type ClientSettings, createElasticsearchHttp, type ElasticsearchHttp } from "./client.ts";

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, count: number) => void;

const servers: http.Server[] = [];
const clients: ElasticsearchHttp[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(clients.splice(0).map(async (client) => client.close()));
});

/** A server that speaks as Elasticsearch does, and a client for it. */
async function start(handler: Handler, path = "", settings: Partial<ClientSettings> = {}) {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.setHeader("X-Elastic-Product", "Elasticsearch");
    response.setHeader("Content-Type", "application/json");
    request.resume().once("end", () => handler(request, response, seen.length));
  });
  server.on("connection", (socket) => sockets.add(socket));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = await createElasticsearchHttp({
    urls: [`http://127.0.0.1:${port}${path}`],
    files: {},
    connections: 1,
    ...settings,
  });
  clients.push(client);
  return { client, seen, sockets };
}

test("a body that stops in the middle is cut by the deadline, not waited for", async () => {
  const { client } = await start((_, response) => {
    response.write('{"half":');
  });
  const started = performance.now();
  await expect(client.request({ method: "GET", path: "/", timeoutMs: 200 })).rejects.toThrow(
    "did not answer within 0.2 s",
  );
  expect(performance.now() - started).toBeLessThan(5000);
});

test("the usual bulk answer is given in full to whoever does not know its short form", async () => {
  const text = '{"errors":false,"items":[{"create":{"status":201}},{"create":{"status":201}}]}';
  const { client } = await start((_, response) => response.end(text));
  const request = { method: "POST", path: "/_bulk", ndjson: Buffer.from("{}\n") } as const;
  expect((await client.request(request)).body).toEqual(JSON.parse(text));
  expect((await client.request({ ...request, allowAllCreated: true })).body).toEqual(new AllCreated(2));
});

test("an answer beyond the bound is refused while it comes", async () => {
  const piece = Buffer.alloc(1024 * 1024, 32);
  const { client } = await start((_, response) => {
    const more = (): void => {
      while (response.write(piece));
      response.once("drain", more);
    };
    more();
  });
  await expect(client.request({ method: "GET", path: "/" })).rejects.toThrow(/more than the 67108864 bytes/);
});

test("the bound of answers is the user's, what is beyond it is told and names the setting", async () => {
  let told = 0;
  const { client } = await start(
    (_, response) => {
      response.end(JSON.stringify({ text: "x".repeat(70_000) }));
    },
    "",
    {
      maximumAnswerBytes: 65_536,
      onAnswerTooLarge: () => {
        told += 1;
      },
    },
  );
  await expect(client.request({ method: "GET", path: "/" })).rejects.toThrow(
    "more than the 65536 bytes of an answer that are read (collector.limits.elasticsearch_answer_bytes)",
  );
  expect(told).toBe(1);
});

test("a bulk request over an idle connection that was closed meanwhile goes out again; another POST does not", async () => {
  const { client, seen } = await start((request, response, count) => {
    // Takes the second request and closes the connection, as a node does whose patience with idle ones is over.
    if (count === 2 || count === 4) request.socket.resetAndDestroy();
    else response.end("{}");
  });
  await client.request({ method: "GET", path: "/" });
  const bulk = await client.request({ method: "POST", path: "/stream/_bulk", ndjson: Buffer.from("{}\n") });
  expect(bulk.status).toBe(200);
  await expect(client.request({ method: "POST", path: "/_security/api_key", json: {} })).rejects.toThrow(
    /cannot be reached/,
  );
  expect(seen).toEqual(["GET /", "POST /stream/_bulk", "POST /stream/_bulk", "POST /_security/api_key"]);
});

test("a connection that fails anew is not tried a third time", async () => {
  const { client, seen } = await start((request, response, count) => {
    if (count === 1) response.end("{}");
    else request.socket.resetAndDestroy();
  });
  await client.request({ method: "GET", path: "/" });
  await expect(client.request({ method: "GET", path: "/" })).rejects.toThrow(/cannot be reached/);
  expect(seen).toHaveLength(3);
});

test("a nobody at the address is named by the system's own words", async () => {
  const { client } = await start((_, response) => response.end("{}"));
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await expect(client.request({ method: "GET", path: "/" })).rejects.toThrow(/ECONNREFUSED/);
});

test("requests share one connection, go below the path of the address, and gzip is unpacked", async () => {
  const { client, seen, sockets } = await start((_, response) => {
    response.setHeader("Content-Encoding", "gzip");
    response.end(gzipSync('{"ü":1}'));
  }, "/es/");
  const answers = await Promise.all(
    [1, 2, 3].map(async (size) => client.request({ method: "GET", path: "/_search", query: { size } })),
  );
  expect(answers.map(({ body }) => body)).toEqual([{ ü: 1 }, { ü: 1 }, { ü: 1 }]);
  expect(seen).toEqual(["GET /es/_search?size=1", "GET /es/_search?size=2", "GET /es/_search?size=3"]);
  expect(sockets.size).toBe(1);
});

test("closing waits for the request that is under way", async () => {
  const { client } = await start((_, response) => {
    setTimeout(() => response.end('{"late":true}'), 150);
  });
  const answer = client.request({ method: "GET", path: "/" });
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  await client.close();
  await expect(answer).resolves.toMatchObject({ status: 200, body: { late: true } });
});
