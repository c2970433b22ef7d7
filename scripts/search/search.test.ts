import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { afterEach, expect, test } from "vitest";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { searchOver } from "./search.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A search against a small server on loopback, and the paths it was asked for. */
async function searchAgainst(listener: RequestListener) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    response.setHeader("x-elastic-product", "Elasticsearch");
    response.setHeader("content-type", "application/json");
    listener(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on no port.");
  const { port } = address;
  const http = await createElasticsearchHttp({ urls: [`http://127.0.0.1:${port}`], files: {} });
  stops.push(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  return { search: searchOver(http, "metrics-kafka.consumer_lag-test"), paths };
}
const signal = new AbortController().signal;

test("a refusal is told with Elasticsearch's own reason and is not worth a retry", async () => {
  const { search } = await searchAgainst((_, response) => {
    response.statusCode = 403;
    response.end(JSON.stringify({ error: { type: "security_exception", reason: "no permission" } }));
  });
  await expect(search({}, signal)).rejects.toMatchObject({
    message: "Documents cannot be read from Elasticsearch: HTTP 403, security_exception: no permission.",
    retryable: false,
  });
});

test("an overloaded Elasticsearch and one that hangs up may answer later", async () => {
  const busy = await searchAgainst((_, response) => {
    response.statusCode = 503;
    response.end("{}");
  });
  await expect(busy.search({}, signal)).rejects.toMatchObject({ retryable: true });
  const gone = await searchAgainst((request) => request.socket.destroy());
  await expect(gone.search({}, signal)).rejects.toMatchObject({
    retryable: true,
    message: expect.stringMatching(/^Documents cannot be read from Elasticsearch: .*[^.]\.$/),
  });
});

test("an answer that is not that of a search is refused", async () => {
  const { search } = await searchAgainst((_, response) => response.end('{"acknowledged":true}'));
  await expect(search({}, signal)).rejects.toThrow("its answer is not that of a search");
});

test("hits come with their source and place, and half an answer is never accepted", async () => {
  const { search, paths } = await searchAgainst((_, response) =>
    response.end(
      '{"hits":{"hits":[{"_source":{"group":"a"},"sort":[1,"a"]},{"_source":{}}]},"aggregations":{"x":1}}',
    ),
  );
  expect(await search({ size: 2 }, signal)).toEqual({
    hits: [
      { source: { group: "a" }, sort: [1, "a"] },
      { source: {}, sort: [] },
    ],
    aggregations: { x: 1 },
  });
  expect(paths[0]).toMatch(/^\/metrics-kafka\.consumer_lag-test\/_search\?/);
  expect(paths[0]).toContain("allow_partial_search_results=false");
  expect(paths[0]).toContain("ignore_unavailable=true");
});
