/** The person who makes keys: how Elasticsearch is told who it is. Nothing of it is kept or repeated. */
import { readFileSync } from "node:fs";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import type { ClientSettings, ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import type { ConnectionFiles } from "../../collectors/elasticsearch/credentials.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";

export type AdministratorFlags = { readonly username?: string; readonly passwordFile?: string };

export type AdministratorSources = {
  readonly flags: AdministratorFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks at the terminal without showing what is typed; undefined where there is none. */
  readonly ask?: (question: string) => Promise<string>;
};

export type Administrator = { readonly username: string; readonly password: string };

const USERNAME = "LAGLINE_ADMIN_USERNAME";
const PASSWORD = "LAGLINE_ADMIN_PASSWORD";
const DEFAULT_USERNAME = "elastic";
const TIMEOUT_MS = 30_000;

/**
 * The password from the flag's file, the variable, the file that the variable with `_FILE` names, or the terminal, in
 * this order; an empty variable counts as not set, as in lagline.yaml.
 * @throws LaglineError `LAGLINE_USAGE_ADMINISTRATOR` where there is none.
 */
export async function findAdministrator(sources: AdministratorSources): Promise<Administrator> {
  const { flags, environment, ask } = sources;
  const variable = (name: string): string | undefined => environment[name] || undefined;
  const username = flags.username ?? variable(USERNAME) ?? DEFAULT_USERNAME;
  const file =
    flags.passwordFile ?? (variable(PASSWORD) === undefined ? variable(`${PASSWORD}_FILE`) : undefined);
  const password =
    file === undefined
      ? (variable(PASSWORD) ?? (await ask?.(`Password of ${username} in Elasticsearch`)))
      : readPassword(file);
  if (password === undefined || password === "") {
    throw missing(`There is no password of the administrator ${username}.`);
  }
  return { username, password };
}

/** Where the programs connect to, with what they trust, as the administrator. */
export function administratorSettings(config: Config, { username, password }: Administrator): ClientSettings {
  const settings = clientSettings(config, "setup");
  return {
    ...settings,
    files: { ...trust(settings.files), username, given: { password } },
    requestTimeoutMs: TIMEOUT_MS,
  };
}

/** The same with a key that is in no file yet. */
export function openWithKey(config: Config, apiKey: string): Promise<ElasticsearchHttp> {
  const settings = clientSettings(config, "setup");
  const files = { ...trust(settings.files), given: { apiKey } };
  return createElasticsearchHttp({ ...settings, files, requestTimeoutMs: TIMEOUT_MS });
}

/** A sentence where the password would travel in the clear over a network; undefined otherwise. */
export function plainTransport(urls: readonly string[]): string | undefined {
  const plain = urls.filter(
    (url) => url.startsWith("http:") && !/^(localhost|127\.|\[::1\])/.test(new URL(url).host),
  );
  return plain.length === 0
    ? undefined
    : `Careful: ${plain.join(", ")} has no TLS, so the password and the keys can be read on the way.`;
}

function trust(files: ConnectionFiles): ConnectionFiles {
  const { caFile, certificateFile, keyFile, serverName, caFingerprint } = files;
  return {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certificateFile === undefined ? {} : { certificateFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(caFingerprint === undefined ? {} : { caFingerprint }),
  };
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw missing(`The file ${file} with the administrator's password cannot be read (${why}).`);
  }
}

function missing(message: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_USAGE_ADMINISTRATOR",
    message,
    hint: "Give --password-file, set LAGLINE_ADMIN_PASSWORD_FILE or LAGLINE_ADMIN_PASSWORD, or run the command at a terminal, which asks.",
  });
}
