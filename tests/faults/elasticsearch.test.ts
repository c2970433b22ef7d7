/**
 * Elasticsearch broken in every way that is known, with the whole collector in front of it. Each row: nothing lost,
 * nothing doubled, nothing let in, the account adds up at every moment, the sentence once per interval, and recovery.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { FakeElasticsearch, FakeElasticsearchOptions, FakeFault } from "../fakes/fake-elasticsearch.ts";
import {
  type CollectorSetup,
  type CollectorUnderTest,
  LOG_PERIOD_MS,
} from "./support/collector-under-test.ts";
import { CLEAN, reconcile } from "./support/reconcile.ts";
import { type Scene as StageScene, createStage } from "./support/scene.ts";
import { until } from "./support/world.ts";

const stage = createStage();
afterEach(async () => stage.end());

type Scene = Omit<StageScene, "tick"> & { readonly tick: () => Promise<void> };

/** Burrow never fails here. */
async function startScene(
  server: FakeElasticsearchOptions = {},
  setup: Partial<CollectorSetup> = {},
): Promise<Scene> {
  const scene = await stage.start({ server, timing: { requestTimeoutMs: 10_000 }, ...setup });
  const tick = async (): Promise<void> => {
    expect((await scene.tick()).failure).toBeNull();
  };
  return { ...scene, tick };
}

/** Until nothing waits; then every document is where it belongs. */
async function expectAllDelivered(
  { collector }: Scene,
  elasticsearch: Pick<FakeElasticsearch, "documents">,
  expected: { readonly deadLetters: number } = { deadLetters: 0 },
): Promise<void> {
  await until("an empty spool", async () => (await collector.account()).waiting === 0);
  expect(await reconcile(collector, elasticsearch)).toEqual(CLEAN);
  const account = await collector.account();
  expect({ deadLettered: account.deadLettered, dropped: account.droppedBy.size, lost: account.lost }).toEqual(
    {
      deadLettered: expected.deadLetters,
      dropped: 0,
      lost: 0,
    },
  );
  expect(account.stored + account.duplicate + account.deadLettered).toBe(collector.read.size);
  expect(collector.auditor.faults).toEqual([]);
  expect(collector.auditor.samples()).toBeGreaterThan(5);
}

async function retriesOf(collector: CollectorUnderTest): Promise<number> {
  return Number(/^lagline_bulk_retries_total (\d+)$/m.exec(await collector.metrics())?.[1] ?? 0);
}

type Row = {
  readonly name: string;
  readonly fault: FakeFault;
  /** Part of the one sentence in the log. */
  readonly says: string;
  /** Deadline of a bulk request. @default far above what a busy machine needs */
  readonly timeoutMs?: number;
};

const answered = (status: number, error?: { type: string; reason: string }): FakeFault => ({
  kind: "status",
  status,
  ...(error === undefined ? {} : { error }),
});

const BLOCKED = "index [.ds-x] blocked by: [FORBIDDEN/8/index write (api)];";
const FLOOD = "index [.ds-x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]";

/** Refuses whole requests, or makes what became of them unknown. */
const WHOLE_REQUESTS: readonly Row[] = [
  { name: "429 without Retry-After", fault: answered(429), says: "answered 429" },
  {
    name: "429 of a circuit breaker",
    fault: answered(429, { type: "circuit_breaking_exception", reason: "[parent] Data too large" }),
    says: "circuit_breaking_exception",
  },
  {
    name: "a proxy's page with status 429",
    fault: { kind: "status", status: 429, page: "<html>slow down</html>" },
    says: "answered 429",
  },
  { name: "503 while it starts", fault: answered(503), says: "answered 503" },
  {
    name: "a cluster without a master",
    fault: answered(503, { type: "master_not_discovered_exception", reason: "no master" }),
    says: "master_not_discovered_exception",
  },
  {
    name: "a proxy's page with status 502",
    fault: { kind: "status", status: 502, page: "<html>Bad Gateway</html>" },
    says: "answered 502",
  },
  {
    name: "an index that is blocked for all requests",
    fault: answered(403, { type: "cluster_block_exception", reason: BLOCKED }),
    says: "FORBIDDEN/8",
  },
  {
    name: "credentials that are refused",
    fault: answered(401, { type: "security_exception", reason: "unable to authenticate" }),
    says: "answered 401 security_exception",
  },
  {
    name: "a key that may not write",
    fault: answered(403, { type: "security_exception", reason: "action is unauthorized" }),
    says: "answered 403 security_exception",
  },
  {
    name: "a data stream that does not exist",
    fault: answered(404, { type: "index_not_found_exception", reason: "no such index" }),
    says: "answered 404 index_not_found_exception",
  },
  { name: "every request refused with 400", fault: answered(400), says: "refuses bulk requests" },
  { name: "every request too large (413)", fault: answered(413), says: "refuses bulk requests: 413" },
  { name: "a redirect", fault: answered(302), says: "answered 302" },
  { name: "a login page with status 200", fault: { kind: "html" }, says: "could not be understood" },
  { name: "an empty body with status 200", fault: { kind: "empty" }, says: "could not be understood" },
  { name: "truncated JSON", fault: { kind: "truncated" }, says: "not JSON" },
  {
    name: "other JSON",
    fault: { kind: "json", body: { acknowledged: true } },
    says: "could not be understood",
  },
  { name: "a list", fault: { kind: "json", body: [] }, says: "could not be understood" },
  { name: "null", fault: { kind: "json", body: null }, says: "could not be understood" },
  { name: "no items", fault: { kind: "no_items" }, says: "could not be understood" },
  {
    name: "fewer items than were sent",
    fault: { kind: "short_items", missing: 1 },
    says: "could not be understood",
  },
  { name: "more items than were sent", fault: { kind: "extra_items" }, says: "could not be understood" },
  { name: "items about another operation", fault: { kind: "wrong_op" }, says: "could not be understood" },
  {
    name: "no product header",
    fault: { kind: "without_product_header" },
    says: "is not Elasticsearch",
  },
  {
    name: "a reset before the answer",
    fault: { kind: "reset", when: "before" },
    says: "cannot be reached",
  },
  {
    name: "a reset after the documents were stored",
    fault: { kind: "reset", when: "after" },
    says: "cannot be reached",
  },
  {
    name: "a reset in the middle of the request",
    fault: { kind: "reset_upload" },
    says: "cannot be reached",
  },
  {
    name: "a reset in the middle of the answer",
    fault: { kind: "reset_answer" },
    says: "cannot be reached",
  },
  {
    name: "no answer within the deadline",
    fault: { kind: "hang" },
    says: "did not answer within",
    timeoutMs: 1_000,
  },
  {
    name: "an answer that drips in",
    fault: { kind: "drip", everyMs: 20 },
    says: "did not answer within",
    timeoutMs: 1_000,
  },
  {
    name: "answers slower than the deadline",
    fault: { kind: "slow", ms: 1_500 },
    says: "did not answer within",
    timeoutMs: 1_000,
  },
];

describe("requests that fail as a whole", () => {
  test.each(WHOLE_REQUESTS)("$name", async ({ fault, says, timeoutMs }) => {
    const timing = timeoutMs === undefined ? {} : { timing: { requestTimeoutMs: timeoutMs } };
    const scene = await startScene({}, timing);
    const { elasticsearch, collector, tick } = scene;
    await tick();
    await until("the first tick", async () => (await collector.account()).waiting === 0);
    elasticsearch.always(fault);
    await tick();
    await tick();
    await until(
      "three retries",
      async () => (await retriesOf(collector)) >= 3 || elasticsearch.requests.length > 30,
    );
    const [line, ...others] = collector.said("LAGLINE_ELASTICSEARCH_RETRY");
    expect({ level: line?.level, others }).toEqual({ level: "warn", others: [] });
    expect(line?.message).toContain("Documents wait in the spool, because Elasticsearch does not take them");
    expect(line?.message).toContain(says);
    expect(await collector.metrics()).toMatch(/^lagline_elasticsearch_up 0$/m);
    expect((await collector.account()).waiting).toBeGreaterThan(0);

    collector.advance(LOG_PERIOD_MS + 1);
    await until(
      "the sentence of the next interval",
      () => collector.said("LAGLINE_ELASTICSEARCH_RETRY").length >= 2,
    );
    expect(collector.said("LAGLINE_ELASTICSEARCH_RETRY")[1]).toMatchObject({
      suppressed: expect.any(Number),
    });

    elasticsearch.always(null);
    await tick();
    await expectAllDelivered(scene, elasticsearch);
    // With a short deadline a busy machine may miss it once more.
    const recoveries = collector.said("LAGLINE_ELASTICSEARCH_RECOVERED").length;
    expect(recoveries).toBeGreaterThanOrEqual(1);
    expect(recoveries).toBeLessThanOrEqual(timeoutMs === undefined ? 1 : 5);
    expect(collector.said("LAGLINE_ELASTICSEARCH_RETRY")).toHaveLength(2);
    expect(await collector.metrics()).toMatch(/^lagline_elasticsearch_up 1$/m);
  });
});

const busy = { status: 429, error: { type: "es_rejected_execution_exception", reason: "queue is full" } };
const shard = { status: 503, error: { type: "unavailable_shards_exception", reason: "primary not active" } };
const poison = {
  status: 400,
  error: { type: "document_parsing_exception", reason: "failed to parse field [lag] of type [long]" },
};
const isPoison = (document: Readonly<Record<string, unknown>>): boolean =>
  document["record"] === "partition" && document["partition"] === "1";

describe("single documents that fail", () => {
  test("a mix of stored, already there, busy, unavailable and never: each gets what it deserves", async () => {
    const scene = await startScene();
    const { elasticsearch, collector, tick } = scene;
    // The first answer is lost after everything was stored, so that the 409 of the second are real.
    elasticsearch.script({ kind: "reset", when: "after" });
    await tick();
    await until("the first tick", async () => (await collector.account()).waiting === 0);
    expect((await collector.account()).duplicate).toBeGreaterThan(0);
    elasticsearch.always({
      kind: "items",
      answer: (document, index) => {
        if (isPoison(document)) return poison;
        return [undefined, busy, undefined, shard][index % 4];
      },
    });
    for (let count = 0; count < 4; count += 1) await tick();
    await expectAllDelivered(scene, elasticsearch, { deadLetters: 4 * 3 });
    expect(collector.said("LAGLINE_ELASTICSEARCH_DEAD_LETTER")).toMatchObject([
      { level: "error", message: expect.stringMatching(/refused \d+ documents for good \(document_parsing/) },
    ]);
    expect(await collector.metrics()).toMatch(
      /^lagline_dead_letters_total\{error_type="document_parsing_exception"\} 12$/m,
    );
  });

  test.each([
    ["read-only for all time", 403, BLOCKED, "set_up"],
    ["full to the flood stage", 429, FLOOD, "busy"],
    ["full to the flood stage, as older versions say it", 403, "blocked by: [FORBIDDEN/12/x]", "busy"],
  ] as const)("an index that is %s keeps the documents waiting", async (...row) => {
    const [, status, reason, label] = row;
    const scene = await startScene();
    const { elasticsearch, collector, tick } = scene;
    elasticsearch.always({
      kind: "items",
      answer: () => ({ status, error: { type: "cluster_block_exception", reason } }),
    });
    await tick();
    await tick();
    await until("retries", async () => (await retriesOf(collector)) >= 3);
    expect(collector.said("LAGLINE_ELASTICSEARCH_RETRY")).toMatchObject([
      { message: expect.stringContaining("cluster_block_exception") },
    ]);
    expect(await collector.metrics()).toContain(`lagline_bulk_retried_documents_total{reason="${label}"}`);
    elasticsearch.always(null);
    await expectAllDelivered(scene, elasticsearch);
    expect(collector.said("LAGLINE_ELASTICSEARCH_RECOVERED")).toHaveLength(1);
  });

  test("a timestamp that is far too late is a dead letter; one that is too early waits for its index", async () => {
    const scene = await startScene();
    const { elasticsearch, collector, tick } = scene;
    const startMs = collector.nowMs();
    const stamp = (ms: number): string => new Date(ms).toISOString();
    let opensUntilMs = startMs + 45_000;
    elasticsearch.always({
      kind: "items",
      answer: (document) => {
        const ms = Date.parse(String(document["@timestamp"]));
        // The first tick is older than any writable index; what lies past the end of the newest one is too early.
        if (ms > startMs + 30_000 && ms < opensUntilMs) return undefined;
        const range = `[[${stamp(startMs + 30_001)},${stamp(opensUntilMs)}]]`;
        const reason = `the document timestamp [${stamp(ms)}] is outside of ranges of currently writable indices ${range}`;
        return { status: 400, error: { type: "timestamp_error", reason } };
      },
    });
    await tick();
    const late = collector.read.size;
    await until("dead letters", async () => (await collector.account()).deadLettered === late);
    await tick();
    await until("the first look at what is too early", async () =>
      (await collector.metrics()).includes('lagline_bulk_retried_documents_total{reason="too_new"}'),
    );
    expect(await collector.account()).toMatchObject({ deadLettered: late, stored: 0 });
    opensUntilMs += 600_000;
    collector.advance(31_000);
    await expectAllDelivered(scene, elasticsearch, { deadLetters: late });
    expect(collector.said("LAGLINE_ELASTICSEARCH_DEAD_LETTER")).toHaveLength(1);
  });

  test("documents that a proxy finds too large are split off until they fit", async () => {
    const scene = await startScene(
      { rule: (request) => (request.documents > 5 ? answered(413) : undefined) },
      { settings: { gzip: false } },
    );
    await scene.tick();
    await scene.tick();
    await expectAllDelivered(scene, scene.elasticsearch);
    expect(scene.collector.said("LAGLINE_ELASTICSEARCH_RETRY")).toEqual([]);
  });

  test("items in another order do no harm where all documents were taken", async () => {
    const scene = await startScene();
    const { elasticsearch, collector, tick } = scene;
    elasticsearch.script({ kind: "reset", when: "after" });
    await tick();
    await until("the first tick", async () => (await collector.account()).waiting === 0);
    elasticsearch.always({ kind: "reordered" });
    await tick();
    await tick();
    await expectAllDelivered(scene, elasticsearch);
    expect(collector.said("LAGLINE_ELASTICSEARCH_DEAD_LETTER")).toEqual([]);
  });
});

describe("storms of 429", () => {
  test("with Retry-After: nothing is sent before its time, also when another request was taken meanwhile", async () => {
    const scene = await startScene();
    const { elasticsearch, collector, tick } = scene;
    elasticsearch.script({ kind: "status", status: 429, retryAfterSeconds: 1 });
    await tick();
    await until("the refusal", () => collector.said("LAGLINE_ELASTICSEARCH_RETRY").length === 1);
    const refusedMs = elasticsearch.requests[0]?.atMs ?? 0;
    for (let count = 0; count < 5; count += 1) await tick();
    await expectAllDelivered(scene, elasticsearch);
    // The other worker may have been under way when the answer came.
    const later = elasticsearch.requests.map(({ atMs }) => atMs - refusedMs).filter((ms) => ms > 100);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(990);
  });

  test("that lets every third request through: all is stored, and requests stay few", async () => {
    let count = 0;
    const scene = await startScene({
      rule: () => {
        count += 1;
        return count % 3 === 0 ? undefined : answered(429);
      },
    });
    for (let tick = 0; tick < 10; tick += 1) await scene.tick();
    await expectAllDelivered(scene, scene.elasticsearch);
    // 20 batches (a tick and the collector's own document), two of three requests refused.
    expect(scene.elasticsearch.requests.length).toBeLessThanOrEqual(70);
  });

  test("of 20 s asks less and less often", async () => {
    // The bounds of production are 500 ms and 60 s: here a hundredth, so that 20 s stand for more than half an hour.
    const scene = await startScene({}, { timing: { backOff: { baseMs: 5, maxMs: 600 } } });
    const { elasticsearch, collector, tick } = scene;
    elasticsearch.always(answered(429));
    await tick();
    const startedMs = performance.now();
    while (performance.now() - startedMs < 4_000) {
      await tick();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(elasticsearch.requests.length).toBeLessThanOrEqual(40);
    elasticsearch.always(null);
    await expectAllDelivered(scene, elasticsearch);
    expect(collector.said("LAGLINE_ELASTICSEARCH_RECOVERED")).toHaveLength(1);
  });
});
