/** What can be known before a deployment starts: ports, memory, addresses that containers cannot reach. Every problem at once, nothing half-deployed. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { freemem } from "node:os";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { numbers } from "../../stacks/endpoints.ts";
import { usesRelay } from "../../stacks/files/relay-files.ts";
import { CANARY_MEGABYTES, DEMO_MEGABYTES } from "../../stacks/memory.ts";
import type { OwnContainer } from "./docker.ts";
import { loopbackProblems } from "./loopback.ts";

export type PublishedPort = { readonly port: number; readonly setting: string };

/** Every port on this host that the configuration publishes, with the setting that names it. */
export function publishedPorts(config: Config): PublishedPort[] {
  const range = (first: number, count: number, setting: string): PublishedPort[] =>
    numbers(count).map((index) => ({ port: first + index - 1, setting }));
  const { managed: elasticsearch } = config.elasticsearch;
  const { managed: grafana } = config.grafana;
  return [
    ...Object.entries(config.clusters).flatMap(([name, { kafka, burrow }]) => [
      ...(kafka?.managed === undefined
        ? []
        : range(kafka.managed.host_port, kafka.managed.brokers, `clusters.${name}.kafka.managed.host_port`)),
      ...(burrow.managed?.host_port === undefined
        ? []
        : range(burrow.managed.host_port, 1, `clusters.${name}.burrow.managed.host_port`)),
    ]),
    ...(elasticsearch === undefined
      ? []
      : range(elasticsearch.host_port, elasticsearch.nodes, "elasticsearch.managed.host_port")),
    ...(grafana === undefined ? [] : range(grafana.host_port, 1, "grafana.managed.host_port")),
    // Beside a Grafana of this deployment the relay is published nowhere.
    ...(grafana === undefined && usesRelay(config)
      ? range(config.alerts.relay.port, 1, "alerts.relay.port")
      : []),
  ];
}

/** Sum of the memory limits of all containers, in megabytes. */
export function neededMegabytes(config: Config): number {
  const clusters = Object.values(config.clusters).map(({ kafka, burrow, shards }) => {
    const processes =
      kafka?.managed === undefined
        ? 0
        : kafka.managed.brokers * (kafka.managed.controllers === "separate" ? 2 : 1);
    return (
      processes * (kafka?.managed?.memory_megabytes ?? 0) +
      (burrow.managed?.memory_megabytes ?? 0) +
      shards * config.collector.memory_megabytes
    );
  });
  const { managed } = config.elasticsearch;
  return (
    clusters.reduce((sum, value) => sum + value, 0) +
    (managed === undefined ? 0 : managed.nodes * managed.memory_megabytes) +
    (config.grafana.managed?.memory_megabytes ?? 0) +
    (usesRelay(config) ? config.alerts.relay.memory_megabytes : 0) +
    (config.alerts.canary === undefined ? 0 : CANARY_MEGABYTES) +
    (config.demo === undefined ? 0 : DEMO_MEGABYTES)
  );
}

export type HostFacts = {
  readonly busyPorts: ReadonlySet<number>;
  readonly availableMegabytes: number;
  readonly own: readonly OwnContainer[];
};

/** Problems as sentences; empty when the deployment can start. Pure. */
export function findProblems(config: Config, host: HostFacts): string[] {
  const ports = publishedPorts(config);
  const ours = new Set(host.own.flatMap((container) => container.hostPorts));
  const twice = ports.filter(
    (entry, index) => ports.findIndex((other) => other.port === entry.port) !== index,
  );
  const taken = ports.filter(({ port }) => host.busyPorts.has(port) && !ours.has(port));
  const held = host.own
    .filter((container) => container.state === "running")
    .reduce((sum, container) => sum + container.memoryBytes / 1_048_576, 0);
  const missing = Math.ceil(neededMegabytes(config) - held - host.availableMegabytes);
  return [
    ...loopbackProblems(config),
    ...twice.map(
      ({ port, setting }) =>
        `${setting} uses port ${port}, which another setting uses too. Give it a port of its own.`,
    ),
    ...taken.map(
      ({ port, setting }) =>
        `Port ${port} (${setting}) is taken by another program. Stop that program, or set another port.`,
    ),
    ...(missing <= 0
      ? []
      : [
          `The deployment may use ${neededMegabytes(config)} MB and this host has ${Math.floor(host.availableMegabytes)} MB free. Free ${missing} MB, or lower the memory_megabytes settings.`,
        ]),
  ];
}

/** @throws LaglineError LAGLINE_PREFLIGHT with every problem. */
export async function preflight(config: Config, own: readonly OwnContainer[]): Promise<void> {
  const address = config.deployment.bind_address;
  const busy = await Promise.all(
    publishedPorts(config).map(async ({ port }) => ((await isFree(port, address)) ? [] : [port])),
  );
  const problems = findProblems(config, {
    busyPorts: new Set(busy.flat()),
    availableMegabytes: availableMegabytes(),
    own,
  });
  if (problems.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_PREFLIGHT",
      message: `This host is not ready:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
      hint: "Nothing was changed.",
    });
  }
}

async function isFree(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** What the kernel says can be used without swapping; `os.freemem` would leave out the page cache. */
function availableMegabytes(): number {
  try {
    const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"));
    return match === null ? freemem() / 1_048_576 : Number(match[1]) / 1024;
  } catch {
    return freemem() / 1_048_576;
  }
}
