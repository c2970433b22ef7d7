/**
 * Secret files: created for the user, and staged for containers. A staged copy lies in a folder that only its owner can
 * enter (0700) and is itself readable (0444): mounted into a container it can be read by the container's own user, which
 * is never root, while on the host nobody else can reach it.
 */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Config } from "../../config/schema.ts";
import type { AccessUser } from "../../model/access.ts";
import { LaglineError } from "../../model/errors.ts";
import { grafanaSecrets } from "../../stacks/files/grafana-files.ts";
import { elasticsearchSecrets } from "../../stacks/files/collector-files.ts";
import { elasticsearchNodeSecrets } from "../../stacks/files/elasticsearch-files.ts";
import { isRelayToken, relaySecrets, usesRelay } from "../../stacks/files/relay-files.ts";
import { usesOwnRetention } from "../../stacks/own-retention.ts";
import { burrowSecrets } from "../../stacks/files/burrow-access.ts";
import { kafkaSecrets } from "../../stacks/files/burrow-files.ts";
import { ensureElasticsearchKeys } from "./elasticsearch-keys.ts";

export type Secret = {
  readonly name: string;
  readonly file: string;
  readonly setting: string;
  readonly generated: boolean;
};

const MANAGED_SECURITY = "elasticsearch.managed.security";
/** Users of Elasticsearch whose programs run in containers and are not Grafana. */
function containerUsers(config: Config): readonly AccessUser[] {
  // Whether a managed Elasticsearch needs retention is known once there is its image, and that comes later.
  const isRetained = config.elasticsearch.managed !== undefined || usesOwnRetention(config);
  return [
    "collector",
    "setup",
    ...(isRetained ? (["retention"] as const) : []),
    ...(usesRelay(config) ? (["relay"] as const) : []),
  ];
}

/** Every secret of a configuration that a container reads: name when staged, file of the user, setting that names it. */
export function listSecrets(config: Config): Secret[] {
  const managed = config.grafana.managed !== undefined;
  const secrets: Secret[] = [
    ...(managed
      ? grafanaSecrets(config).map((secret) => ({
          ...secret,
          generated: secret.setting === "grafana.managed.admin_password_file" || isRelayToken(secret),
        }))
      : []),
    ...relaySecrets(config).map((secret) => ({ ...secret, generated: isRelayToken(secret) })),
    ...elasticsearchUserSecrets(config),
    ...elasticsearchNodeSecrets(config).map(({ staged, file }) => ({
      name: staged,
      file,
      setting: MANAGED_SECURITY,
      generated: false,
    })),
    ...Object.entries(config.clusters).flatMap(([cluster, settings]) =>
      burrowSecrets(settings).map(({ name, file, setting }) => ({
        name: `${cluster}-${name}`,
        file,
        setting: `clusters.${cluster}.burrow.external.${setting}`,
        generated: false,
      })),
    ),
    ...Object.entries(config.clusters).flatMap(([cluster, settings]) =>
      kafkaSecrets(settings).map(({ name, file }) => ({
        name: `${cluster}-${name}`,
        file,
        setting: `clusters.${cluster}.kafka.external`,
        generated: false,
      })),
    ),
  ];
  // Several programs may read one file, such as the authority's certificate.
  return [...new Map(secrets.map((secret) => [secret.name, secret])).values()];
}

function elasticsearchUserSecrets(config: Config): Secret[] {
  const managed = config.elasticsearch.managed !== undefined;
  return containerUsers(config).flatMap((user) =>
    elasticsearchSecrets(config, user).map(({ name, file, setting }) => ({
      name,
      file,
      setting: managed ? MANAGED_SECURITY : `elasticsearch.external.${setting}`,
      generated: false,
    })),
  );
}

/** Creates what can be made up (32 random bytes, base64url). Returns one sentence per secret. */
export function initialiseSecrets(config: Config): string[] {
  const made = ensureElasticsearchKeys(config);
  const rest = listSecrets(config)
    .filter(({ setting }) => setting !== MANAGED_SECURITY)
    .map((secret) => initialiseSecret(secret));
  return [...made, ...rest];
}

function initialiseSecret(secret: Secret): string {
  if (existsSync(secret.file)) {
    return `${secret.setting}: kept ${secret.file}.`;
  }
  if (!secret.generated) {
    const how = secret.file.endsWith("-api-key")
      ? "`lagline keys create` makes it"
      : "write the secret into it and set its mode to 0600";
    return `${secret.setting}: ${secret.file} is missing; ${how}.`;
  }
  mkdirSync(dirname(secret.file), { recursive: true, mode: 0o700 });
  writeFileSync(secret.file, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  return `${secret.setting}: created ${secret.file}.`;
}

/**
 * Copies every secret to where containers mount it, into the file that is there already, and removes staged ones that
 * are not used any more. Returns the names of those that changed.
 * @throws LaglineError LAGLINE_SECRETS_UNUSABLE naming every secret that is missing, empty or readable by others.
 */
export function stageSecrets(config: Config, directory: string): string[] {
  const secrets = listSecrets(config);
  const problems = secrets.flatMap(findProblem);
  if (problems.length > 0) {
    throw new LaglineError({
      code: "LAGLINE_SECRETS_UNUSABLE",
      message: `Secrets are not usable:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
      hint: "`lagline secrets init` creates what can be made up, `lagline keys create` the API keys of api_keys_directory; the others are yours to write.",
    });
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  for (const stale of readdirSync(directory).filter(
    (name) => !secrets.some((secret) => secret.name === name),
  )) {
    rmSync(join(directory, stale));
  }
  return secrets.flatMap(({ name, file }) => {
    const target = resolve(directory, name);
    const value = readFileSync(file);
    if (existsSync(target) && readFileSync(target).equals(value)) return [];
    writeInPlace(target, value);
    return [name];
  });
}

/**
 * Containers mount single files, so a new file under the same name would never reach one that runs: the file stays and
 * its content changes. Emptied first, so that a reader in between finds no secret instead of a mixture of two. Its owner
 * may write only meanwhile; readers keep their right throughout.
 */
function writeInPlace(target: string, value: Buffer): void {
  if (existsSync(target)) {
    chmodSync(target, 0o644);
  }
  const file = openSync(target, "w", 0o644);
  try {
    writeFileSync(file, value);
    fchmodSync(file, 0o444);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function findProblem({ setting, file }: Secret): string[] {
  if (!existsSync(file)) {
    return [`${setting}: ${file} does not exist.`];
  }
  const { mode, size } = statSync(file);
  return [
    ...(size === 0 ? [`${setting}: ${file} is empty.`] : []),
    ...((mode & 0o077) === 0
      ? []
      : [`${setting}: ${file} can be read by others (mode ${(mode & 0o777).toString(8)}); set it to 600.`]),
  ];
}
