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
  /** How long Burrow may take to see a new topic. */
  readonly topicRefreshSeconds: number;
  readonly image: string;
};

/** Burrow reads metadata at the refresh and needs a moment for it. */
const TOPIC_READ_SECONDS = 3;

export class DemoStack extends BaseStack {
  constructor(
    scope: Construct,
    id: string,
    { deployment, cluster, bootstrapServers, seed, topicRefreshSeconds, image }: DemoStackOptions,
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
      command: [
        "demo",
        "--bootstrap-servers",
        bootstrapServers.join(","),
        "--seed",
        String(seed),
        "--settle",
        String(topicRefreshSeconds + TOPIC_READ_SECONDS),
      ],
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
