/** What has to be known about one Burrow before its answers are trusted: ready, caught up, knows our cluster, its clock. */
import type { BurrowState, ScrapeProblem } from "../../model/snapshot.ts";
import type { BurrowAnswer, BurrowClient } from "./client.ts";
import { clusterPath, configPath, groupPath, readyPath, showName } from "./names.ts";
import { clusterDetail, clusterList, consumerModule, envelope, moduleList, selfStatus } from "./schema.ts";
import { type ClockSample, clockSkewMs } from "./skew.ts";

export type ProbeOptions = {
  readonly client: BurrowClient;
  readonly cluster: string;
  /** Path of the API, such as `/v3/kafka`. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  readonly settings: SettingsCache;
};

export type Probe = {
  readonly state: BurrowState;
  /** True when Burrow answered, whatever it said. */
  readonly reachable: boolean;
  /** True when it is ready and lists the cluster: its lists may be read. */
  readonly usable: boolean;
  /** Groups that are Burrow's own position, not consumers. */
  readonly selfGroups: readonly string[];
  readonly problems: readonly ScrapeProblem[];
};

/** Settings of one Burrow, read when it is first seen, when its host name changes, and every so often. */
export type BurrowSettings = {
  readonly offsetRefreshSeconds: number | null;
  readonly selfGroups: readonly string[];
};
export type SettingsCache = Map<
  string,
  { host: string | null; settings: BurrowSettings; probesLeft: number }
>;

/** Settings do not change while a Burrow runs; this only covers a host name that stays the same over a restart. */
const PROBES_PER_READ = 20;

/** Asks one Burrow. Never throws; what is wrong is in `problems`. */
export async function probeBurrow(options: ProbeOptions): Promise<Probe> {
  const { client, cluster, prefix, signal } = options;
  const root = rootOf(prefix);
  const ready = await askReady(client, root, signal);
  if (!ready.reachable || !ready.ready) {
    return unusable(client.server, ready);
  }
  const list = await client.get(prefix, { scope: "cluster", name: "list of clusters" }, signal);
  if (!list.ok) {
    return unusable(client.server, { ...ready, problems: [list.problem] });
  }
  const host = hostOf(list.body);
  const samples: ClockSample[] = [list];
  const missing = missingCluster(list.body, cluster, client.server);
  const settings = await readSettings(options, root, host);
  const self = missing === null ? await readSelfLag(options, settings, samples) : null;
  return {
    reachable: true,
    usable: missing === null,
    selfGroups: settings.selfGroups,
    problems: [missing, self?.problem ?? null].filter((problem) => problem !== null),
    state: {
      server: client.server,
      ready: true,
      selfLag: self?.lag ?? null,
      offsetRefreshSeconds: settings.offsetRefreshSeconds,
      clockSkewMs: clockSkewMs(samples),
      host,
    },
  };
}

type Ready = { reachable: boolean; ready: boolean; problems: readonly ScrapeProblem[] };

async function askReady(client: BurrowClient, root: string, signal: AbortSignal): Promise<Ready> {
  const answer = await client.get(readyPath(root), { scope: "server", name: client.server }, signal);
  // READY is plain text, so "not JSON" with status 200 is the good answer.
  if (answer.ok || (answer.status === 200 && answer.problem.kind === "not_json")) {
    return { reachable: true, ready: true, problems: [] };
  }
  if (answer.status === 404) {
    // Burrow before 1.5 and proxies that pass only the API have no readiness; the list of clusters decides.
    return { reachable: true, ready: true, problems: [] };
  }
  const starting = answer.status === 503;
  const problem: ScrapeProblem = starting
    ? {
        ...answer.problem,
        detail: `Burrow at ${client.server} is still starting: it has not connected to Kafka yet.`,
      }
    : answer.problem;
  return { reachable: answer.status !== null, ready: false, problems: [problem] };
}

function unusable(server: string, ready: Ready): Probe {
  return {
    reachable: ready.reachable,
    usable: false,
    selfGroups: [],
    problems: ready.problems,
    state: { server, ready: false, selfLag: null, offsetRefreshSeconds: null, clockSkewMs: null, host: null },
  };
}

function missingCluster(body: unknown, cluster: string, server: string): ScrapeProblem | null {
  const parsed = clusterList.safeParse(body);
  const clusters = parsed.success ? (parsed.data.clusters ?? []) : [];
  if (clusters.includes(cluster)) {
    return null;
  }
  const known = clusters.length === 0 ? "none" : clusters.toSorted().map(showName).join(", ");
  return {
    kind: parsed.success ? "not_found" : "schema",
    scope: "cluster",
    name: cluster,
    detail: `Burrow at ${server} does not know the cluster ${showName(cluster)}; it knows: ${known}. The name in lagline.yaml must be the one in Burrow's configuration.`,
  };
}

async function readSelfLag(
  options: ProbeOptions,
  settings: BurrowSettings,
  samples: ClockSample[],
): Promise<{ lag: number | null; problem: ScrapeProblem | null }> {
  let lag: number | null = null;
  for (const group of settings.selfGroups) {
    const path = groupPath({ prefix: options.prefix, cluster: options.cluster, group, view: "status" });
    const answer = await options.client.get(path, { scope: "group", name: group }, options.signal);
    if (answer.ok) {
      samples.push(answer);
      const parsed = selfStatus.safeParse(answer.body);
      lag = parsed.success ? (lag ?? 0) + parsed.data.status.totallag : lag;
    } else if (answer.problem.kind !== "not_found") {
      // A Burrow that has just started has no own group yet: not known, and no fault.
      return { lag, problem: answer.problem };
    }
  }
  return { lag, problem: null };
}

async function readSettings(
  options: ProbeOptions,
  root: string,
  host: string | null,
): Promise<BurrowSettings> {
  const known = options.settings.get(options.client.server);
  if (known !== undefined && known.host === host && known.probesLeft > 0) {
    known.probesLeft -= 1;
    return known.settings;
  }
  const get = async (path: string): Promise<unknown> => {
    const answer: BurrowAnswer = await options.client.get(
      path,
      { scope: "cluster", name: "settings" },
      options.signal,
    );
    return answer.ok ? answer.body : null;
  };
  const detail = clusterDetail.safeParse(await get(clusterPath(options.prefix, options.cluster)));
  const settings: BurrowSettings = {
    offsetRefreshSeconds: detail.success ? (detail.data.module["offset-refresh"] ?? null) : null,
    selfGroups: await readSelfGroups(options.cluster, root, get),
  };
  options.settings.set(options.client.server, { host, settings, probesLeft: PROBES_PER_READ });
  return settings;
}

/** Burrow's own group is `burrow-<name of the consumer section>`; the section is read, or taken to be the cluster's name. */
async function readSelfGroups(
  cluster: string,
  root: string,
  get: (path: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const modules = moduleList.safeParse(await get(configPath(root, "consumer")));
  const groups: string[] = [];
  for (const name of modules.success ? (modules.data.modules ?? []).slice(0, 100) : []) {
    const module = consumerModule.safeParse(
      await get(`${configPath(root, "consumer")}/${encodeURIComponent(name)}`),
    );
    if (module.success && module.data.module.cluster === cluster) {
      groups.push(`burrow-${name}`);
    }
  }
  return groups.length === 0 ? [`burrow-${cluster}`] : groups;
}

const LONGEST_HOST = 253;

function hostOf(body: unknown): string | null {
  const parsed = envelope.safeParse(body);
  // A host name has 253 characters at most; Burrow's word about itself is no reason to keep more.
  return parsed.success ? (parsed.data.request?.host?.slice(0, LONGEST_HOST) ?? null) : null;
}

/** A proxy may move the API below a path; the other endpoints of Burrow then lie beside it. */
function rootOf(prefix: string): string {
  return prefix.endsWith("/v3/kafka") ? prefix.slice(0, -"/v3/kafka".length) : "";
}
