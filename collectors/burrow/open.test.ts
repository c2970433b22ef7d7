/** From plain settings to requests: addresses, prefix, credentials from files. */
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runScrape } from "../../tests/fakes/scraping.ts";
import { type BurrowSource, openScraper } from "./open.ts";
import type { BurrowScraper } from "./scrape.ts";

let directory: string;
let requests: { url: string; authorization: string | undefined }[];
let url: string;
let close: () => Promise<void>;
/** The only credentials that are taken; undefined: anything. */
let accepted: string | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-open-"));
  requests = [];
  accepted = undefined;
  const server = createServer((request: IncomingMessage, response) => {
    const { url: path = "", headers } = request;
    requests.push({ url: path, authorization: headers.authorization });
    if (accepted !== undefined && headers.authorization !== accepted) {
      response.statusCode = 401;
      response.end();
      return;
    }
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

function open(change: Partial<BurrowSource>): BurrowScraper {
  return openScraper({
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
}

async function scrapeWith(change: Partial<BurrowSource>): Promise<void> {
  const scraper = open(change);
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
    const opened = scrapeWith({ usernameAndPasswordFile: { username: "u", passwordFile } });
    return expect(opened).rejects.toMatchObject({
      code: "LAGLINE_COLLECT_FILE_UNREADABLE",
      message: expect.stringContaining(passwordFile),
    });
  });

  test.each(["", "\n", "\u{feff}\r\n"])("for an empty secret (%j) is named with its file", (text) => {
    return expect(scrapeWith({ bearerTokenFile: fileWith(text) })).rejects.toMatchObject({
      code: "LAGLINE_COLLECT_FILE_UNREADABLE",
      message: expect.stringContaining("it is empty"),
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

  test.each(["token\r\n", "\u{feff}token\n", "token"])(
    "carry the secret without what editors leave: %j",
    async (text) => {
      await scrapeWith({ bearerTokenFile: fileWith(text) });
      expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer token"]));
    },
  );

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

describe("a rotated secret", () => {
  test("is read again when the old one is refused, in the same tick and without a restart", async () => {
    const bearerTokenFile = fileWith("old\n");
    const scraper = open({ bearerTokenFile });
    accepted = "Bearer old";
    expect((await runScrape(scraper)).begin.usable).toBe(true);
    accepted = "Bearer new";
    expect((await runScrape(scraper)).problems).toEqual(["unauthorized"]);
    fileWith("");
    expect((await runScrape(scraper)).problems).toEqual(["unauthorized"]);
    fileWith("new\n");
    const outcome = await runScrape(scraper);
    expect(outcome.begin.usable).toBe(true);
    expect(outcome.problems).toEqual([]);
    scraper.close();
  });

  test("that is still the same is not sent a second time", async () => {
    const scraper = open({ bearerTokenFile: fileWith("old\n") });
    accepted = "Bearer new";
    await runScrape(scraper);
    expect(requests).toHaveLength(1);
    scraper.close();
  });
});
