/**
 * A stand-in for Elasticsearch that takes every document and counts it: the other end of the collector benchmark. It
 * answers what the official client and Telegraf ask for at start, and one item per document of a bulk request.
 */
import http from "node:http";
import { gunzipSync } from "node:zlib";

export type SinkCounts = {
  documents: number;
  bulkRequests: number;
  /** On the wire, compressed or not. */
  bytes: number;
  /** By `performance.now()` of the sink's process; 0 before the first. */
  lastDocumentMs: number;
};

export type ElasticsearchSink = {
  readonly port: number;
  readonly counts: SinkCounts;
  /** For so long bulk requests are turned away in turns: 503, 429, cut connection. Nothing of them is counted. */
  trouble(ms: number): void;
  close(): void;
};

const ROOT = JSON.stringify({
  name: "sink",
  cluster_name: "sink",
  version: { number: "8.19.0", build_flavor: "default", lucene_version: "9.12.0" },
  tagline: "You Know, for Search",
});
const ITEM = '{"create":{"status":201}}';

export async function startElasticsearchSink(port = 0): Promise<ElasticsearchSink> {
  const counts: SinkCounts = { documents: 0, bulkRequests: 0, bytes: 0, lastDocumentMs: 0 };
  let troubledUntilMs = 0;
  let turnedAway = 0;
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      response.setHeader("X-Elastic-Product", "Elasticsearch");
      response.setHeader("Content-Type", "application/json");
      if (request.url?.includes("_bulk") === true) {
        if (performance.now() < troubledUntilMs) {
          turnAway(response, (turnedAway += 1));
          return;
        }
        response.end(countBulk(Buffer.concat(parts), request.headers["content-encoding"] === "gzip", counts));
      } else {
        response.end(request.method === "HEAD" ? undefined : ROOT);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    counts,
    trouble(ms) {
      troubledUntilMs = performance.now() + ms;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function turnAway(response: http.ServerResponse, turn: number): void {
  if (turn % 3 === 2) {
    response.socket?.destroy();
    return;
  }
  response.statusCode = turn % 3 === 0 ? 503 : 429;
  response.end('{"error":{"type":"es_rejected_execution_exception","reason":"made up"}}');
}

function countBulk(body: Buffer, isCompressed: boolean, counts: SinkCounts): string {
  counts.bytes += body.length;
  counts.bulkRequests += 1;
  const plain = isCompressed ? gunzipSync(body) : body;
  let lines = 0;
  for (let at = plain.indexOf(10); at !== -1; at = plain.indexOf(10, at + 1)) {
    lines += 1;
  }
  const documents = lines >> 1;
  counts.documents += documents;
  counts.lastDocumentMs = performance.now();
  return `{"took":1,"errors":false,"items":[${Array.from({ length: documents }, () => ITEM).join(",")}]}`;
}
