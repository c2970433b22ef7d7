/**
 * The configuration a container reads: the user's, seen from inside. Managed parts become external ones at their
 * address in the deployment's network, secrets become files under /run/secrets.
 */
import type { ClusterConfig, Config, ConfigInput } from "../../config/schema.ts";
import { BURROW_PORT, burrowName, elasticsearchUrls, PATHS } from "../endpoints.ts";

/** Secrets of Elasticsearch that a container may need: setting in the configuration → name under /run/secrets. */
export function elasticsearchSecrets(
  config: Config,
): { readonly setting: string; readonly file: string; readonly name: string }[] {
  const external = config.elasticsearch.external;
  const candidates = [
    { setting: "password_file", file: external?.password_file, name: "elasticsearch-password" },
    { setting: "api_key_file", file: external?.api_key_file, name: "elasticsearch-api-key" },
    { setting: "bearer_token_file", file: external?.bearer_token_file, name: "elasticsearch-bearer-token" },
    { setting: "ca_file", file: external?.tls?.ca_file, name: "elasticsearch-ca" },
  ];
  return candidates.flatMap(({ setting, file, name }) =>
    file === undefined ? [] : [{ setting, file, name }],
  );
}

export function collectorConfig(config: Config, name: string, cluster: ClusterConfig): string {
  const inside: ConfigInput = {
    environment: config.environment,
    clusters: {
      [name]: {
        burrow: { external: { servers: [burrowUrl(config, name, cluster)] } },
        filters: cluster.filters,
      },
    },
    elasticsearch: elasticsearchInside(config),
    collector: { ...config.collector, spool_directory: PATHS.spool },
    policies: config.policies,
  };
  return `${JSON.stringify(inside, undefined, 2)}\n`;
}

function burrowUrl(config: Config, name: string, cluster: ClusterConfig): string {
  const external = cluster.burrow.external?.servers[0];
  if (external !== undefined) {
    return external;
  }
  return config.collector.sidecar_mode === "network-namespace"
    ? `http://127.0.0.1:${BURROW_PORT}`
    : `http://${burrowName(name)}:${BURROW_PORT}`;
}

function elasticsearchInside(config: Config): ConfigInput["elasticsearch"] {
  const { external, managed, retention_days, replicas } = config.elasticsearch;
  const secrets = Object.fromEntries(
    elasticsearchSecrets(config).map(({ setting, name }) => [setting, `${PATHS.secrets}/${name}`]),
  );
  const { ca_file: authority, ...credentials } = secrets;
  const shards = replicas ?? (managed === undefined ? undefined : managed.nodes === 1 ? 0 : 1);
  return {
    external: {
      urls: [...elasticsearchUrls(config)],
      ...(external?.username === undefined ? {} : { username: external.username }),
      ...(external?.ca_fingerprint === undefined ? {} : { ca_fingerprint: external.ca_fingerprint }),
      ...(authority === undefined ? {} : { tls: { ca_file: authority } }),
      ...credentials,
    },
    retention_days,
    ...(shards === undefined ? {} : { replicas: shards }),
  };
}
