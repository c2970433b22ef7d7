/** Names of the volumes of a configuration; apart from the stack, so that commands that only read them load no cdktf. */
import type { Config } from "../config/schema.ts";
import type { Deployment } from "./deployment.ts";
import { RELAY_NAME, collectorName, elasticsearchNode, numbers } from "./endpoints.ts";
import { kafkaProcesses } from "./files/kafka-files.ts";
import { usesRelay } from "./files/relay-files.ts";

/** Names of all volumes of a configuration, without the environment. */
export function volumeNames(config: Config): readonly string[] {
  const clusters = Object.entries(config.clusters);
  return [
    ...clusters.flatMap(([name, { kafka }]) =>
      kafka?.managed === undefined ? [] : kafkaProcesses(name, kafka.managed).map((process) => process.name),
    ),
    ...clusters.flatMap(([name, { shards }]) => numbers(shards).map((shard) => collectorName(name, shard))),
    ...numbers(config.elasticsearch.managed?.nodes ?? 0).map(elasticsearchNode),
    ...(config.grafana.managed === undefined ? [] : ["grafana"]),
    ...(usesRelay(config) ? [RELAY_NAME] : []),
  ];
}

/** Volumes of this environment that hold data and that lagline.yaml names no more, without the environment. */
export function keptVolumes({
  config,
  deployed,
}: Pick<Deployment, "config" | "deployed">): readonly string[] {
  const named = new Set(volumeNames(config));
  return deployed.volumes.filter((name) => !named.has(name));
}
