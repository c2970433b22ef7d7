/** What the relay makes of Elasticsearch's answers; their shapes are those of a real 9.2. */
import { expect, test } from "vitest";
import type { HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import { createReading } from "./reading.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const signal = new AbortController().signal;
const question = {
  clusters: ["orders"],
  alerts: [{ fingerprint: "f", alertName: "KafkaConsumerGroupStopped", cluster: "orders", group: "a" }],
};
const hit = (source: object) => ({ hits: { hits: [{ _index: "i", _id: "1", _source: source }] } });
const cluster = (trustedMs: number | null, last: object = { suspect: 0 }) => ({
  clusters: {
    buckets: [
      {
        key: "orders",
        doc_count: 9,
        any: { value: NOW },
        trusted: { doc_count: 1, newest: { value: trustedMs } },
        last: hit(last),
      },
    ],
  },
});
const group = (document: object | null) => ({
  groups: {
    buckets: [
      {
        key: "a",
        doc_count: 9,
        any: { value: NOW - 1000 },
        trusted: { doc_count: 1, last: document === null ? { hits: { hits: [] } } : hit(document) },
      },
    ],
  },
});

/** Answers searches with these aggregations, in turn. */
function reading(answers: readonly (object | number | Error)[]) {
  const asked: unknown[] = [];
  let reloads = 0;
  const rest = [...answers];
  const http = {
    async request({ json }: { readonly json?: unknown }): Promise<HttpAnswer> {
      asked.push(json);
      const answer = rest.shift();
      if (answer instanceof Error) throw answer;
      if (typeof answer === "number") return { status: answer, body: {}, retryAfterMs: null };
      return { status: 200, body: { hits: {}, aggregations: answer }, retryAfterMs: null };
    },
    async reload(): Promise<boolean> {
      reloads += 1;
      return true;
    },
  };
  const ask = createReading({ http, index: "metrics-*", intervalSeconds: 10 });
  return { asked, reloads: () => reloads, read: async () => ask(question, { nowMs: NOW, signal }) };
}

test("a fresh document of a group that is well is a recovery", async () => {
  const tick = new Date(NOW - 5000).toISOString();
  const { read, asked } = reading([cluster(NOW - 5000), group({ "@timestamp": tick, verdict: "ok" })]);
  const { blind, sights } = await read();
  expect(blind.get("orders")).toBeNull();
  expect(sights.get("f")).toMatchObject({ kind: "recovered" });
  // Documents that say nothing must not be asked for: after a restart every group is `unknown`.
  expect(JSON.stringify(asked[1])).toContain('{"terms":{"verdict":["unknown","suspect_data"]}}');
});

test("a group that is reported without a verdict is unclear, not gone", async () => {
  const { read } = reading([cluster(NOW - 5000), group(null)]);
  expect((await read()).sights.get("f")).toEqual({ kind: "unclear" });
});

test("documents that the monitoring itself doubts are no sight, and the reason is told", async () => {
  const { read } = reading([
    cluster(NOW - 300_000, { suspect: 1, suspect_reason: "Burrow is not ready" }),
    group(null),
  ]);
  const { blind, sights } = await read();
  expect(blind.get("orders")).toMatch(/300 s old\. Documents arrive, but .*: Burrow is not ready\./);
  expect(sights.get("f")?.kind).toBe("blind");
});

test.each([
  ["an error", new Error("connect ECONNREFUSED")],
  ["HTTP 503", 503],
  ["an answer of another shape", { clusters: "none" }],
])("%s is blindness, never a recovery", async (_name, answer) => {
  const { blind, sights } = await reading([answer, answer]).read();
  expect(blind.get("orders")).toMatch(/^Elasticsearch cannot be read \([\w ]+\)\.$/);
  expect(sights.get("f")?.kind).toBe("blind");
});

test("an index that does not exist yet has no trusted document", async () => {
  const http = {
    request: async (): Promise<HttpAnswer> => ({ status: 200, body: { hits: {} }, retryAfterMs: null }),
    reload: async () => false,
  };
  const ask = createReading({ http, index: "x", intervalSeconds: 10 });
  const { blind } = await ask(question, { nowMs: NOW, signal });
  expect(blind.get("orders")).toBe("There is no trusted document of the cluster.");
});

test("a rotated password is read again before it counts as blindness", async () => {
  const tick = new Date(NOW - 5000).toISOString();
  const { read, reloads } = reading([401, cluster(NOW - 5000), group({ "@timestamp": tick, verdict: "ok" })]);
  expect((await read()).blind.get("orders")).toBeNull();
  expect(reloads()).toBe(1);
});
