/** /healthz, /readyz and /metrics on loopback. GET only, no body is read, every answer says why. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { LaglineError } from "../model/errors.ts";
import { JSON_TYPE, healthAnswer } from "./health-answers.ts";
import type { HealthSource } from "./health-answers.ts";
import { PARTS_PATH } from "./shard-paths.ts";

export type HealthOptions = HealthSource & {
  readonly address: string;
  readonly port: number;
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
  const send = (status: number, body: string, type = JSON_TYPE): void => {
    response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
    response.end(body);
  };
  if (request.method !== "GET") {
    response.setHeader("Allow", "GET");
    send(405, '{"error":"only GET"}\n');
    return;
  }
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const known = await healthAnswer(path, options);
  if (known !== null) send(known.status, known.body, known.type);
  else if (path !== PARTS_PATH) send(404, '{"error":"known are /healthz, /readyz and /metrics"}\n');
  else if (options.parts === undefined) send(404, '{"error":"this collector is no shard"}\n');
  else send(200, options.parts());
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
