/** Every generated file of a deployment: path → text. Pure. */
import type { Config } from "../../config/schema.ts";
import { burrowJson } from "./burrow-files.ts";
import { canaryConfig, canaryConfiguration } from "./canary-files.ts";
import { numbers } from "../endpoints.ts";
import {
  collectorConfig,
  collectorFolder,
  RETENTION_CONFIGURATION,
  SETUP_CONFIGURATION,
  setupConfig,
} from "./collector-files.ts";
import { usesOwnRetention } from "../own-retention.ts";
import { elasticsearchFiles } from "./elasticsearch-files.ts";
import { grafanaFiles } from "./grafana-files.ts";
import { kafkaProcesses, kafkaProperties, topicsFile } from "./kafka-files.ts";
import { RELAY_CONFIGURATION, relayConfig, usesRelay } from "./relay-files.ts";

/** `runbooks` is the Markdown of the alert rules' runbooks by name. */
export function deploymentFiles(config: Config, runbooks: ReadonlyMap<string, string>): Map<string, string> {
  const files = new Map([...grafanaFiles(config, runbooks), ...elasticsearchFiles(config)]);
  files.set(SETUP_CONFIGURATION, setupConfig(config, "setup"));
  if (usesOwnRetention(config)) files.set(RETENTION_CONFIGURATION, setupConfig(config, "retention"));
  if (usesRelay(config)) {
    files.set(RELAY_CONFIGURATION, relayConfig(config));
  }
  for (const [name, cluster] of Object.entries(config.clusters)) {
    const kafka = cluster.kafka?.managed;
    if (kafka !== undefined) {
      for (const process of kafkaProcesses(name, kafka)) {
        files.set(
          `kafka/${name}/${process.name}.properties`,
          kafkaProperties({ config, cluster: name, kafka, process }),
        );
      }
      files.set(`kafka/${name}/topics.json`, topicsFile(kafka));
    }
    if (cluster.burrow.managed !== undefined) {
      files.set(`burrow/${name}/burrow.json`, burrowJson(name, cluster, cluster.burrow.managed));
    }
    for (const shard of numbers(cluster.shards)) {
      files.set(
        `${collectorFolder(name, shard)}/lagline.yaml`,
        collectorConfig(config, { name, cluster, shard }),
      );
    }
    if (config.alerts.canary?.cluster === name) {
      files.set(canaryConfiguration(name), canaryConfig(config, name, cluster));
    }
  }
  return files;
}
