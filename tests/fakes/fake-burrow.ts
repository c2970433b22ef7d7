/**
 * A real HTTP server that answers like Burrow 1.9.6 from a model in memory, on a port of its own. Bodies are built once
 * and kept until their group or topic changes, so that 2000 groups of 100 partitions cost next to nothing per request.
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type BurrowFault, playFault } from "./burrow-faults.ts";

export type FakeCommit = { offset: number; timestamp: number; observedAt?: number; lag?: number | null };

export type FakePartition = {
  topic: string;
  partition: number;
  owner?: string;
  client_id?: string;
  /** OK, WARN, STOP, STALL, REWIND, or any word for a test of unknown ones. */
  status?: string;
  start?: FakeCommit | null;
  end?: FakeCommit | null;
  current_lag?: number;
  complete?: number;
};

export type FakeCluster = {
  /** End offsets by partition, as `/topic/<t>` sends them. */
  topics: Map<string, readonly (number | null | string)[]>;
  groups: Map<string, readonly FakePartition[]>;
  offsetRefreshSeconds: number;
  /** `totallag` of Burrow's own group; null: Burrow does not know the group yet. */
  selfLag: number | null;
};

export interface FakeBurrow {
  readonly url: string;
  readonly port: number;
  /** Paths asked for, undecoded, in order. At most the last 100 000. */
  readonly requests: string[];
  /** Connections accepted since start. */
  connections(): number;
  /** Builds every answer about groups and topics now rather than when it is first asked for: for benchmarks. */
  buildAnswers(): void;
  /** Makes or replaces a cluster. */
  setCluster(name: string, cluster: Partial<FakeCluster>): void;
  setGroup(cluster: string, group: string, partitions: readonly FakePartition[] | null): void;
  setTopic(cluster: string, topic: string, offsets: readonly (number | null | string)[] | null): void;
  setReady(ready: boolean): void;
  /** Value of `request.host`; another instance answers when it changes. */
  setHost(host: string): void;
  setSelfLag(cluster: string, lag: number | null): void;
  /** Serves these bytes for an exact path: for recorded bodies. */
  setBody(path: string, body: string | Buffer, status?: number): void;
  /** Misbehaves on paths that match, `times` times (default: until cleared). */
  addFault(path: string | RegExp, fault: BurrowFault, times?: number): void;
  clearFaults(): void;
  /** Moves the clock of the `Date` header, ms. */
  setClockOffset(ms: number): void;
  close(): Promise<void>;
}

const MAXIMUM_LOG = 100_000;

export type FakeBurrowOptions = {
  readonly port?: number;
  readonly host?: string;
  /** Called with each request, before it is answered. */
  readonly onRequest?: () => void;
};

export async function startFakeBurrow(options: FakeBurrowOptions = {}): Promise<FakeBurrow> {
  const clusters = new Map<string, FakeCluster>();
  const bodies = new Map<string, { status: number; body: Buffer }>();
  const fixed = new Map<string, { status: number; body: Buffer }>();
  const faults: { path: string | RegExp; fault: BurrowFault; left: number }[] = [];
  const requests: string[] = [];
  const sockets = new Set<{ destroy(): void }>();
  let ready = true;
  let host = "burrow";
  let clockOffsetMs: number | null = null;
  let connections = 0;

  const clusterOf = (name: string): FakeCluster => {
    const cluster = clusters.get(name);
    if (cluster === undefined) {
      throw new Error(`The fake Burrow has no cluster ${name}.`);
    }
    return cluster;
  };

  const server = http.createServer((request, response) => {
    const path = request.url ?? "/";
    options.onRequest?.();
    if (requests.length < MAXIMUM_LOG) {
      requests.push(path);
    }
    if (clockOffsetMs !== null) {
      response.setHeader("Date", new Date(Date.now() + clockOffsetMs).toUTCString());
    }
    const answer = fixed.get(path) ?? route(path);
    const scripted = faults.find((entry) => entry.left > 0 && matches(entry.path, path));
    if (scripted !== undefined) {
      scripted.left -= 1;
      playFault(scripted.fault, response, answer);
      return;
    }
    // Like Go's net/http: a length up to 2048 bytes, chunks above.
    response.writeHead(answer.status, {
      "Content-Type": "application/json",
      ...(answer.body.length <= 2048 ? { "Content-Length": answer.body.length } : {}),
    });
    response.end(answer.body);
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  function route(path: string): { status: number; body: Buffer } {
    const known = bodies.get(path);
    if (known !== undefined) {
      return known;
    }
    if (path === "/burrow/admin/ready") {
      return { status: ready ? 200 : 503, body: Buffer.from(ready ? "READY" : "STARTING") };
    }
    const made = build(path, { clusters, host, ready });
    bodies.set(path, made);
    return made;
  }

  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const port = (server.address() as AddressInfo).port;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    buildAnswers() {
      for (const [name, { groups, topics }] of clusters) {
        const base = `/v3/kafka/${name}`;
        for (const group of groups.keys()) route(`${base}/consumer/${encodeURIComponent(group)}/lag`);
        for (const topic of topics.keys()) route(`${base}/topic/${encodeURIComponent(topic)}`);
      }
    },
    setCluster(name, cluster) {
      const known = clusters.get(name);
      clusters.set(name, {
        topics: cluster.topics ?? known?.topics ?? new Map(),
        groups: cluster.groups ?? known?.groups ?? new Map(),
        offsetRefreshSeconds: cluster.offsetRefreshSeconds ?? known?.offsetRefreshSeconds ?? 10,
        selfLag: cluster.selfLag === undefined ? (known?.selfLag ?? 0) : cluster.selfLag,
      });
      bodies.clear();
    },
    setGroup(cluster, group, partitions) {
      const { groups } = clusterOf(cluster);
      const isKnown = groups.has(group);
      if (partitions === null) {
        groups.delete(group);
      } else {
        groups.set(group, partitions);
      }
      const base = `/v3/kafka/${cluster}/consumer`;
      bodies.delete(`${base}/${encodeURIComponent(group)}/lag`);
      if (!isKnown || partitions === null) {
        bodies.delete(base);
      }
    },
    setTopic(cluster, topic, offsets) {
      const { topics } = clusterOf(cluster);
      if (offsets === null) {
        topics.delete(topic);
      } else {
        topics.set(topic, offsets);
      }
      bodies.delete(`/v3/kafka/${cluster}/topic`);
      bodies.delete(`/v3/kafka/${cluster}/topic/${encodeURIComponent(topic)}`);
    },
    setReady(value) {
      ready = value;
      bodies.clear();
    },
    setHost(value) {
      host = value;
      bodies.clear();
    },
    setSelfLag(cluster, lag) {
      clusterOf(cluster).selfLag = lag;
      bodies.clear();
    },
    setBody(path, body, status = 200) {
      fixed.set(path, { status, body: Buffer.from(body) });
    },
    addFault(path, fault, times = Number.POSITIVE_INFINITY) {
      faults.push({ path, fault, left: times });
    },
    clearFaults() {
      faults.length = 0;
    },
    setClockOffset(ms) {
      clockOffsetMs = ms;
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

type World = { clusters: Map<string, FakeCluster>; host: string; ready: boolean };

function matches(pattern: string | RegExp, path: string): boolean {
  return typeof pattern === "string" ? pattern === path : pattern.test(path);
}

function build(path: string, world: World): { status: number; body: Buffer } {
  const parts = path.split("/").slice(1).map(decodePart);
  const reply = (status: number, payload: Record<string, unknown>): { status: number; body: Buffer } => ({
    status,
    body: Buffer.from(
      JSON.stringify({
        error: status !== 200,
        ...payload,
        request: { url: parts.join("/"), host: world.host },
      }),
    ),
  });
  const [version, section, name, list, item, view] = parts;
  if (version === "v3" && section === "config") {
    return buildConfig(parts, world, reply);
  }
  if (version !== "v3" || section !== "kafka") {
    return noRoute();
  }
  if (name === undefined) {
    return reply(200, { message: "cluster list returned", clusters: [...world.clusters.keys()] });
  }
  const cluster = world.clusters.get(name);
  if (cluster === undefined) {
    return reply(404, { message: parts.length === 3 ? "cluster module not found" : "cluster not found" });
  }
  if (list === undefined) {
    return reply(200, {
      message: "cluster module detail returned",
      module: { "class-name": "kafka", "topic-refresh": 60, "offset-refresh": cluster.offsetRefreshSeconds },
    });
  }
  if (list === "topic" && parts.length <= 5) {
    return buildTopic(cluster, item, reply);
  }
  if (list === "consumer" && item === undefined) {
    const names = world.ready ? [`burrow-${name}`, ...cluster.groups.keys()] : [];
    return reply(200, { message: "consumer list returned", consumers: names });
  }
  if (
    list === "consumer" &&
    item !== undefined &&
    (view === "lag" || view === "status") &&
    parts.length === 6
  ) {
    return buildGroup({ cluster, clusterName: name, group: item, view, reply });
  }
  return noRoute();
}

type Reply = (status: number, payload: Record<string, unknown>) => { status: number; body: Buffer };

function buildConfig(parts: readonly string[], world: World, reply: Reply): { status: number; body: Buffer } {
  const [, , section, module] = parts;
  if (section !== "consumer") {
    return noRoute();
  }
  if (module === undefined) {
    return reply(200, { coordinator: "consumer", modules: [...world.clusters.keys()] });
  }
  return world.clusters.has(module)
    ? reply(200, { module: { "class-name": "kafka", cluster: module } })
    : reply(404, { message: "consumer module not found" });
}

function buildTopic(
  cluster: FakeCluster,
  topic: string | undefined,
  reply: Reply,
): { status: number; body: Buffer } {
  if (topic === undefined) {
    return reply(200, { message: "topic list returned", topics: [...cluster.topics.keys()] });
  }
  const offsets = cluster.topics.get(topic);
  return offsets === undefined
    ? reply(404, { message: "cluster or topic not found" })
    : reply(200, { message: "topic offsets returned", offsets });
}

function buildGroup(about: {
  cluster: FakeCluster;
  clusterName: string;
  group: string;
  view: "lag" | "status";
  reply: Reply;
}): { status: number; body: Buffer } {
  const { cluster, clusterName, group, view, reply } = about;
  const isSelf = group === `burrow-${clusterName}` && cluster.selfLag !== null;
  const raw = isSelf ? [] : cluster.groups.get(group);
  const base = { cluster: clusterName, group };
  if (raw === undefined) {
    const status = {
      ...base,
      status: "NOTFOUND",
      complete: 1,
      partitions: [],
      partition_count: 0,
      maxlag: null,
      totallag: 0,
    };
    return reply(404, { error: false, message: "consumer status returned", status });
  }
  const partitions = raw.map(fillPartition);
  const worst = partitions.toSorted((a, b) => b.current_lag - a.current_lag)[0] ?? null;
  const bad = partitions.filter(({ status }) => status !== "OK");
  const status = {
    ...base,
    status: bad.some((partition) => partition.status !== "WARN") ? "ERR" : bad.length > 0 ? "WARN" : "OK",
    complete:
      partitions.length === 0
        ? 0
        : partitions.filter(({ complete }) => complete === 1).length / partitions.length,
    partitions: view === "lag" ? partitions : bad,
    partition_count: partitions.length,
    maxlag: worst,
    totallag: isSelf ? cluster.selfLag : partitions.reduce((sum, { current_lag: lag }) => sum + lag, 0),
  };
  return reply(200, { message: "consumer status returned", status });
}

function fillPartition(partition: FakePartition) {
  return {
    topic: partition.topic,
    partition: partition.partition,
    owner: partition.owner ?? "",
    client_id: partition.client_id ?? "",
    status: partition.status ?? "OK",
    start: partition.start ?? null,
    end: partition.end ?? null,
    current_lag: partition.current_lag ?? 0,
    complete: partition.complete ?? 1,
  };
}

function noRoute(): { status: number; body: Buffer } {
  return { status: 404, body: Buffer.from('{"error":true,"message":"invalid request type","result":{}}\n') };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
