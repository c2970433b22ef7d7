/** Producers and consumers that play what lag looks like; only where the configuration asks for them. */
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { DEMO_MEGABYTES } from "./memory.ts";

export type DemoStackOptions = {
  readonly deployment: Deployment;
  readonly cluster: string;
  readonly bootstrapServers: readonly string[];
  readonly seed: number;
  readonly image: string;
};

export class DemoStack extends BaseStack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, cluster, bootstrapServers, seed, image }: DemoStackOptions,
  ) {
    super(scope, id, deployment);
    new ServiceContainer(this, "demo", {
      deployment,
      name: `demo-${cluster}`,
      image,
      user: "10001:10001",
      memoryMegabytes: DEMO_MEGABYTES,
      cpus: 0.5,
      graceSeconds: 15,
      command: ["demo", "--bootstrap-servers", bootstrapServers.join(","), "--seed", String(seed)],
      tmpfs: { "/tmp": "rw,nosuid,nodev,size=16m,noexec,mode=1777" },
      network: { alias: `demo-${cluster}` },
      healthCheck: {
        command: ["CMD", "node", "-e", "process.exit(0)"],
        intervalSeconds: 30,
        startPeriodSeconds: 5,
      },
    });
  }
}
