/** What deletes by age where Elasticsearch cannot: the collector's image with another command. */
import type { Construct } from "./cdktf.ts";
import type { Mount } from "./constructs/service-container.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { PATHS, RETENTION_NAME, RETENTION_PORT } from "./endpoints.ts";
import { elasticsearchSecrets, RETENTION_CONFIGURATION } from "./files/collector-files.ts";
import { READING_ENTRYPOINT } from "./node-entrypoint.ts";

export type RetentionOptions = {
  readonly deployment: Deployment;
  readonly image: string;
  /** The setup step: without its templates there is nothing to keep. */
  readonly after: ServiceContainer;
};

export function addRetention(
  scope: Construct,
  { deployment, image, after }: RetentionOptions,
): ServiceContainer {
  const configuration = `${PATHS.configuration}/lagline.yaml`;
  return new ServiceContainer(scope, RETENTION_NAME, {
    deployment,
    name: RETENTION_NAME,
    image,
    user: "10001:10001",
    memoryMegabytes: 128,
    cpus: 0.5,
    graceSeconds: 15,
    entrypoint: READING_ENTRYPOINT,
    command: ["retention", "--config", configuration, "--health-port", String(RETENTION_PORT)],
    mounts: [
      { kind: "file", path: RETENTION_CONFIGURATION, target: configuration },
      ...elasticsearchSecrets(deployment.config, "retention").map(({ name }): Mount => ({
        kind: "secret",
        name,
        target: `${PATHS.secrets}/${name}`,
      })),
    ],
    tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" },
    network: { alias: RETENTION_NAME },
    after: [after],
    healthCheck: {
      command: [
        "CMD",
        "node",
        "-e",
        `fetch("http://127.0.0.1:${RETENTION_PORT}/healthz").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`,
      ],
      intervalSeconds: 30,
      startPeriodSeconds: 20,
    },
  });
}
