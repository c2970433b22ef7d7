/** Names and ports inside the deployment's network, once. */
import type { ClusterConfig, Config } from "../config/schema.ts";

export const KAFKA_PORT = 9092;
export const KAFKA_HOST_PORT = 19_092;
export const KAFKA_CONTROLLER_PORT = 9093;
export const BURROW_PORT = 8000;
export const ELASTICSEARCH_PORT = 9200;
export const GRAFANA_PORT = 3000;
export const RELAY_NAME = "relay";
export const RETENTION_NAME = "retention";
/** Health of the retention process, inside its container only. */
export const RETENTION_PORT = 8092;

/** Where the images keep their data, configuration and secrets. */
export const PATHS = {
  kafkaData: "/var/lib/kafka/data",
  elasticsearchData: "/usr/share/elasticsearch/data",
  grafanaData: "/var/lib/grafana",
  grafanaDashboards: "/etc/lagline/dashboards",
  spool: "/var/lib/lagline",
  configuration: "/etc/lagline",
  burrowConfiguration: "/etc/burrow",
  secrets: "/run/secrets",
} as const;

export function kafkaBroker(cluster: string, index: number): string {
  return `kafka-${cluster}-${index}`;
}

export function kafkaController(cluster: string, index: number): string {
  return `kafka-${cluster}-controller-${index}`;
}

export function elasticsearchNode(index: number): string {
  return `elasticsearch-${index}`;
}

export function burrowName(cluster: string): string {
  return `burrow-${cluster}`;
}

/** The first shard is called as a collector without others; a number at the end could be that of another cluster. */
export function collectorName(cluster: string, shard = 1): string {
  return shard === 1 ? `collector-${cluster}` : `collector${shard}-${cluster}`;
}

/** Numbers 1 to count. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Bootstrap servers as seen from inside the deployment. */
export function bootstrapServers(name: string, cluster: ClusterConfig): readonly string[] {
  const managed = cluster.kafka?.managed;
  return managed === undefined
    ? (cluster.kafka?.external?.bootstrap_servers ?? [])
    : numbers(managed.brokers).map((index) => `${kafkaBroker(name, index)}:${KAFKA_PORT}`);
}

/** Addresses of Elasticsearch as seen from inside the deployment. */
export function elasticsearchUrls(config: Config): readonly string[] {
  const { managed, external } = config.elasticsearch;
  if (managed !== undefined) {
    const scheme = managed.security.enabled ? "https" : "http";
    return numbers(managed.nodes).map(
      (index) => `${scheme}://${elasticsearchNode(index)}:${ELASTICSEARCH_PORT}`,
    );
  }
  return external?.urls ?? (external?.url === undefined ? [] : [external.url]);
}

/** Addresses of Elasticsearch as seen from this host. */
export function elasticsearchHostUrls(config: Config): readonly string[] {
  const { managed } = config.elasticsearch;
  return managed === undefined
    ? elasticsearchUrls(config)
    : numbers(managed.nodes).map(
        (index) =>
          `${managed.security.enabled ? "https" : "http"}://127.0.0.1:${managed.host_port + index - 1}`,
      );
}

/** Brokers as seen from this host. */
export function bootstrapHostServers(cluster: ClusterConfig): readonly string[] {
  const managed = cluster.kafka?.managed;
  return managed === undefined
    ? (cluster.kafka?.external?.bootstrap_servers ?? [])
    : numbers(managed.brokers).map((index) => `127.0.0.1:${managed.host_port + index - 1}`);
}
