/**
 * The relay's HTTP side: `POST /grafana` with the token in the Authorization header, and /healthz, /readyz, /metrics to
 * read. A notification is answered with 200 only when it is on disk; anything else makes Grafana come again.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import http from "node:http";
import { LaglineError, describeError } from "../../model/errors.ts";
import { RELAY_USER } from "../names.ts";
import { JSON_TYPE, healthAnswer } from "../../collectors/health-answers.ts";
import type { HealthSource } from "../../collectors/health-answers.ts";

export type ListenerOptions = HealthSource & {
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly token: string;
  /** A larger body is refused. @default 8 MiB: 5,000 alerts of about 1.5 kB */
  readonly maximumBodyBytes?: number;
  /** On disk when it resolves. A rejection is answered with 503. */
  readonly accept: (body: unknown) => Promise<void>;
  readonly events: {
    unauthorised(): void;
    refusedRequest(reason: string): void;
    notAccepted(error: unknown): void;
  };
};

export interface Listener {
  readonly port: number;
  /** Takes no new requests; answers those that are under way. */
  close(): Promise<void>;
}

export const WEBHOOK_PATH = "/grafana";
const MAXIMUM_BODY_BYTES = 8 * 1024 * 1024;
/** A Grafana and a few readers of metrics. */
const MAXIMUM_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 15_000;

/** @throws LaglineError `LAGLINE_RELAY_PORT` when the address cannot be used. */
export async function startListener(options: ListenerOptions): Promise<Listener> {
  const server = http.createServer((request, response) => {
    void answer(options, request, response).catch(() => {
      response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = 5000;
  server.maxConnections = MAXIMUM_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        new LaglineError({
          code: "LAGLINE_RELAY_PORT",
          message: `The relay cannot listen on ${options.address}:${options.port}: ${error.message}.`,
          hint: "Set alerts.relay.port to a free port, or stop the process that holds it.",
          cause: error,
        }),
      );
    });
    server.listen(options.port, options.address, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
        setTimeout(() => {
          server.closeAllConnections();
        }, 2000).unref();
      });
    },
  };
}

async function answer(
  options: ListenerOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const send = (status: number, body: string, type = JSON_TYPE): void => {
    // What was not read to its end must not be taken for the next request.
    const ends = status === 401 || status === 413 ? { Connection: "close" } : {};
    response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...ends });
    response.end(body);
  };
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (path === WEBHOOK_PATH) {
    await takeNotification(options, { request, send });
    return;
  }
  if (request.method !== "GET") {
    send(405, '{"error":"only GET here"}\n');
    return;
  }
  const known = await healthAnswer(path, options);
  if (known === null)
    send(404, `{"error":"known are POST ${WEBHOOK_PATH} and GET /healthz, /readyz, /metrics"}\n`);
  else send(known.status, known.body, known.type);
}

async function takeNotification(
  { token, maximumBodyBytes = MAXIMUM_BODY_BYTES, accept, events }: ListenerOptions,
  {
    request,
    send,
  }: { readonly request: http.IncomingMessage; readonly send: (status: number, body: string) => void },
): Promise<void> {
  if (!hasToken(request, token)) {
    events.unauthorised();
    // Nothing of the body is read: whoever has no token gets no memory either.
    request.resume();
    send(401, '{"error":"the token is wrong or missing"}\n');
    return;
  }
  if (request.method !== "POST") {
    send(405, '{"error":"only POST here"}\n');
    return;
  }
  const text = await readBody(request, maximumBodyBytes);
  if (text === null) {
    events.refusedRequest(`a body above ${maximumBodyBytes} bytes`);
    send(413, `{"error":"above ${maximumBodyBytes} bytes"}\n`);
    return;
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    events.refusedRequest("a body that is not JSON");
    send(400, '{"error":"not JSON"}\n');
    return;
  }
  try {
    await accept(body);
    send(200, '{"ok":true}\n');
  } catch (error) {
    events.notAccepted(error);
    send(503, `${JSON.stringify({ error: describeError(error) })}\n`);
  }
}

/** Compares digests, so that the time taken says nothing about the token. */
function hasToken({ headers }: http.IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const shown = digest(headers.authorization ?? "");
  const basic = `Basic ${Buffer.from(`${RELAY_USER}:${token}`).toString("base64")}`;
  const matches = [basic, `Bearer ${token}`].map((wanted) => timingSafeEqual(shown, digest(wanted)));
  return matches.includes(true);
}

/** Null when it is too large; the rest is then thrown away unread, so that the answer can still be sent. */
async function readBody(request: http.IncomingMessage, maximumBytes: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maximumBytes) {
        chunks.length = 0;
        resolve(null);
      } else {
        chunks.push(chunk);
      }
    });
    request.once("end", () => {
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
    request.once("error", reject);
    request.once("close", () => {
      reject(new Error("The connection ended before the whole body came."));
    });
  });
}
