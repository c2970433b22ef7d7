/** What the collector takes from the whole configuration, for the one cluster it reads. */
import type { ClusterConfig, Config } from "../config/schema.ts";
import { LaglineError } from "../model/errors.ts";
import { shardOf } from "../model/shard.ts";
import type { BurrowSource } from "./burrow/open.ts";
import type { RepeatLimit } from "./log.ts";
import { readingsFor } from "./shape.ts";

/** Burrow's port inside its own network namespace. */
const MANAGED_BURROW_URL = "http://127.0.0.1:8000";

/** @throws LaglineError `LAGLINE_COLLECT_UNKNOWN_CLUSTER` when the configuration has no such cluster. */
export function clusterOf(config: Config, cluster: string): ClusterConfig {
  const entry = config.clusters[cluster];
  if (entry === undefined) {
    throw new LaglineError({
      code: "LAGLINE_COLLECT_UNKNOWN_CLUSTER",
      message: `The configuration has no cluster ${JSON.stringify(cluster)}; it has ${Object.keys(config.clusters).join(", ")}.`,
      hint: "Name one of them with --cluster.",
    });
  }
  return entry;
}

/**
 * Name of the collector on its own records. A host name is the same over a restart and differs between two hosts; one
 * that could not be a name (or none at all) gives way to the name of the cluster.
 */
export function collectorName({ collector }: Config, cluster: string, hostName: string): string {
  if (collector.name !== undefined) return collector.name;
  const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(hostName) ? hostName : cluster;
  // Several shards may run on one host.
  return collector.shard === undefined ? name : `${name.slice(0, 120)}-${collector.shard.index}`;
}

/** How often a kind of log line may be written. */
export function logLimit(config: Config, now: () => number): RepeatLimit {
  const { log_interval_seconds: seconds, log_lines: lines } = config.collector.limits;
  return { periodMs: seconds * 1000, lines, now };
}

export function burrowSource(config: Config, cluster: string): BurrowSource {
  const entry = clusterOf(config, cluster);
  const { collector } = config;
  const { shard } = collector;
  const readings = readingsFor(config);
  const external = entry.burrow.external;
  const managedUrl =
    entry.burrow.managed?.host_port === undefined
      ? MANAGED_BURROW_URL
      : `http://127.0.0.1:${entry.burrow.managed.host_port}`;
  return {
    cluster,
    servers: external?.servers ?? [managedUrl],
    apiPrefix: external?.api_prefix ?? "/v3/kafka",
    ...(external?.username === undefined || external.password_file === undefined
      ? {}
      : { usernameAndPasswordFile: { username: external.username, passwordFile: external.password_file } }),
    ...(external?.bearer_token_file === undefined ? {} : { bearerTokenFile: external.bearer_token_file }),
    ...(external?.tls === undefined ? {} : { tlsFiles: tlsFiles(external.tls) }),
    filters: entry.filters,
    ...(shard === undefined ? {} : { isMine: (group: string) => shardOf(group, shard.of) === shard.index }),
    ...(readings === undefined ? {} : { readings }),
    requestTimeoutMs: collector.request_timeout_seconds * 1000,
    concurrency: collector.concurrent_requests,
    limits: {
      responseBytes: collector.limits.response_bytes,
      groups: collector.limits.groups,
      partitions: collector.limits.partitions,
      partitionsPerGroup: collector.limits.partitions_per_group,
      nameCharacters: collector.limits.name_characters,
    },
  };
}

type TlsConfig = NonNullable<NonNullable<ClusterConfig["burrow"]["external"]>["tls"]>;

function tlsFiles(tls: TlsConfig): NonNullable<BurrowSource["tlsFiles"]> {
  return {
    ...(tls.ca_file === undefined ? {} : { ca: tls.ca_file }),
    ...(tls.certificate_file === undefined ? {} : { certificate: tls.certificate_file }),
    ...(tls.key_file === undefined ? {} : { key: tls.key_file }),
    ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
    minimumVersion: tls.minimum_version,
  };
}
