import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { findProblems, neededMegabytes, preflight, publishedPorts } from "./preflight.ts";

function config(extra = ""): Config {
  return parseConfig(
    `environment: t
clusters:
  a: { kafka: { managed: { brokers: 3, host_port: 20000, memory_megabytes: 512 } }, burrow: { managed: {} } }
elasticsearch: { managed: { host_port: 21000 } }
${extra}`,
    "t.yaml",
  );
}

const host = { busyPorts: new Set<number>(), availableMegabytes: 100_000, own: [] };

describe("preflight", () => {
  it("names every taken port with its setting, and the missing memory", () => {
    const problems = findProblems(config(), {
      busyPorts: new Set([20001, 21000]),
      availableMegabytes: 1000,
      own: [],
    });
    expect(problems).toEqual([
      "Port 20001 (clusters.a.kafka.managed.host_port) is taken by another program. Stop that program, or set another port.",
      "Port 21000 (elasticsearch.managed.host_port) is taken by another program. Stop that program, or set another port.",
      "The deployment may use 3584 MB and this host has 1000 MB free. Free 2584 MB, or lower the memory_megabytes settings.",
    ]);
  });

  it("refuses two settings on one port", () => {
    const problems = findProblems(config("grafana: { managed: { host_port: 20002 } }"), host);
    expect(problems).toEqual([
      "grafana.managed.host_port uses port 20002, which another setting uses too. Give it a port of its own.",
    ]);
  });

  const RELAY = "alerts: { slack: { webhook_file: w, delivery: relay }, relay: { port: 21000 } }";

  it("looks at the relay's port where a Grafana outside of the deployment must reach it", () => {
    const problems = findProblems(config(RELAY), { ...host, busyPorts: new Set([21000]) });
    expect(problems).toEqual([
      "alerts.relay.port uses port 21000, which another setting uses too. Give it a port of its own.",
      "Port 21000 (elasticsearch.managed.host_port) is taken by another program. Stop that program, or set another port.",
      "Port 21000 (alerts.relay.port) is taken by another program. Stop that program, or set another port.",
    ]);
  });

  it("does not look at the relay's port beside a Grafana of the deployment, which reaches it inside", () => {
    expect(findProblems(config(`${RELAY}\ngrafana: { managed: {} }`), host)).toEqual([]);
  });

  it("counts the memory of relay, canary and demo", () => {
    const more = (extra: string): number => neededMegabytes(config(extra)) - neededMegabytes(config());
    expect(more(RELAY)).toBe(160);
    expect(more(RELAY.replace("relay: {", "canary: { cluster: a }, relay: {"))).toBe(320);
    expect(more("demo: { cluster: a }")).toBe(384);
  });

  it("refuses addresses that inside a container are the container itself", () => {
    const external = parseConfig(
      `environment: t
clusters:
  a: { kafka: { external: { bootstrap_servers: ["localhost:9092", "kafka-2:9092"] } }, burrow: { managed: {} } }
  b: { burrow: { external: { servers: ["http://127.0.0.1:8000", "http://[::1]:8000", "http://burrow:8000"] } } }
elasticsearch: { external: { urls: ["https://127.0.0.1:9200", "https://search:9200"] } }`,
      "t.yaml",
    );
    expect(findProblems(external, host).map((problem) => problem.split(",")[0])).toEqual([
      "clusters.a.kafka.external.bootstrap_servers is localhost:9092",
      "clusters.b.burrow.external.servers is http://127.0.0.1:8000",
      "clusters.b.burrow.external.servers is http://[::1]:8000",
      "elasticsearch.external.url is https://127.0.0.1:9200",
    ]);
  });

  it("lets a Kafka on this host's own address be read by a Burrow that is no container of ours", () => {
    const external = parseConfig(
      `environment: t
clusters: { a: { kafka: { external: { bootstrap_servers: ["127.0.0.1:9092"] } }, burrow: { external: { servers: ["http://burrow:8000"] } } } }
elasticsearch: { managed: {} }`,
      "t.yaml",
    );
    expect(findProblems(external, host)).toEqual([]);
  });

  it("does not hold its own running containers against a second deployment", () => {
    const own = [
      {
        name: "x",
        state: "running",
        health: "healthy",
        exitCode: 0,
        memoryBytes: neededMegabytes(config()) * 1_048_576,
        hostPorts: [20000, 20001, 20002, 21000],
      },
    ];
    expect(
      findProblems(config(), {
        busyPorts: new Set([20000, 20001, 20002, 21000]),
        availableMegabytes: 10,
        own,
      }),
    ).toEqual([]);
  });

  it("finds a port that a real program holds", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(preflight(config(`grafana: { managed: { host_port: ${port} } }`), [])).rejects.toThrow(
      `Port ${port} (grafana.managed.host_port) is taken`,
    );
    server.close();
  });

  it("knows every published port", () => {
    expect(publishedPorts(config()).map(({ port }) => port)).toEqual([20000, 20001, 20002, 21000]);
  });
});
