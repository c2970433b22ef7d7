/** From the configuration to the settings of the client. */
import type { Config } from "../../config/schema.ts";
import type { ClientSettings } from "./client.ts";

/** Where Elasticsearch is and how to get in. A managed one is reached on this host; containers get their own file. */
export function clientSettings(elasticsearch: Config["elasticsearch"]): ClientSettings {
  const { external, managed } = elasticsearch;
  if (external === undefined) {
    const { nodes, host_port: port } = managed ?? { nodes: 1, host_port: 9200 };
    return {
      urls: Array.from({ length: nodes }, (_, index) => `http://127.0.0.1:${port + index}`),
      files: {},
    };
  }
  const { url, urls, tls } = external;
  return {
    urls: urls ?? (url === undefined ? [] : [url]),
    files: {
      ...(external.api_key_file === undefined ? {} : { apiKeyFile: external.api_key_file }),
      ...(external.username === undefined ? {} : { username: external.username }),
      ...(external.password_file === undefined ? {} : { passwordFile: external.password_file }),
      ...(external.bearer_token_file === undefined ? {} : { bearerTokenFile: external.bearer_token_file }),
      ...(external.ca_fingerprint === undefined ? {} : { caFingerprint: external.ca_fingerprint }),
      ...(tls?.ca_file === undefined ? {} : { caFile: tls.ca_file }),
      ...(tls?.certificate_file === undefined ? {} : { certificateFile: tls.certificate_file }),
      ...(tls?.key_file === undefined ? {} : { keyFile: tls.key_file }),
    },
  };
}

/** Replicas of each shard where the configuration names none. */
export function replicasOf(elasticsearch: Config["elasticsearch"]): number {
  if (elasticsearch.replicas !== undefined) return elasticsearch.replicas;
  return elasticsearch.managed?.nodes === 1 ? 0 : 1;
}
