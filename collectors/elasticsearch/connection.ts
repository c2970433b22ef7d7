/** From the configuration to the settings of the client. */
import { elasticsearchAccess, externalApiKeyFile } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import type { AccessUser } from "../../model/access.ts";
import type { ClientSettings } from "./client.ts";

/**
 * Where Elasticsearch is and how to get in. A managed one is reached on this host, as `user`; containers have a
 * configuration of their own, in which it is external. An external one has the credentials that the configuration names,
 * for all users or, with `api_keys_directory`, for each.
 */
export function clientSettings(
  config: Pick<Config, "elasticsearch" | "environment">,
  user: AccessUser,
): ClientSettings {
  const { external, managed } = config.elasticsearch;
  if (external === undefined) {
    const { nodes, host_port: port } = managed ?? { nodes: 1, host_port: 9200 };
    const access = elasticsearchAccess(config, user);
    const scheme = access === undefined ? "http" : "https";
    return {
      urls: Array.from({ length: nodes }, (_, index) => `${scheme}://127.0.0.1:${port + index}`),
      files: access ?? {},
    };
  }
  const { url, urls, tls, headers } = external;
  const apiKeyFile = externalApiKeyFile(config, user);
  return {
    urls: urls ?? (url === undefined ? [] : [url]),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(tls === undefined ? {} : { minimumTlsVersion: tls.minimum_version }),
    files: {
      ...(apiKeyFile === undefined ? {} : { apiKeyFile }),
      ...(external.username === undefined ? {} : { username: external.username }),
      ...(external.password_file === undefined ? {} : { passwordFile: external.password_file }),
      ...(external.bearer_token_file === undefined ? {} : { bearerTokenFile: external.bearer_token_file }),
      ...(external.ca_fingerprint === undefined ? {} : { caFingerprint: external.ca_fingerprint }),
      ...(tls?.ca_file === undefined ? {} : { caFile: tls.ca_file }),
      ...(tls?.certificate_file === undefined ? {} : { certificateFile: tls.certificate_file }),
      ...(tls?.key_file === undefined ? {} : { keyFile: tls.key_file }),
      ...(tls?.server_name === undefined ? {} : { serverName: tls.server_name }),
    },
  };
}

/** Replicas of each shard where the configuration names none. */
export function replicasOf(elasticsearch: Config["elasticsearch"]): number {
  if (elasticsearch.replicas !== undefined) return elasticsearch.replicas;
  return elasticsearch.managed?.nodes === 1 ? 0 : 1;
}
