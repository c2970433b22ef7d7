/** How a collector's container reaches Burrow, and the files that it needs for an external one. */
import type { ClusterConfig, Config, ConfigInput } from "../../config/schema.ts";
import { BURROW_PORT, burrowName, PATHS } from "../endpoints.ts";

/** Setting below `burrow.external`, the user's file, and its name under /run/secrets. */
export type BurrowSecret = { readonly setting: string; readonly file: string; readonly name: string };

/** Settings below `burrow.external.tls`. */
const TLS = "tls.";

/** None for a managed Burrow, which has neither users nor TLS. */
export function burrowSecrets({ burrow: { external } }: ClusterConfig): readonly BurrowSecret[] {
  const candidates = [
    { setting: "password_file", file: external?.password_file, name: "burrow-password" },
    { setting: "bearer_token_file", file: external?.bearer_token_file, name: "burrow-bearer-token" },
    { setting: `${TLS}ca_file`, file: external?.tls?.ca_file, name: "burrow-ca" },
    { setting: `${TLS}certificate_file`, file: external?.tls?.certificate_file, name: "burrow-certificate" },
    { setting: `${TLS}key_file`, file: external?.tls?.key_file, name: "burrow-key" },
  ];
  return candidates.flatMap(({ setting, file, name }) =>
    file === undefined ? [] : [{ setting, file, name }],
  );
}

/** The user's settings of an external Burrow, with its files where the container has them; a managed one by its name. */
export function burrowInside(
  config: Config,
  name: string,
  cluster: ClusterConfig,
): ConfigInput["clusters"][string]["burrow"] {
  const { external } = cluster.burrow;
  if (external === undefined) {
    const host = config.collector.sidecar_mode === "network-namespace" ? "127.0.0.1" : burrowName(name);
    return { external: { servers: [`http://${host}:${BURROW_PORT}`] } };
  }
  const files = burrowSecrets(cluster).map(
    (secret) => [secret.setting, `${PATHS.secrets}/${secret.name}`] as const,
  );
  const credentials = Object.fromEntries(files.filter(([setting]) => !setting.startsWith(TLS)));
  const tls = Object.fromEntries(
    files.flatMap(([setting, path]) =>
      setting.startsWith(TLS) ? [[setting.slice(TLS.length), path] as const] : [],
    ),
  );
  const { tls: own, ...rest } = external;
  return { external: { ...rest, ...credentials, ...(own === undefined ? {} : { tls: { ...own, ...tls } }) } };
}
