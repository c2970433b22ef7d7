import http from "node:http";
import { afterEach, expect, test } from "vitest";
import type { Readiness } from "./health-answers.ts";
import { type HealthServer, startHealthServer } from "./health.ts";
import { createMetrics } from "./metrics.ts";

const servers: HealthServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map(async (server) => server.close()));
});

async function start(readiness: Readiness, render = async () => "x 1\n"): Promise<HealthServer> {
  const server = await startHealthServer({
    address: "127.0.0.1",
    port: 0,
    liveness: () => ({ ready: true, reasons: [] }),
    readiness: () => readiness,
    metrics: { contentType: "text/plain", render },
  });
  servers.push(server);
  return server;
}

async function ask(
  server: HealthServer,
  path: string,
  method = "GET",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port: server.port, host: "127.0.0.1", path, method }, (response) => {
      let body = "";
      response.on("data", (part: Buffer) => {
        body += part.toString();
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    request.on("error", reject);
    request.end();
  });
}

test("a port that is taken is named with the setting to change", async () => {
  const { port } = await start({ ready: true, reasons: [] });
  const second = startHealthServer({
    address: "127.0.0.1",
    port,
    liveness: () => ({ ready: true, reasons: [] }),
    readiness: () => ({ ready: true, reasons: [] }),
    metrics: { contentType: "text/plain", render: async () => "" },
  });
  await expect(second).rejects.toMatchObject({
    code: "LAGLINE_COLLECT_HEALTH_PORT",
    message: expect.stringContaining(String(port)),
  });
});

test("takes GET only and knows three paths", async () => {
  const server = await start({ ready: true, reasons: [] });
  expect((await ask(server, "/readyz", "POST")).status).toBe(405);
  expect((await ask(server, "/healthz", "DELETE")).status).toBe(405);
  expect((await ask(server, "/else")).status).toBe(404);
});

test("answers 503 with the reasons while not ready", async () => {
  const server = await start({ ready: false, reasons: ["Burrow is gone."] });
  expect(await ask(server, "/readyz?x=1")).toEqual({
    status: 503,
    body: '{"ok":false,"reasons":["Burrow is gone."]}\n',
  });
  expect((await ask(server, "/healthz")).status).toBe(200);
});

test("answers 500 when metrics cannot be rendered, and lives on", async () => {
  const server = await start({ ready: true, reasons: [] }, async () => {
    throw new Error("broken");
  });
  expect((await ask(server, "/metrics")).status).toBe(500);
  expect((await ask(server, "/readyz")).status).toBe(200);
});

test("serves counters, gauges and numbers that others keep", async () => {
  const metrics = await createMetrics();
  let waiting: number | null = 7;
  metrics.add("lagline_burrow_problems_total", 2, { kind: "timeout", scope: "group" });
  metrics.set("lagline_groups", 5);
  metrics.observe("lagline_cycle_seconds", 0.2);
  metrics.addSources([
    { name: "lagline_spool_documents", type: "gauge", help: "Waiting.", read: () => waiting },
    { name: "lagline_documents_stored_total", type: "counter", help: "Stored.", read: () => 11 },
  ]);
  const first = await metrics.render();
  expect(first).toContain('lagline_burrow_problems_total{kind="timeout",scope="group"} 2');
  expect(first).toContain("lagline_groups 5");
  expect(first).toContain("lagline_cycle_seconds_count 1");
  expect(first).toContain("lagline_spool_documents 7");
  expect(first).toContain("lagline_documents_stored_total 11");
  expect(first).toContain("process_resident_memory_bytes");
  waiting = null;
  expect(await metrics.render()).not.toContain("lagline_spool_documents 7");
});
