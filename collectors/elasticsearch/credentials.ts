/** Credentials and certificates, read from files so that they can be rotated without a restart. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { LaglineError } from "../../model/errors.ts";

export type ConnectionFiles = {
  readonly apiKeyFile?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly bearerTokenFile?: string;
  /** Held in memory and in no file: what a person types, and a new key that is tried before it is written. */
  readonly given?: { readonly password: string } | { readonly apiKey: string };
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** Name that the server's certificate must have, where it differs from the host in the address. */
  readonly serverName?: string;
  /** SHA-256 of the certificate authority. */
  readonly caFingerprint?: string;
};

export type Credentials = {
  readonly auth?:
    | { readonly apiKey: string }
    | { readonly username: string; readonly password: string }
    | { readonly bearer: string };
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** Changes when any file changed. */
  readonly fingerprint: string;
};

/** @throws LaglineError `LAGLINE_ELASTICSEARCH_FILE` */
export async function readCredentials(files: ConnectionFiles): Promise<Credentials> {
  const [apiKey, password, bearer, ca, certificate, key] = await Promise.all([
    readSecret(files.apiKeyFile, "api_key_file"),
    readSecret(files.passwordFile, "password_file"),
    readSecret(files.bearerTokenFile, "bearer_token_file"),
    readSecret(files.caFile, "tls.ca_file"),
    readSecret(files.certificateFile, "tls.certificate_file"),
    readSecret(files.keyFile, "tls.key_file"),
  ]);
  const hash = createHash("sha256");
  hash.update(JSON.stringify([apiKey, files.username, password, bearer, ca, certificate, key]));
  const parts = {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    fingerprint: hash.digest("base64"),
  };
  const { given } = files;
  if (given !== undefined && "apiKey" in given) return { ...parts, auth: given };
  if (given !== undefined && files.username !== undefined) {
    return { ...parts, auth: { username: files.username, password: given.password } };
  }
  // Grafana's file holds the whole header; the key in it is the same.
  if (apiKey !== undefined) return { ...parts, auth: { apiKey: apiKey.replace(/^ApiKey\s+/i, "") } };
  if (bearer !== undefined) return { ...parts, auth: { bearer } };
  if (files.username !== undefined && password !== undefined) {
    return { ...parts, auth: { username: files.username, password } };
  }
  return parts;
}

async function readSecret(path: string | undefined, field: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    const text = (await readFile(path, "utf8")).trim();
    if (text !== "") return text;
  } catch (error) {
    throw fileError({
      path,
      field,
      why: error instanceof Error && "code" in error ? String(error.code) : "unreadable",
    });
  }
  throw fileError({ path, field, why: "it is empty" });
}

function fileError(about: { path: string; field: string; why: string }): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ELASTICSEARCH_FILE",
    message: `The file ${about.path} of ${about.field} cannot be used (${about.why}).`,
    hint: "Create it, readable for the user the collector runs as.",
    retryable: true,
  });
}
