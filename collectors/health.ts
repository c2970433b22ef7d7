/** /healthz, /readyz and /metrics on loopback. GET only, no body is read, every answer says why. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { LaglineError } from "../model/errors.ts";
import { PARTS_PATH } from "./shard-paths.ts";

export type Readiness = {
  readonly ready: boolean;
  /** One sentence per reason against it. */
  readonly reasons: readonly string[];
};

export type HealthOptions = {
  readonly address: string;
  readonly port: number;
  readonly liveness: () => Readiness;
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  /** JSON for the first of several shards; only where there are several. */
  readonly parts?: () => string;
};

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the server.
 *
 * @throws LaglineError `LAGLINE_COLLECT_HEALTH_PORT` when the address cannot be used.
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = http.createServer((request, response) => {
    void answer(options, request, response);
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5000;
  server.maxConnections = 32;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        new LaglineError({
          code: "LAGLINE_COLLECT_HEALTH_PORT",
          message: `Cannot serve health and metrics on ${options.address}:${options.port}: ${error.message}.`,
          hint: "Set collector.health_port to a free port, or stop the process that holds it.",
          cause: error,
        }),
      );
    });
    server.listen(options.port, options.address, resolve);
  });
  return {
    port: portOf(server.address()),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

async function answer(
  options: HealthOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
    response.end(body);
  };
  const sendReadiness = ({ ready, reasons }: Readiness): void => {
    send(ready ? 200 : 503, "application/json", `${JSON.stringify({ ok: ready, reasons })}\n`);
  };
  if (request.method !== "GET") {
    response.setHeader("Allow", "GET");
    send(405, "application/json", '{"error":"only GET"}\n');
    return;
  }
  switch ((request.url ?? "/").split("?")[0]) {
    case "/healthz":
      sendReadiness(options.liveness());
      return;
    case "/readyz":
      sendReadiness(options.readiness());
      return;
    case "/metrics":
      try {
        send(200, options.metrics.contentType, await options.metrics.render());
      } catch {
        send(500, "application/json", '{"error":"metrics could not be rendered"}\n');
      }
      return;
    case PARTS_PATH:
      if (options.parts === undefined)
        send(404, "application/json", '{"error":"this collector is no shard"}\n');
      else send(200, "application/json", options.parts());
      return;
    default:
      send(404, "application/json", '{"error":"known are /healthz, /readyz and /metrics"}\n');
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
