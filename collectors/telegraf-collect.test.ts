/** `lagline collect` in shape telegraf, from a Burrow to a stand-in for Elasticsearch. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import { type DocumentCapture, startDocumentCapture } from "../tests/fakes/document-capture.ts";
import { type FakeBurrow, startFakeBurrow } from "../tests/fakes/fake-burrow.ts";
import { runCollect } from "./collect-command.ts";

const command = fileURLToPath(new URL("../scripts/lagline.ts", import.meta.url));
let directory: string;
let burrow: FakeBurrow;
let elasticsearch: DocumentCapture;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-telegraf-"));
  burrow = await startFakeBurrow();
  fill(burrow);
  elasticsearch = await startDocumentCapture();
});

afterEach(async () => {
  await burrow.close();
  await elasticsearch.close();
  await rm(directory, { recursive: true, force: true });
});

function fill(fake: FakeBurrow): void {
  fake.setCluster("local", {
    topics: new Map([["orders", [10, 20]]]),
    groups: new Map([["billing", [0, 1].map((partition) => ({ topic: "orders", partition }))]]),
  });
}

type Change = {
  readonly telegraf?: Record<string, unknown>;
  readonly index?: Record<string, unknown>;
  readonly servers?: readonly string[];
  readonly url?: string;
};

function configOf({ telegraf = {}, index = {}, servers = [burrow.url], url }: Change): string {
  return JSON.stringify({
    environment: "test",
    clusters: { local: { burrow: { external: { servers } } } },
    elasticsearch: { external: { url: url ?? elasticsearch.url }, index },
    collector: {
      shape: "telegraf",
      telegraf,
      spool_directory: join(directory, "spool"),
      sidecar_mode: "shared-network",
      log_level: "error",
    },
  });
}

/** In this process: a new one for each cycle takes seconds on a busy machine. */
async function collect(change: Change = {}, output?: Writable): Promise<unknown> {
  const config = parseConfig(configOf(change), "lagline.yaml");
  const print = output !== undefined;
  return runCollect(config, { cluster: "local", once: true, print, ...(print ? { output } : {}) });
}

type Document = {
  readonly "@timestamp": string;
  readonly measurement_name: string;
  readonly tag: Record<string, string>;
  readonly burrow_scrape?: Record<string, number>;
};
const parsed = (text: string): Document => JSON.parse(text);

describe("one cycle", () => {
  test("with Burrow down writes that it is down, and nothing else", async () => {
    await burrow.close();
    expect(await collect()).toBe(1);
    const documents = elasticsearch.take().map(({ text }) => parsed(text));
    expect(documents).toMatchObject([
      { measurement_name: "burrow_scrape", burrow_scrape: { up: 0, groups: 0 } },
    ]);
    burrow = await startFakeBurrow();
  });

  test("with Elasticsearch down keeps the documents for the next run", async () => {
    const file = join(directory, "lagline.yaml");
    // Nobody listens at this port. `--once` waits for Elasticsearch; a signal ends the waiting, not the keeping.
    await writeFile(file, configOf({ url: "http://127.0.0.1:9" }).replace('"error"', '"info"'));
    const first = execa(process.execPath, [command, "collect", "--once", "--config", file], {
      reject: false,
    });
    first.stderr.on("data", (part: Buffer) => {
      if (part.includes("LAGLINE_ELASTICSEARCH_RETRY")) first.kill("SIGTERM");
    });
    expect((await first).exitCode).toBe(1);
    expect(await collect()).toBe(0);
    const captured = elasticsearch.take();
    expect(captured).toHaveLength(12);
    // Both cycles may be of one tick: then Elasticsearch gets the same identities again, and answers 409.
    const series = captured.map(({ text }) => {
      const { "@timestamp": time, measurement_name: measurement, tag } = parsed(text);
      return JSON.stringify([time, measurement, tag]);
    });
    expect(new Set(captured.map(({ action }) => action["_id"])).size).toBe(new Set(series).size);
  });

  test("writes Telegraf's measurements into the index of the day, all at one time, each with an identity", async () => {
    expect(await collect()).toBe(0);
    const captured = elasticsearch.take();
    const documents = captured.map(({ text }) => parsed(text));
    const count = (name: string) => documents.filter((document) => document.measurement_name === name).length;
    expect(count("burrow_group")).toBe(1);
    expect(count("burrow_partition")).toBe(2);
    expect(count("burrow_topic")).toBe(2);
    expect(count("burrow_scrape")).toBe(1);
    expect(documents).toHaveLength(6);
    expect(new Set(documents.map((document) => document["@timestamp"])).size).toBe(1);
    expect(documents[0]?.["@timestamp"]).toMatch(/Z$/);
    const day = documents[0]?.["@timestamp"].slice(0, 10).replaceAll("-", ".");
    expect(new Set(captured.map(({ action }) => action["_index"]))).toEqual(new Set([`telegraf-${day}`]));
    expect(new Set(captured.map(({ action }) => action["_id"])).size).toBe(6);
    expect(captured.every(({ operation }) => operation === "create")).toBe(true);
  });

  test("writes only the measurements that are wanted, and asks for no topic without burrow_topic", async () => {
    await collect({ telegraf: { measurements: ["burrow_partition"] } });
    const documents = elasticsearch.take().map(({ text }) => parsed(text));
    expect(documents.map((document) => document.measurement_name)).toEqual([
      "burrow_partition",
      "burrow_partition",
    ]);
    expect(burrow.requests.filter((path) => path.includes("/topic"))).toEqual([]);
  });

  test("of two servers takes the points once", async () => {
    const second = await startFakeBurrow();
    fill(second);
    await collect({ servers: [burrow.url, second.url] });
    await second.close();
    expect(elasticsearch.take()).toHaveLength(6);
  });

  test("tags every document with the host and the tags of the configuration", async () => {
    await collect({ telegraf: { host_tag: "collector-7", tags: { datacenter: "eu" } } });
    for (const { text } of elasticsearch.take()) {
      expect(parsed(text).tag).toMatchObject({ host: "collector-7", datacenter: "eu" });
    }
    await collect({ telegraf: { host_tag: false } });
    expect(elasticsearch.take().every(({ text }) => !("host" in parsed(text).tag))).toBe(true);
  });

  test("printed gives the same documents on standard output", async () => {
    const parts: Buffer[] = [];
    const output = new Writable({
      write(part: Buffer, _encoding, done) {
        parts.push(Buffer.from(part));
        done();
      },
    });
    await collect({}, output);
    const lines = Buffer.concat(parts).toString("utf8").trimEnd().split("\n");
    expect(lines.map((line) => parsed(line).measurement_name)).toContain("burrow_partition");
    expect(elasticsearch.take()).toEqual([]);
  });
});
