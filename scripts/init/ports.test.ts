import { createServer } from "node:net";
import { expect, test } from "vitest";
import { parseConfig } from "../../config/load.ts";
import { DEFAULT_PORTS, choosePorts } from "./ports.ts";

test("a port that is taken gives way to the next one that is free", async () => {
  const taken = new Set([DEFAULT_PORTS.elasticsearch, DEFAULT_PORTS.elasticsearch + 100]);
  expect(await choosePorts(async (port) => !taken.has(port))).toEqual({
    elasticsearch: DEFAULT_PORTS.elasticsearch + 200,
    grafana: DEFAULT_PORTS.grafana,
  });
});

test("where none is free the default stays, and the deployment says what is in the way", async () => {
  expect(await choosePorts(async () => false)).toEqual(DEFAULT_PORTS);
});

test("a port on which another program listens is seen", async () => {
  const server = createServer();
  const first = await choosePorts();
  await new Promise<void>((resolve) => {
    server.listen(first.elasticsearch, "127.0.0.1", resolve);
  });
  const second = await choosePorts();
  server.close();
  expect(second.elasticsearch).not.toBe(first.elasticsearch);
});

test("the defaults are those of the configuration", () => {
  const { elasticsearch, grafana } = parseConfig(
    "environment: a\nclusters: { b: { burrow: { external: { servers: ['http://c:1'] } } } }\nelasticsearch: { managed: {} }\ngrafana: { managed: {} }\n",
    "lagline.yaml",
  );
  expect([elasticsearch.managed?.host_port, grafana.managed?.host_port]).toEqual([
    DEFAULT_PORTS.elasticsearch,
    DEFAULT_PORTS.grafana,
  ]);
});
