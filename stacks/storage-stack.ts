/**
 * Every named volume, in a stack of its own that an ordinary destroy never touches. Volumes carry no labels: a change of
 * a label would destroy the data.
 */
import type { Config } from "../config/schema.ts";
import type { Construct } from "./cdktf.ts";
import { Volume } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Deployment } from "./deployment.ts";
import { hostName } from "./deployment.ts";
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

export class StorageStack extends BaseStack {
  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id, deployment);
    for (const name of volumeNames(deployment.config)) {
      new Volume(this, name, {
        name: hostName(deployment.config, name),
        lifecycle: { preventDestroy: !deployment.purge },
      });
    }
    const kept = deployment.purge ? [] : keptVolumes(deployment);
    if (kept.length > 0) {
      const forget = (name: string) => ({ from: `docker_volume.${name}`, lifecycle: { destroy: false } });
      // Terraform would destroy what is not in its configuration any more; prevent_destroy goes with the configuration.
      this.addOverride("removed", kept.map(forget));
    }
  }
}
