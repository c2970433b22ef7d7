/** Walks the chain from Kafka to Slack and gathers what each link shows. Each look is independent of the others. */
import { documentsIndex, readableIndex } from "../../config/documents-index.ts";
import { createBurrowClient } from "../../collectors/burrow/client.ts";
import type { BurrowClient } from "../../collectors/burrow/client.ts";
import { burrowClientOptions } from "../../collectors/burrow/open.ts";
import { burrowCertificates, elasticsearchCertificates } from "../../collectors/certificate-sources.ts";
import type { CertificateSource } from "../../collectors/certificates/look.ts";
import { burrowSource } from "../../collectors/settings.ts";
import type { ClusterConfig, Config } from "../../config/schema.ts";
import { describeError } from "../../model/errors.ts";
import { hostName } from "../../stacks/deployment.ts";
import {
  bootstrapHostServers,
  burrowName,
  BURROW_PORT,
  collectorName,
  numbers,
  elasticsearchHostUrls,
} from "../../stacks/endpoints.ts";
import { healthPort } from "../../stacks/files/collector-files.ts";
import { ownContainers } from "../deploy/docker.ts";
import { connectionOf } from "../kafka-admin/of-cluster.ts";
import { openElasticsearch, searchOver } from "../search/search.ts";
import { lookAtApiKeys } from "./api-keys.ts";
import { lookAtBurrow } from "./burrow.ts";
import type { CertificatesLook } from "./certificates.ts";
import { judgeCertificates, kafkaCertificates, managedFix } from "./certificates.ts";
import { judgeStored, readStored } from "./collector.ts";
import { judgeContainer, judgeReadiness } from "./container.ts";
import { askInside, insideBurrowClient } from "./container-http.ts";
import type { Walk } from "./context.ts";
import { named, noEngine } from "./context.ts";
import { lookAtElasticsearch } from "./elasticsearch.ts";
import type { Finding, Link, Observation } from "./finding.ts";
import { broken, skipped } from "./finding.ts";
import { judgeKafka } from "./kafka-checks.ts";
import { readKafkaFacts } from "./kafka-facts.ts";
import { lookAtRetention } from "./retention.ts";
import { grafana, relay, slack } from "./telling.ts";

export type WalkOptions = {
  /** Posts a test message to Slack. */
  readonly sendTest: boolean;
  readonly signal: AbortSignal;
  readonly now?: () => number;
};

/** Findings in the order of the chain, cluster by cluster. Never throws for what it finds. */
export async function walkChain(config: Config, options: WalkOptions): Promise<readonly Finding[]> {
  const http = await openElasticsearch(config).catch((error: unknown) => ({ problem: describeError(error) }));
  const walk: Walk = {
    config,
    signal: options.signal,
    now: options.now ?? Date.now,
    sendTest: options.sendTest,
    containers: await ownContainers(config, options.signal).catch(() => undefined),
    http,
  };
  try {
    const perCluster = Object.entries(config.clusters).map(async ([name, entry]) => [
      ...(await link(walk, { link: "kafka", cluster: name }, () => kafka(walk, name, entry))),
      ...(await link(walk, { link: "burrow", cluster: name }, () => burrow(walk, name, entry))),
      ...(await link(walk, { link: "collector", cluster: name }, () => collector(walk, name, entry))),
    ]);
    const shared = [
      link(walk, { link: "elasticsearch" }, () => elasticsearch(walk)),
      link(walk, { link: "grafana" }, () => grafana(walk)),
      link(walk, { link: "relay" }, () => relay(walk)),
      link(walk, { link: "slack" }, () => slack(walk)),
    ];
    return (await Promise.all([...perCluster, ...shared])).flat();
  } finally {
    if (!("problem" in http)) await http.close();
  }
}

type Place = { readonly link: Link; readonly cluster?: string };

async function link(
  walk: Walk,
  place: Place,
  look: () => Promise<readonly Observation[]>,
): Promise<readonly Finding[]> {
  try {
    return (await look()).map((observation) => ({ ...place, ...observation }));
  } catch (error) {
    walk.signal.throwIfAborted();
    const fix = "This look itself failed; the sentence says at what.";
    return [{ ...place, ...broken("look", describeError(error), fix) }];
  }
}

async function kafka(walk: Walk, cluster: string, entry: ClusterConfig): Promise<readonly Observation[]> {
  if (entry.kafka === undefined) {
    return [skipped("reachable", "lagline.yaml does not say where this Kafka is; only its Burrow is read.")];
  }
  const connection = connectionOf(entry);
  return [
    ...judgeKafka(bootstrapHostServers(entry), await readKafkaFacts(connection)),
    ...(await certificates(walk, kafkaCertificates(cluster, connection))),
  ];
}

async function burrow(walk: Walk, cluster: string, entry: ClusterConfig): Promise<readonly Observation[]> {
  const source = burrowSource(walk.config, cluster);
  const looks = (client: BurrowClient): Promise<readonly Observation[]> =>
    lookAtBurrow({ client, cluster, prefix: source.apiPrefix.replace(/\/+$/, ""), signal: walk.signal });
  if (entry.burrow.managed === undefined) {
    const options = burrowClientOptions(source);
    const found = await Promise.all(
      source.servers.map((server) => looks(createBurrowClient({ ...options, server }))),
    );
    return [...found.flat(), ...(await certificates(walk, burrowCertificates(walk.config, cluster)))];
  }
  if (walk.containers === undefined) return [noEngine()];
  const container = judgeContainer(...named(walk, burrowName(cluster)));
  if (container.outcome === "broken") return [container];
  if (judgeContainer(...named(walk, collectorName(cluster))).outcome === "broken") {
    // Its API is published nowhere, and what is missing is not Burrow.
    return [
      container,
      skipped("ready", "Burrow is asked from the collector's container, which does not run."),
    ];
  }
  const inside = {
    config: walk.config,
    container: hostName(walk.config, collectorName(cluster)),
    signal: walk.signal,
  };
  const host = walk.config.collector.sidecar_mode === "network-namespace" ? "127.0.0.1" : burrowName(cluster);
  return [
    container,
    ...(await looks(insideBurrowClient(inside, { server: `http://${host}:${BURROW_PORT}`, cluster }))),
  ];
}

async function collector(
  walk: Walk,
  cluster: string,
  { shards }: ClusterConfig,
): Promise<readonly Observation[]> {
  const stored = await storedBy(walk, cluster);
  if (walk.containers === undefined) return [noEngine(), ...stored];
  if (walk.containers.length === 0) {
    return [
      skipped(
        "container",
        "Nothing of this environment runs on this host: only what is stored was looked at.",
      ),
      ...stored,
    ];
  }
  const processes = await Promise.all(
    numbers(shards).map((shard) => collectorProcess(walk, collectorName(cluster, shard), shard)),
  );
  return [...processes.flat(), ...stored];
}

async function collectorProcess(walk: Walk, thing: string, shard: number): Promise<readonly Observation[]> {
  const [name, found] = named(walk, thing);
  const container = judgeContainer(name, found);
  if (container.outcome === "broken") return [container];
  const url = `http://127.0.0.1:${healthPort(walk.config, shard)}/readyz`;
  const ready = await askInside({ config: walk.config, container: name, signal: walk.signal }, { url });
  return [container, judgeReadiness(ready)];
}

async function storedBy(walk: Walk, cluster: string): Promise<readonly Observation[]> {
  const { config, http, signal, now } = walk;
  if ("problem" in http) return [skipped("data-age", "Elasticsearch cannot be read.")];
  const nowMs = now();
  try {
    const stored = await readStored(searchOver(http, readableIndex(config)), {
      cluster,
      nowMs,
      signal,
    });
    return judgeStored(stored, { cluster, intervalSeconds: config.collector.interval_seconds, nowMs });
  } catch {
    return [skipped("data-age", "Elasticsearch cannot be read; see its own findings.")];
  }
}

async function elasticsearch(walk: Walk): Promise<readonly Observation[]> {
  const sources = elasticsearchCertificates(walk.config, "reader");
  const fix = walk.config.elasticsearch.managed === undefined ? {} : { fix: managedFix };
  return [
    ...(await elasticsearchItself(walk)),
    ...(await lookAtRetention(walk)),
    ...(await certificates(walk, sources, fix)),
    ...(await lookAtApiKeys(walk.config, { nowMs: walk.now(), signal: walk.signal })),
  ];
}

function certificates(
  { config, now, signal }: Walk,
  sources: readonly CertificateSource[],
  fix: Pick<CertificatesLook, "fix"> = {},
): Promise<readonly Observation[]> {
  const { certificate_warning_days: warningDays } = config.collector;
  return judgeCertificates({ sources, warningDays, nowMs: now(), signal, ...fix });
}

async function elasticsearchItself({ config, http, now, signal }: Walk): Promise<readonly Observation[]> {
  if ("problem" in http) {
    // A managed one that was never deployed has no files yet; they are not what a person is to make.
    const fix =
      config.elasticsearch.managed === undefined
        ? "Correct the files that elasticsearch.external names."
        : "Deploy: scripts/up makes the files of a managed Elasticsearch.";
    return [broken("reachable", http.problem, fix)];
  }
  const urls = elasticsearchHostUrls(config);
  const { search: stream, templateName } = documentsIndex(config);
  const look = { http, stream, templateName, urls, now, signal };
  const { managed, external } = config.elasticsearch;
  const hasUsers = managed?.security.enabled === true || external?.api_keys_directory !== undefined;
  if (!hasUsers) return lookAtElasticsearch(look);
  const writer = await openElasticsearch(config, "collector");
  try {
    return await lookAtElasticsearch({ ...look, writer });
  } finally {
    await writer.close();
  }
}
