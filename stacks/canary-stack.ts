/** The canary: a consumer group with programmed lag, whose alert proves the chain from Kafka to Slack. */
import type { ClusterConfig } from "../config/schema.ts";
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Mount } from "./constructs/service-container.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { PATHS } from "./endpoints.ts";
import { canaryConfiguration } from "./files/canary-files.ts";
import { kafkaSecrets } from "./files/burrow-files.ts";
import { CANARY_MEGABYTES } from "./memory.ts";

export type CanaryStackOptions = {
  readonly deployment: Deployment;
  readonly cluster: string;
  readonly settings: ClusterConfig;
  readonly image: string;
};

export class CanaryStack extends BaseStack {
  constructor(scope: Construct, id: string, { deployment, cluster, settings, image }: CanaryStackOptions) {
    super(scope, id, deployment);
    const configuration = `${PATHS.configuration}/lagline.yaml`;
    new ServiceContainer(this, "canary", {
      deployment,
      name: `canary-${cluster}`,
      image,
      user: "10001:10001",
      memoryMegabytes: CANARY_MEGABYTES,
      cpus: 0.1,
      graceSeconds: 15,
      command: ["canary", "--config", configuration],
      mounts: [
        { kind: "file", path: canaryConfiguration(cluster), target: configuration },
        ...kafkaSecrets(settings).map(({ name }): Mount => ({
          kind: "secret",
          name: `${cluster}-${name}`,
          target: `${PATHS.secrets}/${name}`,
        })),
      ],
      tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" },
      network: { alias: `canary-${cluster}` },
      // Whether it does its work is told by its alert; a check of its own would prove less.
      healthCheck: {
        command: ["CMD", "node", "-e", "process.exit(0)"],
        intervalSeconds: 30,
        startPeriodSeconds: 5,
      },
    });
  }
}
