/** The canary's configuration inside its container: one Kafka, and what to play on it. */
import type { ClusterConfig, Config, ConfigInput } from "../../config/schema.ts";
import { bootstrapServers, PATHS } from "../endpoints.ts";

export function canaryConfiguration(cluster: string): string {
  return `canary/${cluster}/lagline.yaml`;
}

export function canaryConfig(config: Config, name: string, cluster: ClusterConfig): string {
  const { canary } = config.alerts;
  const external = cluster.kafka?.external;
  const tls = external?.tls;
  const secret = (file: string | undefined, key: string, staged: string): Record<string, string> =>
    file === undefined ? {} : { [key]: `${PATHS.secrets}/${staged}` };
  const inside: ConfigInput = {
    environment: config.environment,
    clusters: {
      [name]: {
        kafka: {
          external: {
            bootstrap_servers: [...bootstrapServers(name, cluster)],
            ...(tls === undefined
              ? {}
              : {
                  tls: {
                    ...secret(tls.ca_file, "ca_file", "kafka-ca"),
                    ...secret(tls.certificate_file, "certificate_file", "kafka-certificate"),
                    ...secret(tls.key_file, "key_file", "kafka-key"),
                    ...(tls.server_name === undefined ? {} : { server_name: tls.server_name }),
                  },
                }),
            ...(external?.sasl === undefined
              ? {}
              : { sasl: { ...external.sasl, password_file: `${PATHS.secrets}/kafka-password` } }),
          },
        },
        // Never asked.
        burrow: { external: { servers: ["http://127.0.0.1:8000"] } },
      },
    },
    elasticsearch: { external: { url: "http://127.0.0.1:9200" } },
    alerts: {
      slack: { webhook_file: `${PATHS.secrets}/none`, delivery: "relay" },
      ...(canary === undefined ? {} : { canary }),
    },
  };
  return `${JSON.stringify(inside, undefined, 2)}\n`;
}
