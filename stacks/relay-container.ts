/** The relay between Grafana and Slack: the collector's image with another command. */
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Mount } from "./constructs/service-container.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { PATHS, RELAY_NAME } from "./endpoints.ts";
import { RELAY_CONFIGURATION, relaySecrets } from "./files/relay-files.ts";
import { RESTRICTED_ENTRYPOINT } from "./node-entrypoint.ts";

export type RelayOptions = {
  readonly deployment: Deployment;
  readonly image: string;
  /** True where Grafana is not in the deployment's network. */
  readonly published: boolean;
};

export function addRelay(scope: Construct, { deployment, image, published }: RelayOptions): ServiceContainer {
  const { config } = deployment;
  const { relay } = config.alerts;
  const configuration = `${PATHS.configuration}/lagline.yaml`;
  return new ServiceContainer(scope, "relay", {
    deployment,
    name: RELAY_NAME,
    image,
    user: "10001:10001",
    memoryMegabytes: relay.memory_megabytes,
    cpus: relay.cpus,
    graceSeconds: Math.ceil(relay.stop_deadline_seconds) + 5,
    entrypoint: RESTRICTED_ENTRYPOINT,
    command: ["notify", "--config", configuration],
    mounts: [
      { kind: "volume", volume: RELAY_NAME, target: PATHS.spool },
      { kind: "file", path: RELAY_CONFIGURATION, target: configuration },
      ...relaySecrets(config).map(({ name }): Mount => ({
        kind: "secret",
        name,
        target: `${PATHS.secrets}/${name}`,
      })),
    ],
    tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" },
    network: { alias: RELAY_NAME },
    ports: published ? [{ internal: relay.port, external: relay.port }] : [],
    healthCheck: {
      command: [
        "CMD",
        "node",
        "-e",
        `fetch("http://127.0.0.1:${relay.port}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
      ],
      intervalSeconds: 10,
      startPeriodSeconds: 20,
    },
  });
}

/** For a Grafana that is somewhere else. */
export class RelayStack extends BaseStack {
  constructor(scope: Construct, id: string, options: Omit<RelayOptions, "published">) {
    super(scope, id, options.deployment);
    addRelay(this, { ...options, published: true });
  }
}
