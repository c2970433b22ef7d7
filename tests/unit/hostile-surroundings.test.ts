/** Names that want to be more than names, and an environment that wants to take part. */
import { createServer } from "node:http";
import { PassThrough } from "node:stream";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBurrowClient } from "../../collectors/burrow/client.ts";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { safeLine } from "../../collectors/log-lines.ts";
import { parseConfig } from "../../config/load.ts";
import { startFakeBurrow } from "../fakes/fake-burrow.ts";
import { startFakeElasticsearch } from "../fakes/fake-elasticsearch.ts";

describe("a log line", () => {
  const LINE_ENDS = /[\n\r\u0085\u2028\u2029\v\f]/;
  const nasty = fc.string({
    unit: fc.constantFrom(
      "a",
      "\n",
      "\r",
      "\u001b[2J",
      "\u0085",
      "\u009b",
      "\u2028",
      "\u202e",
      "\u007f",
      '"',
      "\\",
    ),
  });

  function lineOf(name: string): string {
    const stream = new PassThrough({ encoding: "utf8" });
    const write = (line: string): void => void stream.write(safeLine(line));
    pino({ messageKey: "message" }, { write }).warn({ group: name }, `Group ${name} is odd.`);
    return String(stream.read());
  }

  test("is one line of plain text for any name, and says the name as it is", () => {
    fc.assert(
      fc.property(nasty, (name) => {
        const line = lineOf(name);
        expect(line.slice(0, -1)).not.toMatch(LINE_ENDS);
        // oxlint-disable-next-line no-control-regex -- these are what must not be there
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect((JSON.parse(line) as { group: string }).group).toBe(name);
      }),
      { numRuns: 500 },
    );
  });
});

describe("variables of the environment that name a proxy", () => {
  const NAMES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
  const before = new Map<string, string | undefined>();
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(request.url ?? "");
    response.end("{}");
  });

  beforeEach(async () => {
    seen.length = 0;
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    for (const name of NAMES) {
      before.set(name, process.env[name]);
      process.env[name] = `http://127.0.0.1:${port}`;
    }
  });

  afterEach(async () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await new Promise((resolve) => proxy.close(resolve));
  });

  test("are not heeded for Burrow, nor is an address in the place of a path", async () => {
    const burrow = await startFakeBurrow();
    try {
      const client = createBurrowClient({
        server: burrow.url,
        cluster: "orders",
        timeoutMs: 5000,
        maximumBytes: 1_000_000,
        concurrency: 2,
      });
      const subject = { scope: "server", name: "" } as const;
      for (const path of ["/burrow/admin/ready", "//evil.example/x", "http://evil.example/x"]) {
        await client.get(path, subject, new AbortController().signal);
      }
      expect(burrow.requests).toContain("/burrow/admin/ready");
      expect(seen).toEqual([]);
    } finally {
      await burrow.close();
    }
  });

  test("are not heeded for Elasticsearch", async () => {
    const elasticsearch = await startFakeElasticsearch();
    const http = await createElasticsearchHttp({ urls: [elasticsearch.url], files: {} });
    try {
      expect((await http.request({ method: "GET", path: "/_cluster/health" })).status).toBe(200);
      expect(elasticsearch.requests).toHaveLength(1);
      expect(seen).toEqual([]);
    } finally {
      await http.close();
      await elasticsearch.stop();
    }
  });
});

describe("what listens", () => {
  test("listens on loopback unless a setting says otherwise", () => {
    const { collector, deployment } = parseConfig(
      `environment: t
clusters: { a: { burrow: { external: { servers: ["http://burrow:1"] } } } }
elasticsearch: { managed: {} }`,
      "t.yaml",
    );
    expect(collector.health_address).toBe("127.0.0.1");
    expect(deployment.bind_address).toBe("127.0.0.1");
  });
});
