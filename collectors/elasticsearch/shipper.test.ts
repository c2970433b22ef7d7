import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { batchOf } from "../../tests/fakes/documents.ts";
import type { FakeElasticsearch, FakeElasticsearchOptions } from "../../tests/fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../../tests/fakes/fake-elasticsearch.ts";
import type { Spool } from "../spool/contract.ts";
import { openSpool } from "../spool/open.ts";
import { createElasticsearchHttp } from "./client.ts";
import { CREATE_IN_STREAM } from "./lines.ts";
import type { BackingOff, SettledCounts, Shipper, ShipperOptions } from "./shipper.ts";
import { createShipper } from "./shipper.ts";

type Run = {
  readonly fake: FakeElasticsearch;
  readonly spool: Spool;
  readonly shipper: Shipper;
  readonly backingOff: BackingOff[];
  readonly settled: SettledCounts[];
  readonly recovered: number[];
};

const cleanups: (() => Promise<void>)[] = [];
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-shipper-"));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await rm(directory, { recursive: true, force: true });
});

const STREAM = "metrics-kafka.consumer_lag-test";

async function run(
  options: Partial<ShipperOptions> = {},
  fakeOptions: FakeElasticsearchOptions = {},
): Promise<Run> {
  const fake = await startFakeElasticsearch(fakeOptions);
  cleanups.push(async () => fake.stop());
  const { spool } = await openSpool({
    directory,
    version: "test",
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  cleanups.push(async () => {
    const s = spool.stats();
    expect(s.stored + s.duplicate + s.deadLettered + s.dropped + s.documents).toBe(s.recovered + s.accepted);
    await spool.close();
  });
  const client = await createElasticsearchHttp({ urls: [fake.url], files: {} });
  cleanups.push(async () => client.close());
  const backingOff: BackingOff[] = [];
  const settled: SettledCounts[] = [];
  const recovered: number[] = [];
  const shipper = createShipper({
    spool,
    client,
    options: {
      target: { stream: STREAM, action: CREATE_IN_STREAM, requireDataStream: true },
      timeoutMs: 5_000,
      backOff: { baseMs: 5, maxMs: 40 },
      ...options,
    },
    events: {
      backingOff: (about) => backingOff.push(about),
      settled: (counts) => settled.push(counts),
      recovered: ({ failures }) => recovered.push(failures),
    },
  });
  cleanups.push(async () => shipper.stop());
  return { fake, spool, shipper, backingOff, settled, recovered };
}

async function deadLetters(): Promise<readonly Record<string, unknown>[]> {
  const folder = join(directory, "dead-letter");
  const texts = await Promise.all(
    (await readdir(folder)).map(async (name) => readFile(join(folder, name), "utf8")),
  );
  return texts
    .join("")
    .split("\n")
    .slice(0, -1)
    .map((line): Record<string, unknown> => JSON.parse(line));
}

describe("answers that cannot be trusted", () => {
  test.each([
    { kind: "html" },
    { kind: "empty" },
    { kind: "no_items" },
    { kind: "short_items", missing: 1 },
    { kind: "extra_items" },
    { kind: "wrong_op" },
    { kind: "truncated" },
    { kind: "without_product_header" },
    { kind: "reset", when: "before" },
    { kind: "reset", when: "after" },
  ] as const)("send the batch again after $kind, and nothing is lost or doubled", async (fault) => {
    const { fake, spool, shipper, recovered } = await run();
    fake.script(fault, fault);
    await spool.append([batchOf("a", 20)]);
    expect(await shipper.drain({ timeoutMs: 5_000 })).toEqual({ left: 0 });
    expect(fake.documents.size).toBe(20);
    expect(spool.stats()).toMatchObject({ documents: 0, deadLettered: 0, dropped: 0 });
    expect(spool.stats().stored + spool.stats().duplicate).toBe(20);
    expect(recovered).toEqual([2]);
    expect(shipper.stats()).toMatchObject({ failures: 0, failing: null, bulkRetries: 2 });
  });

  test("gives up a request that hangs at its deadline", async () => {
    const { fake, spool, shipper, backingOff } = await run({ timeoutMs: 150 });
    fake.script({ kind: "hang" });
    await spool.append([batchOf("a", 3)]);
    expect(await shipper.drain({ timeoutMs: 5_000 })).toEqual({ left: 0 });
    expect(backingOff[0]).toMatchObject({
      reason: "unreachable",
      detail: expect.stringContaining("did not answer"),
    });
    expect(spool.stats().duplicate).toBe(3);
  });
});

describe("an Elasticsearch that is down or busy", () => {
  test("keeps everything while nothing listens, and delivers once it is back on the same port", async () => {
    const { fake, spool, shipper, backingOff } = await run();
    await fake.stop();
    for (let index = 0; index < 10; index += 1) await spool.append([batchOf(`group-${index}`, 10)]);
    expect(await shipper.drain({ timeoutMs: 300 })).toEqual({ left: 100 });
    expect(backingOff[0]?.reason).toBe("unreachable");
    const back = await startFakeElasticsearch({ port: fake.port });
    cleanups.push(async () => back.stop());
    expect(await shipper.drain({ timeoutMs: 5_000 })).toEqual({ left: 0 });
    expect(back.documents.size).toBe(100);
  });

  test("honours Retry-After and sends nothing in between", async () => {
    const { fake, spool, shipper } = await run();
    fake.script({ kind: "status", status: 429, retryAfterSeconds: 1 });
    await spool.append([batchOf("a", 5), batchOf("b", 5)]);
    await shipper.drain({ timeoutMs: 5_000 });
    const [first, ...others] = fake.requests.map(({ atMs }) => atMs);
    // The second worker may have been under way when the answer came.
    const later = others.filter((atMs) => atMs - (first ?? 0) > 100);
    expect(Math.min(...later) - (first ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test("probes with one request at a time, ever more slowly", async () => {
    const { fake, spool, shipper, backingOff } = await run({
      backOff: { baseMs: 20, maxMs: 5_000, random: () => 1 },
    });
    fake.always({ kind: "status", status: 503 });
    for (let index = 0; index < 20; index += 1) await spool.append([batchOf(`group-${index}`, 1)]);
    await shipper.drain({ timeoutMs: 1_000 });
    expect(fake.requests.length).toBeLessThanOrEqual(8);
    const delays = backingOff.map(({ delayMs }) => delayMs);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(spool.stats().documents).toBe(20);
  });

  test("sends only the refused documents again", async () => {
    const { fake, spool, shipper, settled } = await run();
    const busy = { status: 429, error: { type: "es_rejected_execution_exception", reason: "queue full" } };
    fake.script({ kind: "items", answer: (_, index) => (index % 4 === 0 ? busy : undefined) });
    await spool.append([batchOf("a", 20)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(fake.requests.map(({ documents }) => documents)).toEqual([20, 5]);
    expect(settled[0]).toMatchObject({ stored: 15, retried: { busy: 5 } });
    expect(spool.stats()).toMatchObject({ stored: 20, duplicate: 0 });
  });

  test("sends smaller requests after it was told to slow down, and larger ones again later", async () => {
    const { fake, spool, shipper } = await run({ maxDocuments: 400, concurrency: 1 });
    fake.script({ kind: "status", status: 429 });
    await spool.append([batchOf("a", 400), batchOf("b", 400)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(fake.requests[0]?.documents).toBe(400);
    expect(fake.requests[1]?.documents).toBe(200);
    expect(fake.requests.at(-1)?.documents).toBeGreaterThan(150);
    expect(fake.documents.size).toBe(800);
  });
});

describe("documents that Elasticsearch will never take", () => {
  test("are put aside while the others are stored", async () => {
    const { fake, spool, shipper } = await run();
    const bad = {
      status: 400,
      error: { type: "document_parsing_exception", reason: "failed to parse field [lag]" },
    };
    fake.always({ kind: "items", answer: (document) => (document["partition"] === "7" ? bad : undefined) });
    await spool.append([batchOf("a", 20)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(spool.stats()).toMatchObject({ stored: 19, deadLettered: 1, documents: 0 });
    expect(await deadLetters()).toMatchObject([
      { document: { partition: "7" }, error_type: "document_parsing_exception", status: 400, attempts: 1 },
    ]);
  });

  test("are found by halving when one of them spoils the whole request", async () => {
    const spoilt = (body: Buffer) => body.includes('"partition":"13"');
    const { fake, spool, shipper } = await run(
      {},
      {
        rule: (_, body) =>
          spoilt(body)
            ? { kind: "status", status: 400, error: { type: "parse_exception", reason: "malformed" } }
            : undefined,
      },
    );
    await spool.append([batchOf("a", 64)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(spool.stats()).toMatchObject({ stored: 63, deadLettered: 1 });
    expect(fake.requests.length).toBeLessThanOrEqual(2 * Math.log2(64) + 3);
    expect(await deadLetters()).toMatchObject([
      { document: { partition: "13" }, error_type: "parse_exception" },
    ]);
  });

  test("are not taken for guilty when Elasticsearch refuses every request", async () => {
    const { fake, spool, shipper, backingOff } = await run();
    fake.always({
      kind: "status",
      status: 400,
      error: { type: "x_exception", reason: "something is set up wrong" },
    });
    await spool.append([batchOf("a", 4)]);
    await shipper.drain({ timeoutMs: 300 });
    expect(spool.stats()).toMatchObject({ deadLettered: 0, documents: 4 });
    expect(backingOff[0]).toMatchObject({ reason: "set_up", status: 400 });
    fake.always(null);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(spool.stats()).toMatchObject({ stored: 4, deadLettered: 0 });
  });

  test("are not taken for guilty when requests are refused only for a while", async () => {
    let requests = 0;
    // Refuses everything from the second to the sixth request: in the middle of the halving it is over.
    const { spool, shipper } = await run(
      { concurrency: 1 },
      {
        rule: () => {
          requests += 1;
          return requests >= 2 && requests <= 6 ? { kind: "status", status: 400 } : undefined;
        },
      },
    );
    for (const name of ["a", "b", "c"]) await spool.append([batchOf(name, 4)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(spool.stats()).toMatchObject({ stored: 12, deadLettered: 0 });
  });

  test.each([3, 4, 5, 6, 7])(
    "are not taken for guilty when %i requests from the second on are refused",
    async (refused) => {
      let requests = 0;
      const { spool, shipper } = await run(
        { concurrency: 1, maxDocuments: 2 },
        {
          rule: () => {
            requests += 1;
            return requests >= 2 && requests < 2 + refused ? { kind: "status", status: 400 } : undefined;
          },
        },
      );
      await spool.append([batchOf("a", 4)]);
      await shipper.drain({ timeoutMs: 5_000 });
      expect(spool.stats()).toMatchObject({ stored: 4, deadLettered: 0 });
    },
  );

  test("are split off a request that is too large, and put aside when one alone is", async () => {
    const { fake, spool, shipper } = await run(
      { gzip: false },
      { rule: (request) => (request.bytes > 600 ? { kind: "status", status: 413 } : undefined) },
    );
    const huge = batchOf(`huge-${"x".repeat(1000)}`, 1);
    const small = batchOf("small", 10);
    const both = { ...small, ndjson: Buffer.concat([small.ndjson, huge.ndjson]), documents: 11 };
    await spool.append([both]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(fake.documents.size).toBe(10);
    expect(await deadLetters()).toMatchObject([{ error_type: "too_large", status: 413 }]);
  });

  test("that are too new wait for their index, and are given up after fifteen minutes", async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const { fake, spool, shipper } = await run({ now: () => nowMs });
    const reason =
      "the document timestamp [2026-01-01T00:00:00.000Z] is outside of ranges of currently writable indices [[2025-12-24T00:00:00.000Z,2025-12-31T23:00:00.000Z]]";
    fake.always({
      kind: "items",
      answer: () => ({ status: 400, error: { type: "timestamp_error", reason } }),
    });
    await spool.append([batchOf("a", 3)]);
    await shipper.drain({ timeoutMs: 200 });
    expect(spool.stats()).toMatchObject({ documents: 3, deadLettered: 0 });
    expect(shipper.stats().failures).toBe(0);
    expect(fake.requests).toHaveLength(1);
    nowMs += 14 * 60_000;
    await shipper.drain({ timeoutMs: 1_500 });
    expect(spool.stats()).toMatchObject({ documents: 3, deadLettered: 0 });
    expect(fake.requests).toHaveLength(2);
    nowMs += 2 * 60_000;
    expect(await shipper.drain({ timeoutMs: 3_000 })).toEqual({ left: 0 });
    expect(fake.requests).toHaveLength(3);
    const letters = await deadLetters();
    expect(letters.map((letter) => `${String(letter["error_type"])} ${String(letter["attempts"])}`)).toEqual([
      "timestamp_too_new 3",
      "timestamp_too_new 3",
      "timestamp_too_new 3",
    ]);
  });
});

describe("set-up faults", () => {
  test.each([
    { status: 401, type: "security_exception" },
    { status: 403, type: "security_exception" },
    { status: 404, type: "index_not_found_exception" },
    { status: 400, type: "media_type_header_exception" },
  ])("keep the documents while Elasticsearch says $status $type", async ({ status, type }) => {
    const { fake, spool, shipper, backingOff } = await run();
    fake.script(
      ...Array.from({ length: 3 }, () => ({ kind: "status" as const, status, error: { type, reason: "r" } })),
    );
    await spool.append([batchOf("a", 5)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(backingOff[0]?.reason).toBe("set_up");
    expect(spool.stats()).toMatchObject({ stored: 5, deadLettered: 0 });
  });
});

describe("work", () => {
  test("sends create actions to the stream, compressed, with a small answer asked for", async () => {
    const { fake, spool, shipper } = await run();
    await spool.append([batchOf("a", 500)]);
    await shipper.drain({ timeoutMs: 5_000 });
    const [request] = fake.requests;
    expect(request?.path).toBe(`/${STREAM}/_bulk`);
    expect(request?.query.get("require_data_stream")).toBe("true");
    expect(request?.query.get("filter_path")).toContain("items.*.status");
    expect(request?.headers["content-type"]).toBe("application/x-ndjson");
    expect(request?.headers["content-encoding"]).toBe("gzip");
    expect(request?.bytes).toBeLessThan(10_000);
  });

  test("counts documents that were there already as duplicates", async () => {
    const { spool, shipper } = await run();
    await spool.append([batchOf("a", 7)]);
    await shipper.drain({ timeoutMs: 5_000 });
    await spool.append([batchOf("a", 7)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(spool.stats()).toMatchObject({ stored: 7, duplicate: 7 });
  });

  test("cuts batches into requests of the allowed size", async () => {
    const { fake, spool, shipper } = await run({ maxDocuments: 100 });
    await spool.append([batchOf("a", 250)]);
    await shipper.drain({ timeoutMs: 5_000 });
    expect(fake.requests.map(({ documents }) => documents)).toEqual([100, 100, 50]);
  });

  test("has at most the allowed number of requests under way", async () => {
    const { fake, spool, shipper } = await run({ concurrency: 2 });
    fake.always({ kind: "slow", ms: 50 });
    for (let index = 0; index < 6; index += 1) await spool.append([batchOf(`group-${index}`, 1)]);
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, shipper.stats().inFlight)), 5);
    await shipper.drain({ timeoutMs: 5_000 });
    clearInterval(timer);
    expect(most).toBe(2);
  });

  test("replays a backlog no faster than allowed and lets live documents pass", async () => {
    let nowMs = 0;
    const before = await openSpool({ directory, version: "test", now: () => nowMs });
    for (let index = 0; index < 20; index += 1) await before.spool.append([batchOf(`old-${index}`, 10)]);
    await before.spool.close();
    nowMs = Date.now();
    const { fake, spool, shipper } = await run({ replayDocumentsPerSecond: 50 });
    shipper.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const replayed = fake.documents.size;
    expect(replayed).toBeLessThanOrEqual(90);
    await spool.append([batchOf("live", 10)]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([...fake.documents.values()].filter((document) => document["group"] === "live")).toHaveLength(10);
  });

  test("stops at once, and what was under way is delivered after the next start", async () => {
    const { fake, spool, shipper } = await run();
    fake.always({ kind: "hang" });
    await spool.append([batchOf("a", 5)]);
    shipper.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startedMs = performance.now();
    await shipper.stop();
    expect(performance.now() - startedMs).toBeLessThan(500);
    expect(spool.stats().documents).toBe(5);
  });
});
