/**
 * The configuration a container reads: the user's, seen from inside. Managed parts become external ones at their
 * address in the deployment's network, secrets become files under /run/secrets.
 */
import type { ClusterConfig, Config, ConfigInput } from "../../config/schema.ts";
import { elasticsearchAccess, externalApiKeyFile } from "../../config/elasticsearch-access.ts";
import type { AccessUser } from "../../model/access.ts";
import { collectorName, elasticsearchUrls, numbers, PATHS } from "../endpoints.ts";

import { burrowInside } from "./burrow-access.ts";
import { AUTHORITY_SECRET } from "./elasticsearch-files.ts";

/** Settings below `elasticsearch.external.tls`. */
const TLS = "tls.";

/** What the setup step reads, below the generated files. */
export const SETUP_CONFIGURATION = "setup/lagline.yaml";

/**
 * Files that a container may need for Elasticsearch: setting below elasticsearch.external, the user's file, and its name
 * under /run/secrets. In a managed Elasticsearch each program is a user of its own.
 */
export function elasticsearchSecrets(
  config: Config,
  user: AccessUser,
): { readonly setting: string; readonly file: string; readonly name: string }[] {
  const access = elasticsearchAccess(config, user);
  if (access !== undefined) {
    return [
      { setting: "password_file", file: access.passwordFile, name: `elasticsearch-${user}-password` },
      { setting: "tls.ca_file", file: access.caFile, name: AUTHORITY_SECRET },
    ];
  }
  const external = config.elasticsearch.external;
  const candidates = [
    { setting: "password_file", file: external?.password_file, name: "elasticsearch-password" },
    {
      setting: "api_key_file",
      file: externalApiKeyFile(config, user),
      name:
        external?.api_keys_directory === undefined
          ? "elasticsearch-api-key"
          : `elasticsearch-${user}-api-key`,
    },
    { setting: "bearer_token_file", file: external?.bearer_token_file, name: "elasticsearch-bearer-token" },
    { setting: "tls.ca_file", file: external?.tls?.ca_file, name: "elasticsearch-ca" },
    {
      setting: "tls.certificate_file",
      file: external?.tls?.certificate_file,
      name: "elasticsearch-certificate",
    },
    { setting: "tls.key_file", file: external?.tls?.key_file, name: "elasticsearch-key" },
  ];
  return candidates.flatMap(({ setting, file, name }) =>
    file === undefined ? [] : [{ setting, file, name }],
  );
}

/** What the retention process reads, below the generated files. */
export const RETENTION_CONFIGURATION = "retention/lagline.yaml";

/** The configuration of the setup step, and of retention: where Elasticsearch is, as whom to work on it, and its layout. */
export function setupConfig(config: Config, user: "setup" | "retention"): string {
  const [[name, cluster] = ["", undefined]] = Object.entries(config.clusters);
  const inside: ConfigInput = {
    environment: config.environment,
    // Not read by the step, and needed for the file to be whole.
    clusters: cluster === undefined ? {} : { [name]: { burrow: burrowInside(config, name, cluster) } },
    elasticsearch: elasticsearchInside(config, user),
    // The shape of the documents decides about names and fields.
    collector: { shape: config.collector.shape, telegraf: config.collector.telegraf },
  };
  return `${JSON.stringify(inside, undefined, 2)}\n`;
}

/** Folder of a collector's configuration among the generated files. */
export function collectorFolder(cluster: string, shard: number): string {
  return shard === 1 ? `collector/${cluster}` : `collector/${cluster}.${shard}`;
}

/** Shards share a network namespace where Burrow's is theirs, so each has a port of its own. */
export function healthPort(config: Config, shard: number): number {
  return config.collector.health_port + shard - 1;
}

export type CollectorOf = {
  readonly name: string;
  readonly cluster: ClusterConfig;
  /** From 1. @default 1 */
  readonly shard?: number;
};

export function collectorConfig(config: Config, { name, cluster, shard = 1 }: CollectorOf): string {
  const ownName = config.collector.name ?? name;
  const inside: ConfigInput = {
    environment: config.environment,
    clusters: {
      [name]: {
        burrow: burrowInside(config, name, cluster),
        filters: cluster.filters,
      },
    },
    elasticsearch: elasticsearchInside(config, "collector"),
    // The host name of a container changes with every replacement, and a new name is a new series.
    collector: {
      ...config.collector,
      name: shard === 1 ? ownName : `${ownName}-${shard}`,
      spool_directory: PATHS.spool,
      outputs: outputsInside(config),
      ...(cluster.shards === 1 ? {} : shardSettings(config, { name, cluster, shard })),
    },
    policies: config.policies,
  };
  return `${JSON.stringify(inside, undefined, 2)}\n`;
}

/** Files go to the one volume that the container may write to, into a folder that no cluster can be called after. */
function outputsInside({ collector: { outputs } }: Config): Config["collector"]["outputs"] {
  return outputs.file === undefined
    ? {}
    : { file: { ...outputs.file, directory: `${PATHS.spool}/output.file` } };
}

function shardSettings(
  config: Config,
  { name, cluster, shard }: Required<CollectorOf>,
): Pick<NonNullable<ConfigInput["collector"]>, "shard" | "health_port" | "health_address"> {
  const shares = sharesNamespace(config, cluster);
  const peers = numbers(cluster.shards)
    .slice(1)
    .map(
      (other) => `http://${shares ? "127.0.0.1" : collectorName(name, other)}:${healthPort(config, other)}`,
    );
  return {
    shard: { index: shard, of: cluster.shards, ...(shard === 1 ? { peers } : {}) },
    health_port: healthPort(config, shard),
    // Elsewhere than beside each other, the first must reach the others; no port is published.
    ...(shares ? {} : { health_address: "0.0.0.0" }),
  };
}

/** A collector has Burrow's network namespace only where Burrow is deployed, too. */
export function sharesNamespace(config: Config, cluster: ClusterConfig): boolean {
  return cluster.burrow.managed !== undefined && config.collector.sidecar_mode === "network-namespace";
}

/** Where Elasticsearch is as a container sees it, and how its program gets in. */
export function elasticsearchInside(config: Config, user: AccessUser): ConfigInput["elasticsearch"] {
  const { external, managed, retention_days, replicas, index } = config.elasticsearch;
  const files = elasticsearchSecrets(config, user).map(
    ({ setting, name }) => [setting, `${PATHS.secrets}/${name}`] as const,
  );
  const credentials = Object.fromEntries(files.filter(([setting]) => !setting.startsWith(TLS)));
  const tls = Object.fromEntries(
    files.flatMap(([setting, path]) =>
      setting.startsWith(TLS) ? [[setting.slice(TLS.length), path] as const] : [],
    ),
  );
  const username = external?.username ?? elasticsearchAccess(config, user)?.username;
  const { server_name: serverName, minimum_version: minimum } = external?.tls ?? {};
  const shards = replicas ?? (managed === undefined ? undefined : managed.nodes === 1 ? 0 : 1);
  return {
    external: {
      urls: [...elasticsearchUrls(config)],
      ...(username === undefined ? {} : { username }),
      ...(external?.ca_fingerprint === undefined ? {} : { ca_fingerprint: external.ca_fingerprint }),
      ...(external === undefined ? {} : { headers: external.headers }),
      ...(Object.keys(tls).length === 0 && minimum === undefined
        ? {}
        : {
            tls: {
              ...tls,
              ...(serverName === undefined ? {} : { server_name: serverName }),
              ...(minimum === undefined ? {} : { minimum_version: minimum }),
            },
          }),
      ...credentials,
    },
    retention_days,
    index,
    ...(shards === undefined ? {} : { replicas: shards }),
  };
}
