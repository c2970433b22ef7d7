/** The certificates that the configuration makes a collector depend on. */
import type { Config } from "../config/schema.ts";
import type { AccessUser } from "../model/access.ts";
import type { CertificateSource } from "./certificates/look.ts";
import { clientSettings } from "./elasticsearch/connection.ts";
import { burrowSource } from "./settings.ts";

const IN_FILE = "Put its successor into that file";
const AT_SERVER = "Renew it on that server";

/** Of the connection to Elasticsearch, as `user` where it is managed. */
export function elasticsearchCertificates(
  config: Pick<Config, "elasticsearch" | "environment">,
  user: AccessUser,
): readonly CertificateSource[] {
  const { urls, files } = clientSettings(config, user);
  const { caFile, certificateFile, keyFile, serverName, caFingerprint } = files;
  const renewal = `${IN_FILE}: it is read again without a restart. A managed Elasticsearch gets it from \`lagline secrets rotate --authority\`.`;
  const setting = (name: string): string => `elasticsearch.tls.${name}`;
  return [
    ...fileOf({ setting: setting("ca_file"), path: caFile, renewal }),
    ...fileOf({ setting: setting("certificate_file"), path: certificateFile, renewal }),
    ...urls.map((url): CertificateSource => ({
      kind: "server",
      url,
      renewal: `${AT_SERVER}; a managed Elasticsearch gets a new one from \`lagline secrets rotate --certificates\`.`,
      ...(serverName === undefined ? {} : { serverName }),
      ...(caFile === undefined ? {} : { caFile }),
      ...(certificateFile === undefined ? {} : { certificateFile }),
      ...(keyFile === undefined ? {} : { keyFile }),
      ...(caFingerprint === undefined ? {} : { isPinned: true }),
    })),
  ].filter(hasTls);
}

/** Of the connection to a cluster's Burrow. */
export function burrowCertificates(config: Config, cluster: string): readonly CertificateSource[] {
  const { servers, tlsFiles: { ca, certificate, key, serverName } = {} } = burrowSource(config, cluster);
  const renewal = `${IN_FILE} and restart the collector, or send it SIGHUP.`;
  const setting = (name: string): string => `burrow.tls.${name}`;
  return [
    ...fileOf({ setting: setting("ca_file"), path: ca, renewal }),
    ...fileOf({ setting: setting("certificate_file"), path: certificate, renewal }),
    ...servers.map((url): CertificateSource => ({
      kind: "server",
      url,
      renewal: `${AT_SERVER}.`,
      ...(serverName === undefined ? {} : { serverName }),
      ...(ca === undefined ? {} : { caFile: ca }),
      ...(certificate === undefined ? {} : { certificateFile: certificate }),
      ...(key === undefined ? {} : { keyFile: key }),
    })),
  ].filter(hasTls);
}

function fileOf(file: {
  readonly setting: string;
  readonly path: string | undefined;
  readonly renewal: string;
}): readonly CertificateSource[] {
  const { path } = file;
  return path === undefined ? [] : [{ kind: "file", ...file, path }];
}

function hasTls(source: CertificateSource): boolean {
  return source.kind === "file" || source.url.startsWith("https:");
}
