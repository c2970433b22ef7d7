/**
 * A small real HTTP server that behaves like Elasticsearch where the collector can tell: product header, bulk with
 * `create` semantics (same dimensions and time: item 409), templates and data streams, and faults on order.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { gunzipSync } from "node:zlib";
import { DIMENSIONS } from "../../model/fields.ts";
import { createFakeAdmin } from "./fake-elasticsearch-admin.ts";
import type { FakeAdminOptions } from "./fake-elasticsearch-admin.ts";

export type FakeItem = { status: number; error?: { type: string; reason: string }; failure_store?: string };
export type FakeDocument = Readonly<Record<string, unknown>>;

/** What happens to a bulk request instead of, or besides, its normal handling. */
export type FakeFault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly error?: { type: string; reason: string };
      /** Body of a proxy in between: this page, and no product header. */
      readonly page?: string;
    }
  /** Answers for single documents; undefined for the normal handling. */
  | {
      readonly kind: "items";
      readonly answer: (document: FakeDocument, index: number) => FakeItem | undefined;
    }
  /** Cuts the connection before the documents are stored, or after. */
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** A login page with status 200, stored or not. */
  | { readonly kind: "html" }
  | { readonly kind: "short_items"; readonly missing: number }
  | { readonly kind: "extra_items" }
  | { readonly kind: "no_items" }
  | { readonly kind: "wrong_op" }
  | { readonly kind: "truncated" }
  | { readonly kind: "empty" }
  | { readonly kind: "without_product_header" }
  /** Stores, but never answers. */
  | { readonly kind: "hang" }
  | { readonly kind: "slow"; readonly ms: number }
  /** Resets the connection while the request still comes in. */
  | { readonly kind: "reset_upload" }
  /** Stores, sends half of the answer and resets the connection. */
  | { readonly kind: "reset_answer" }
  /** Stores, then sends the answer byte by byte. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** 200 with this JSON instead of the answer; nothing is stored. */
  | { readonly kind: "json"; readonly body: unknown }
  /** Stores, and answers with the items the other way round. */
  | { readonly kind: "reordered" };

export type FakeRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** Document lines of a bulk request. */
  readonly documents: number;
  /** Bytes on the wire. */
  readonly bytes: number;
  readonly atMs: number;
};

export type FakeElasticsearchOptions = FakeAdminOptions & {
  /** `documents` keeps all of them; `identities` only what tells duplicates; `count` parses nothing. */
  readonly keep?: "documents" | "identities" | "count";
  /** Asked before the script: whole-server behaviour such as an outage or a size limit. */
  readonly rule?: (request: FakeRequest, body: Buffer) => FakeFault | undefined;
  /** Fixed port, to come back where a stopped one was. */
  readonly port?: number;
  /** PEM; makes it speak TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** What an earlier server had stored: this one is the same Elasticsearch after a restart. */
  readonly disk?: Pick<FakeElasticsearch, "documents" | "identities">;
};

export interface FakeElasticsearch {
  readonly url: string;
  readonly port: number;
  /** By identity; empty unless `keep` is `documents`. */
  readonly documents: ReadonlyMap<string, FakeDocument>;
  /** Of everything stored, unless `keep` is `count`. */
  readonly identities: ReadonlySet<string>;
  readonly counts: { stored: number; duplicate: number; refused: number };
  readonly requests: readonly FakeRequest[];
  readonly admin: ReturnType<typeof createFakeAdmin>;
  /** The next bulk requests get these faults, one each. */
  script(...faults: readonly FakeFault[]): void;
  /** All bulk requests get this fault until it is taken away with null. */
  always(fault: FakeFault | null): void;
  stop(): Promise<void>;
}

type State = {
  readonly options: FakeElasticsearchOptions;
  readonly documents: Map<string, FakeDocument>;
  readonly identities: Set<string>;
  readonly counts: { stored: number; duplicate: number; refused: number };
  readonly requests: FakeRequest[];
  readonly admin: ReturnType<typeof createFakeAdmin>;
  readonly script: FakeFault[];
  always: FakeFault | null;
};

export async function startFakeElasticsearch(
  options: FakeElasticsearchOptions = {},
): Promise<FakeElasticsearch> {
  const state: State = {
    options,
    documents: new Map(options.disk?.documents),
    identities: new Set(options.disk?.identities),
    counts: { stored: 0, duplicate: 0, refused: 0 },
    requests: [],
    admin: createFakeAdmin(options),
    script: [],
    always: null,
  };
  const server = listenerOf(options, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (cutsUpload(state)) request.socket.resetAndDestroy();
    });
    request.on("error", () => undefined);
    request.on("end", () => {
      handle(state, { request, response, raw: Buffer.concat(chunks) });
    });
  });
  server.keepAliveTimeout = 60_000;
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    documents: state.documents,
    identities: state.identities,
    counts: state.counts,
    requests: state.requests,
    admin: state.admin,
    script: (...faults) => {
      state.script.push(...faults);
    },
    always: (fault) => {
      state.always = fault;
    },
    stop: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

function listenerOf({ tls }: FakeElasticsearchOptions, listener: Listener): Server {
  return tls === undefined
    ? createServer(listener)
    : createTlsServer({ cert: tls.certificate, key: tls.key }, listener);
}

/** True when the request that comes in now is to be cut off; uses the fault up. */
function cutsUpload(state: State): boolean {
  if (state.always?.kind === "reset_upload") return true;
  if (state.always !== null || state.script[0]?.kind !== "reset_upload") return false;
  state.script.shift();
  return true;
}

/** Identity of a document as a time series has it: its dimensions and its time. */
export function identityOf(document: FakeDocument): string {
  return [...DIMENSIONS, "@timestamp"].map((name) => JSON.stringify(document[name] ?? null)).join("\u0000");
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly raw: Buffer;
};

function handle(state: State, { request, response, raw }: Exchange): void {
  const url = new URL(request.url ?? "/", "http://fake");
  const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
  const isBulk = url.pathname.endsWith("/_bulk");
  const entry: FakeRequest = {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    documents: isBulk ? countLines(body) / 2 : 0,
    bytes: raw.length,
    atMs: Date.now(),
  };
  state.requests.push(entry);
  if (!isBulk) {
    const answer = state.admin.answer(entry, body);
    send(response, answer);
    return;
  }
  const fault = state.options.rule?.(entry, body) ?? state.always ?? state.script.shift();
  answerBulk(state, { entry, body, response, fault });
}

type BulkExchange = {
  readonly entry: FakeRequest;
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly fault: FakeFault | undefined;
};

function answerBulk(state: State, { entry, body, response, fault }: BulkExchange): void {
  switch (fault?.kind) {
    case "status":
      if (fault.page !== undefined) {
        response.writeHead(fault.status, { "content-type": "text/html", ...retryAfter(fault) });
        response.end(fault.page);
        return;
      }
      send(response, {
        status: fault.status,
        body: { error: fault.error ?? { type: "some_exception", reason: "scripted" }, status: fault.status },
        headers: retryAfter(fault),
      });
      return;
    case "reset":
      if (fault.when === "after") store(state, { entry, body, fault });
      response.socket?.resetAndDestroy();
      return;
    case "html":
      response.writeHead(200, { "content-type": "text/html", "x-elastic-product": "Elasticsearch" });
      response.end("<html><body>Please log in</body></html>");
      return;
    case "empty":
      response.writeHead(200, { "content-type": "application/json", "x-elastic-product": "Elasticsearch" });
      response.end();
      return;
    case "json":
      send(response, { status: 200, body: fault.body });
      return;
    case "reset_upload":
      response.socket?.resetAndDestroy();
      return;
    case undefined:
    case "items":
    case "short_items":
    case "extra_items":
    case "no_items":
    case "wrong_op":
    case "truncated":
    case "without_product_header":
    case "hang":
    case "slow":
    case "reset_answer":
    case "drip":
    case "reordered":
      deliver(response, { items: store(state, { entry, body, fault }), fault });
  }
}

function deliver(
  response: ServerResponse,
  what: { items: readonly FakeItem[]; fault: FakeFault | undefined },
): void {
  const { fault } = what;
  const op = fault?.kind === "wrong_op" ? "index" : "create";
  let items = what.items.map((item) => ({ [op]: item }));
  if (fault?.kind === "short_items") items = items.slice(0, Math.max(0, items.length - fault.missing));
  if (fault?.kind === "reordered") items = items.toReversed();
  if (fault?.kind === "extra_items") items = [...items, { [op]: { status: 201 } }];
  const errors = what.items.some(({ status }) => status >= 300);
  const body = fault?.kind === "no_items" ? { errors, took: 1 } : { errors, items };
  if (fault?.kind === "hang") return;
  if (fault?.kind === "truncated" || fault?.kind === "reset_answer" || fault?.kind === "drip") {
    deliverInParts(response, { text: JSON.stringify(body), fault });
    return;
  }
  if (fault?.kind === "slow") {
    setTimeout(() => {
      send(response, { status: 200, body });
    }, fault.ms);
    return;
  }
  send(response, { status: 200, body, product: fault?.kind !== "without_product_header" });
}

function deliverInParts(
  response: ServerResponse,
  what: { text: string; fault: FakeFault & { kind: "truncated" | "reset_answer" | "drip" } },
): void {
  const { text, fault } = what;
  const half = text.slice(0, text.length / 2);
  const cut = fault.kind === "truncated";
  response.writeHead(200, {
    "content-type": "application/json",
    "x-elastic-product": "Elasticsearch",
    ...(cut ? { connection: "close" } : { "content-length": Buffer.byteLength(text) }),
  });
  if (fault.kind === "truncated") response.end(half);
  else if (fault.kind === "reset_answer") {
    response.write(half, () => {
      response.socket?.resetAndDestroy();
    });
  } else drip(response, text, fault.everyMs);
}

function drip(response: ServerResponse, text: string, everyMs: number): void {
  let place = 0;
  const timer = setInterval(() => {
    response.write(text.slice(place, place + 1));
    place += 1;
    if (place < text.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.on("close", () => {
    clearInterval(timer);
  });
}

function retryAfter(fault: { readonly retryAfterSeconds?: number }): Record<string, string> {
  return fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
}

function store(state: State, bulk: Pick<BulkExchange, "entry" | "body" | "fault">): FakeItem[] {
  if (state.options.keep === "count" && bulk.fault?.kind !== "items") {
    state.counts.stored += bulk.entry.documents;
    return Array.from({ length: bulk.entry.documents }, () => ({ status: 201 }));
  }
  const lines = bulk.body.toString("utf8").split("\n");
  return Array.from({ length: bulk.entry.documents }, (_, index) => {
    const document = parseDocument(lines[index * 2 + 1] ?? "");
    if (document === undefined) return refuse(state, parsingError);
    const scripted = bulk.fault?.kind === "items" ? bulk.fault.answer(document, index) : undefined;
    if (scripted !== undefined && scripted.status >= 300) return refuse(state, scripted);
    return scripted ?? create(state, document);
  });
}

const parsingError: FakeItem = {
  status: 400,
  error: { type: "document_parsing_exception", reason: "failed to parse" },
};

function refuse(state: State, item: FakeItem): FakeItem {
  state.counts.refused += 1;
  return item;
}

function create(state: State, document: FakeDocument): FakeItem {
  const identity = identityOf(document);
  if (state.identities.has(identity)) {
    state.counts.duplicate += 1;
    const reason = "[id]: version conflict, document already exists (current version [1])";
    return { status: 409, error: { type: "version_conflict_engine_exception", reason } };
  }
  state.identities.add(identity);
  if (state.options.keep !== "identities") state.documents.set(identity, document);
  state.counts.stored += 1;
  return { status: 201 };
}

function parseDocument(line: string): FakeDocument | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function send(
  response: ServerResponse,
  answer: { status: number; body: unknown; headers?: Record<string, string>; product?: boolean },
): void {
  const text = JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...(answer.product === false ? {} : { "x-elastic-product": "Elasticsearch" }),
    ...answer.headers,
  });
  response.end(text);
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let place = bytes.indexOf(10); place !== -1; place = bytes.indexOf(10, place + 1)) count += 1;
  return count;
}
