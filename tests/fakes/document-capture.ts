/** A stand-in for Elasticsearch that keeps every document of its bulk requests, with the action before it. */
import http from "node:http";
import { gunzipSync } from "node:zlib";

export type CapturedDocument = {
  /** `index` or `create`. */
  readonly operation: string;
  readonly action: Readonly<Record<string, unknown>>;
  /** The document as sent: numbers above 2^53 are only right in here. */
  readonly text: string;
};

export type DocumentCapture = {
  readonly url: string;
  readonly port: number;
  /** Documents since the last call. */
  take(): readonly CapturedDocument[];
  close(): Promise<void>;
};

const ROOT = JSON.stringify({
  version: { number: "8.19.0", build_flavor: "default" },
  tagline: "You Know, for Search",
});

export async function startDocumentCapture(): Promise<DocumentCapture> {
  let captured: CapturedDocument[] = [];
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      response.setHeader("X-Elastic-Product", "Elasticsearch");
      response.setHeader("Content-Type", "application/json");
      if (request.url?.includes("_bulk") !== true) {
        response.end(request.method === "HEAD" ? undefined : ROOT);
        return;
      }
      const raw = Buffer.concat(parts);
      const documents = readBulk(request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw);
      captured = [...captured, ...documents];
      const items = documents.map(({ operation }) => ({ [operation]: { status: 201 } }));
      response.end(JSON.stringify({ took: 1, errors: false, items }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    take() {
      const taken = captured;
      captured = [];
      return taken;
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

function readBulk(body: Buffer): CapturedDocument[] {
  const lines = body.toString("utf8").trimEnd().split("\n");
  return Array.from({ length: lines.length >> 1 }, (_, index) => {
    const action: Record<string, Record<string, unknown>> = JSON.parse(lines[index * 2] ?? "{}");
    const [operation = "", details = {}] = Object.entries(action)[0] ?? [];
    return { operation, action: details, text: lines[index * 2 + 1] ?? "" };
  });
}
