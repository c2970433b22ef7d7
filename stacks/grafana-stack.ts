/** Grafana with its generated files mounted. */
import type { Construct } from "./cdktf.ts";
import { BaseStack } from "./constructs/base-stack.ts";
import type { Mount } from "./constructs/service-container.ts";
import { ServiceContainer } from "./constructs/service-container.ts";
import type { Deployment } from "./deployment.ts";
import { GRAFANA_PORT, PATHS } from "./endpoints.ts";
import { grafanaRootUrl, grafanaSecrets } from "./files/grafana-files.ts";
import { addRelay } from "./relay-container.ts";

export type GrafanaStackOptions = {
  readonly deployment: Deployment;
  readonly grafana: NonNullable<Deployment["config"]["grafana"]["managed"]>;
  readonly image: string;
  /** Image of the relay; left out where Grafana posts by itself. */
  readonly relayImage?: string;
};

export class GrafanaStack extends BaseStack {
  constructor(scope: Construct, id: string, options: GrafanaStackOptions) {
    const { deployment, grafana, image, relayImage } = options;
    super(scope, id, deployment);
    const { config } = deployment;
    const relay =
      relayImage === undefined ? [] : [addRelay(this, { deployment, image: relayImage, published: false })];
    new ServiceContainer(this, "grafana", {
      deployment,
      name: "grafana",
      image,
      user: "472:0",
      memoryMegabytes: grafana.memory_megabytes,
      cpus: grafana.cpus,
      graceSeconds: 30,
      command: [],
      environment: environment(grafanaRootUrl(config)),
      mounts: [
        { kind: "volume", volume: "grafana", target: PATHS.grafanaData },
        { kind: "file", path: "grafana/provisioning", target: "/etc/grafana/provisioning" },
        // Grafana looks for changed dashboards by itself; a new container would only interrupt.
        { kind: "file", path: "grafana/dashboards", target: PATHS.grafanaDashboards, watched: true },
        ...grafanaSecrets(config).map(({ name }): Mount => ({
          kind: "secret",
          name,
          target: `${PATHS.secrets}/${name}`,
        })),
      ],
      tmpfs: {
        "/tmp": "rw,nosuid,nodev,noexec,size=64m,mode=1777",
        "/var/log/grafana": "rw,nosuid,nodev,noexec,size=16m,mode=1777",
      },
      network: { alias: "grafana" },
      ...(relay.length === 0 ? {} : { after: relay }),
      ports: [{ internal: GRAFANA_PORT, external: grafana.host_port }],
      healthCheck: {
        command: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${GRAFANA_PORT}/api/health`],
        intervalSeconds: 5,
        startPeriodSeconds: 120,
      },
    });
  }
}

function environment(rootUrl: string): Record<string, string> {
  return {
    GF_SECURITY_ADMIN_PASSWORD__FILE: `${PATHS.secrets}/grafana-admin-password`,
    GF_SERVER_ROOT_URL: rootUrl,
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_AUTH_ANONYMOUS_ENABLED: "false",
    // From 13.0 Elasticsearch is a bundled plugin; its automatic update at start can leave it unregistered.
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: "false",
    GF_PATHS_PROVISIONING: "/etc/grafana/provisioning",
  };
}
