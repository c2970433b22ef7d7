/** Burrow and the collector beside it, in one stack. Why they are two addresses: docs/decisions/0050-the-network-of-the-sidecar.md. */
import type { ClusterConfig } from "../config/schema.ts";
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Mount } from "./constructs/service-container.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { BURROW_PORT, burrowName, collectorName, numbers, PATHS } from "./endpoints.ts";
import { burrowSecrets } from "./files/burrow-access.ts";
import { BURROW_PASSWORD_VARIABLE, kafkaSecrets } from "./files/burrow-files.ts";
import {
  collectorFolder,
  elasticsearchSecrets,
  healthPort,
  sharesNamespace,
} from "./files/collector-files.ts";
import { RESTRICTED_ENTRYPOINT } from "./node-entrypoint.ts";

export type MonitorStackOptions = {
  readonly deployment: Deployment;
  readonly cluster: string;
  readonly settings: ClusterConfig;
  readonly burrowImage: string;
  readonly collectorImage: string;
};

const TMPFS = { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" };

export class MonitorStack extends BaseStack {
  constructor(scope: Construct, id: string, options: MonitorStackOptions) {
    super(scope, id, options.deployment);
    const burrow =
      options.settings.burrow.managed === undefined
        ? undefined
        : this.#burrow(options, options.settings.burrow.managed);
    for (const shard of numbers(options.settings.shards)) this.#collector(options, burrow, shard);
  }

  #burrow(
    options: MonitorStackOptions,
    burrow: NonNullable<ClusterConfig["burrow"]["managed"]>,
  ): ServiceContainer {
    const { deployment, cluster } = options;
    return new ServiceContainer(this, "burrow", {
      deployment,
      name: burrowName(cluster),
      image: options.burrowImage,
      user: "65534:65534",
      memoryMegabytes: burrow.memory_megabytes,
      cpus: burrow.cpus,
      graceSeconds: 30,
      entrypoint: ["/bin/sh", "-c"],
      command: [burrowCommand(options.settings)],
      mounts: [
        { kind: "file", path: `burrow/${cluster}`, target: PATHS.burrowConfiguration },
        ...kafkaSecrets(options.settings).map(({ name }): Mount => ({
          kind: "secret",
          name: `${cluster}-${name}`,
          target: `${PATHS.secrets}/${name}`,
        })),
      ],
      tmpfs: TMPFS,
      network: { alias: burrowName(cluster) },
      ports: burrow.host_port === undefined ? [] : [{ internal: BURROW_PORT, external: burrow.host_port }],
      healthCheck: {
        command: [
          "CMD",
          "wget",
          "-q",
          "-O",
          "/dev/null",
          `http://127.0.0.1:${BURROW_PORT}/burrow/admin/ready`,
        ],
        intervalSeconds: 5,
        startPeriodSeconds: 60,
      },
    });
  }

  #collector(
    { deployment, cluster, settings, collectorImage }: MonitorStackOptions,
    burrow: ServiceContainer | undefined,
    shard: number,
  ): ServiceContainer {
    const { config } = deployment;
    const { collector } = config;
    const shareNamespace = burrow !== undefined && sharesNamespace(config, settings);
    const container = collectorName(cluster, shard);
    return new ServiceContainer(this, shard === 1 ? "collector" : `collector-${shard}`, {
      deployment,
      name: container,
      image: collectorImage,
      user: "10001:10001",
      memoryMegabytes: collector.memory_megabytes,
      cpus: collector.cpus,
      graceSeconds: Math.ceil(collector.stop_deadline_seconds) + 5,
      entrypoint: RESTRICTED_ENTRYPOINT,
      command: [
        "collect",
        "--config",
        `${PATHS.configuration}/lagline.yaml`,
        "--cluster",
        cluster,
        ...(shareNamespace ? ["--sidecar"] : []),
      ],
      mounts: [
        { kind: "volume", volume: container, target: PATHS.spool },
        {
          kind: "file",
          path: `${collectorFolder(cluster, shard)}/lagline.yaml`,
          target: `${PATHS.configuration}/lagline.yaml`,
        },
        ...elasticsearchSecrets(config, "collector").map(({ name }): Mount => ({
          kind: "secret",
          name,
          target: `${PATHS.secrets}/${name}`,
        })),
        ...burrowSecrets(settings).map(({ name }): Mount => ({
          kind: "secret",
          name: `${cluster}-${name}`,
          target: `${PATHS.secrets}/${name}`,
        })),
      ],
      tmpfs: TMPFS,
      network: shareNamespace ? { namespaceOf: burrow } : { alias: container },
      ...(burrow === undefined ? {} : { after: [burrow] }),
      healthCheck: {
        command: [
          "CMD",
          "node",
          "-e",
          `fetch("http://127.0.0.1:${healthPort(config, shard)}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
        ],
        intervalSeconds: 10,
        startPeriodSeconds: 20,
      },
    });
  }
}

/** Burrow takes its password from its file or its environment only; read here, it stays out of `docker inspect`. */
function burrowCommand(settings: ClusterConfig): string {
  const start = `exec /app/burrow --config-dir ${PATHS.burrowConfiguration}`;
  return settings.kafka?.external?.sasl === undefined
    ? start
    : `${BURROW_PASSWORD_VARIABLE}="$(cat ${PATHS.secrets}/kafka-password)" && export ${BURROW_PASSWORD_VARIABLE} && ${start}`;
}
