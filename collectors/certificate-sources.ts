/** The certificates that the configuration makes a collector depend on. */
import type { Config } from "../config/schema.ts";
import type { AccessUser } from "../model/access.ts";
import type { AskedEnd, CertificateServer, CertificateSource } from "./certificates/look.ts";
import type { ClientSettings } from "./elasticsearch/client.ts";
import { clientSettings } from "./elasticsearch/connection.ts";
import { burrowSource } from "./settings.ts";

export type TlsConnection = {
  /** Addresses; those without TLS are left out. */
  readonly urls: readonly string[];
  /** Setting above `ca_file` and the others. */
  readonly setting: string;
  readonly files: Pick<CertificateServer, "caFile" | "certificateFile" | "keyFile">;
  readonly serverName?: string | undefined;
  readonly isPinned?: boolean;
  /** What to do: with a file, and at a server. */
  readonly renewal: { readonly file: string; readonly server: string };
};

/** The files of a connection and each server at its end. */
export function certificatesOf(connection: TlsConnection): readonly CertificateSource[] {
  const { urls, setting, files, serverName, isPinned = false, renewal } = connection;
  const fileOf = (name: string, path: string | undefined): readonly CertificateSource[] =>
    path === undefined ? [] : [{ kind: "file", setting: `${setting}.${name}`, path, renewal: renewal.file }];
  return [
    ...fileOf("ca_file", files.caFile),
    ...fileOf("certificate_file", files.certificateFile),
    ...urls
      .filter((url) => !url.startsWith("http:"))
      .map((url): CertificateSource => ({
        kind: "server",
        url,
        renewal: renewal.server,
        isPinned,
        ...files,
        ...(serverName === undefined ? {} : { serverName }),
      })),
  ];
}

/** Of the connection to Elasticsearch, as `user` where it is managed. */
export function elasticsearchCertificates(
  config: Pick<Config, "elasticsearch" | "environment">,
  user: AccessUser,
): readonly CertificateSource[] {
  const { urls, files } = clientSettings(config, user);
  const { caFile, certificateFile, keyFile, serverName, caFingerprint } = files;
  return certificatesOf({
    urls,
    setting: "elasticsearch.tls",
    files: defined({ caFile, certificateFile, keyFile }),
    serverName,
    isPinned: caFingerprint !== undefined,
    renewal: {
      file: "Put its successor into that file: it is read again without a restart. A managed Elasticsearch gets it from `lagline secrets rotate --authority`.",
      server:
        "Renew it on that server; a managed Elasticsearch gets a new one from `lagline secrets rotate --certificates`.",
    },
  });
}

/** The API key with which `user` gets in; none where it does so by other means. */
export function elasticsearchKeys(
  config: Pick<Config, "elasticsearch" | "environment">,
  user: AccessUser,
): readonly AskedEnd[] {
  const settings = clientSettings(config, user);
  return settings.files.apiKeyFile === undefined
    ? []
    : [keySource(settings, settings.files.apiKeyFile, user)];
}

export function keySource(settings: ClientSettings, path: string, program: string): AskedEnd {
  return {
    kind: "asked",
    setting: "elasticsearch.api_key_file",
    path,
    look: async (signal) => {
      // Loaded where it is used: most have no API key, and all would pay for it at start.
      const { apiKeyEnd } = await import("./elasticsearch/key-expiry.ts");
      const end = await apiKeyEnd(settings, signal);
      return end === undefined
        ? undefined
        : {
            of: `elasticsearch.api_key_file (${program})`,
            what: `The API key in ${path} (${end.name}, ${end.id})`,
            endsMs: end.endsMs,
            isAuthority: false,
            renewal: `\`lagline keys rotate ${program}\` makes its successor, which is taken without a restart.`,
          };
    },
  };
}

/** Of the connection to a cluster's Burrow. */
export function burrowCertificates(config: Config, cluster: string): readonly CertificateSource[] {
  const { servers, tlsFiles: { ca, certificate, key, serverName } = {} } = burrowSource(config, cluster);
  return certificatesOf({
    urls: servers,
    setting: "burrow.tls",
    files: defined({ caFile: ca, certificateFile: certificate, keyFile: key }),
    serverName,
    renewal: {
      file: "Put its successor into that file and restart the collector, or send it SIGHUP.",
      server: "Renew it on that server.",
    },
  });
}

function defined(files: {
  readonly [Name in keyof TlsConnection["files"]]: string | undefined;
}): TlsConnection["files"] {
  return Object.fromEntries(Object.entries(files).filter(([, path]) => path !== undefined));
}
