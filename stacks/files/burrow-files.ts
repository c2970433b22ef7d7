/** `burrow.json` of one cluster. Burrow reads JSON, so nothing needs escaping. */
import type { ManagedBurrow } from "../../config/burrow-schema.ts";
import type { ExternalKafka } from "../../config/kafka-schema.ts";
import type { ClusterConfig } from "../../config/schema.ts";
import { bootstrapServers, BURROW_PORT, PATHS } from "../endpoints.ts";

/** Name of Burrow's SASL section; its password comes by environment inside the container, read from a secret file. */
const SECTION = "kafka";
export const BURROW_PASSWORD_VARIABLE = "BURROW_SASL_KAFKA_PASSWORD";

export function burrowJson(name: string, cluster: ClusterConfig, burrow: ManagedBurrow): string {
  const servers = bootstrapServers(name, cluster);
  const external = cluster.kafka?.external;
  const configuration = {
    // Relative to the working folder by default, which is not writable here.
    general: { pidfile: "/tmp/burrow.pid" },
    logging: { level: burrow.log_level },
    httpserver: { default: { address: `:${BURROW_PORT}` } },
    ...security(external),
    "client-profile": {
      [SECTION]: {
        "client-id": burrow.client_id,
        "kafka-version": external?.version ?? "2.8.0",
        ...(external?.tls === undefined ? {} : { tls: SECTION }),
        ...(external?.sasl === undefined ? {} : { sasl: SECTION }),
      },
    },
    storage: {
      default: {
        "class-name": "inmemory",
        intervals: burrow.intervals,
        "expire-group": burrow.expire_group_seconds,
        "min-distance": burrow.minimum_distance_seconds ?? burrow.offset_refresh_seconds,
      },
    },
    evaluator: {
      default: {
        "class-name": "caching",
        "expire-cache": burrow.expire_cache_seconds,
        "minimum-complete": burrow.minimum_complete,
      },
    },
    // `groups-reaper-refresh` stays out: after a broker restart the reaper deletes every group.
    cluster: {
      [name]: {
        "class-name": "kafka",
        servers,
        "client-profile": SECTION,
        "topic-refresh": burrow.topic_refresh_seconds,
        "offset-refresh": burrow.offset_refresh_seconds,
      },
    },
    // The module has the cluster's name, so that Burrow's own group is `burrow-<cluster>`.
    consumer: {
      [name]: {
        "class-name": "kafka",
        cluster: name,
        servers,
        "client-profile": SECTION,
        "start-latest": true,
        "backfill-earliest": true,
        ...(burrow.group_denylist === undefined ? {} : { "group-denylist": burrow.group_denylist }),
      },
    },
  };
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

function security(external: ExternalKafka | undefined): object {
  const { tls, sasl } = external ?? {};
  return {
    ...(tls === undefined
      ? {}
      : {
          tls: {
            [SECTION]: {
              // Burrow loads a client certificate only when a CA file is set.
              ...(tls.ca_file === undefined ? {} : { cafile: `${PATHS.secrets}/kafka-ca` }),
              ...(tls.certificate_file === undefined
                ? {}
                : { certfile: `${PATHS.secrets}/kafka-certificate` }),
              ...(tls.key_file === undefined ? {} : { keyfile: `${PATHS.secrets}/kafka-key` }),
            },
          },
        }),
    ...(sasl === undefined
      ? {}
      : {
          sasl: {
            [SECTION]: { mechanism: sasl.mechanism, username: sasl.username, "handshake-first": true },
          },
        }),
  };
}

/** Files that Burrow needs for Kafka: name under /run/secrets and the file on this host. */
export function kafkaSecrets(settings: ClusterConfig): { readonly name: string; readonly file: string }[] {
  const { tls, sasl } = settings.kafka?.external ?? {};
  const candidates = [
    { name: "kafka-ca", file: tls?.ca_file },
    { name: "kafka-certificate", file: tls?.certificate_file },
    { name: "kafka-key", file: tls?.key_file },
    { name: "kafka-password", file: sasl?.password_file },
  ];
  return candidates.flatMap(({ name, file }) => (file === undefined ? [] : [{ name, file }]));
}
