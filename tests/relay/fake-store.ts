/** An Elasticsearch that only answers the relay's searches, with what a test says about each group. */
import { createServer } from "node:http";
import type { Verdict } from "../../model/verdicts.ts";

export type FakeStore = {
  url: string;
  /** Null: it answers 503. */
  verdictOf: ((group: string) => Verdict) | null;
  /** Takes requests and never answers. */
  hangs: boolean;
  /** Before each answer. */
  delayMs: number;
  /** Seconds by which its newest document is old. */
  ageSeconds: number;
  stop(): Promise<void>;
};

export async function startFakeStore(verdictOf: (group: string) => Verdict): Promise<FakeStore> {
  const store: FakeStore = { verdictOf, hangs: false, delayMs: 0, ageSeconds: 0, url: "", stop };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (store.hangs) return;
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
      const headers = { "x-elastic-product": "Elasticsearch", "content-type": "application/json" };
      response.writeHead(store.verdictOf === null ? 503 : 200, headers);
      setTimeout(() => {
        response.end(JSON.stringify(store.verdictOf === null ? {} : answer(body, store)));
      }, store.delayMs);
    });
  });
  async function stop(): Promise<void> {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  store.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return store;
}

function answer(body: unknown, { verdictOf, ageSeconds }: FakeStore): object {
  const tickMs = Date.now() - ageSeconds * 1000;
  const newest = { value: tickMs };
  const last = (source: object) => ({ hits: { hits: [{ _source: source }] } });
  const cluster = { any: newest, trusted: { newest }, last: last({ suspect: 0 }) };
  const groups = [...JSON.stringify(body).matchAll(/"group":\[([^\]]*)\]/g)].flatMap(([, names = ""]) =>
    names.split(",").map((name) => name.replaceAll('"', "")),
  );
  const document = (group: string) => ({
    "@timestamp": new Date(tickMs).toISOString(),
    verdict: verdictOf?.(group) ?? "ok",
  });
  return {
    hits: { hits: detailsOf(JSON.stringify(body), new Date(tickMs).toISOString()) },
    aggregations: {
      clusters: { buckets: [{ key: "orders", ...cluster }] },
      groups: {
        buckets: groups.map((key) => ({ key, any: newest, trusted: { last: last(document(key)) } })),
      },
    },
  };
}

/** What a message about a group is to gain. */
function detailsOf(query: string, tick: string): readonly object[] {
  const verdict = "stopped";
  if (query.includes('"record":"partition"'))
    return [{ _source: { topic: "payments", partition: "3", lag: 7, verdict } }];
  return query.includes('"cause"')
    ? [{ _source: { "@timestamp": tick, verdict, cause: "Nobody commits." } }]
    : [];
}
