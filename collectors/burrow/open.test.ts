/** From plain settings to requests: addresses, prefix, credentials from files. */
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runScrape } from "../../tests/fakes/scraping.ts";
import { type BurrowSource, openScraper } from "./open.ts";

let directory: string;
let requests: { url: string; authorization: string | undefined }[];
let url: string;
let close: () => Promise<void>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-open-"));
  requests = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { url: path = "", headers } = request;
    requests.push({ url: path, authorization: headers.authorization });
    const isList = /\/(topic|consumer)$/.test(path);
    response.setHeader("Content-Type", "application/json");
    response.end(
      path.endsWith("/ready")
        ? "READY"
        : JSON.stringify({
            error: false,
            clusters: ["local"],
            ...(isList ? { topics: [], consumers: [] } : {}),
          }),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
});

afterEach(async () => {
  await close();
  rmSync(directory, { recursive: true, force: true });
});

async function scrapeWith(change: Partial<BurrowSource>): Promise<void> {
  const scraper = openScraper({
    cluster: "local",
    servers: [url],
    apiPrefix: "/v3/kafka",
    filters: { groups_include: [], groups_exclude: [], topics_include: [], topics_exclude: [] },
    requestTimeoutMs: 1000,
    concurrency: 2,
    limits: {
      responseBytes: 1 << 20,
      groups: 100,
      partitions: 100_000,
      partitionsPerGroup: 100,
      nameCharacters: 100,
    },
    ...change,
  });
  await runScrape(scraper);
  scraper.close();
}

function fileWith(text: string): string {
  const path = join(directory, "secret");
  writeFileSync(path, text);
  return path;
}

describe("a source that cannot be used", () => {
  test("for want of its secret is named with its file, not with its content", () => {
    const passwordFile = join(directory, "nowhere");
    const open = () => scrapeWith({ usernameAndPasswordFile: { username: "u", passwordFile } });
    return expect(open()).rejects.toMatchObject({
      code: "LAGLINE_COLLECT_FILE_UNREADABLE",
      message: expect.stringContaining(passwordFile),
    });
  });

  test("for want of an address is named with the setting", async () => {
    await expect(scrapeWith({ servers: [] })).rejects.toMatchObject({ code: "LAGLINE_COLLECT_NO_SERVER" });
  });
});

describe("requests", () => {
  test("carry basic credentials, the password without the line end of its file", async () => {
    await scrapeWith({ usernameAndPasswordFile: { username: "reader", passwordFile: fileWith("a:b ü\n") } });
    const expected = `Basic ${Buffer.from("reader:a:b ü").toString("base64")}`;
    expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(new Set([expected]));
  });

  test("carry a bearer token", async () => {
    await scrapeWith({ bearerTokenFile: fileWith("token\n") });
    expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer token"]));
  });

  test("carry none where none is set", async () => {
    await scrapeWith({});
    expect(requests.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  test.each([
    ["", "/kafka/burrow", "/kafka/burrow/local/consumer"],
    ["/", "/v3/kafka/", "/v3/kafka/local/consumer"],
    ["/proxy/", "/v3/kafka", "/proxy/v3/kafka/local/consumer"],
  ])(
    "go to the prefix, also where the address ends in %j and the prefix is %s",
    async (path, apiPrefix, expected) => {
      await scrapeWith({ servers: [`${url}${path}`], apiPrefix });
      expect(requests.map(({ url: asked }) => asked)).toContain(expected);
    },
  );
});
