/** From the configuration of a cluster to its scraper: addresses, credentials from files, filters, bounds. */
import { readFileSync } from "node:fs";
import { describeError, LaglineError } from "../../model/errors.ts";
import {
  type BurrowAccess,
  type BurrowClientOptions,
  type TlsVersion,
  createBurrowClient,
} from "./client.ts";
import { createNameFilter } from "./filters.ts";
import { type BurrowScraper, type ScraperOptions, createScraper } from "./scrape.ts";

/** The part of `lagline.yaml` that reading Burrow needs, in plain values. */
export type BurrowSource = {
  readonly cluster: string;
  readonly servers: readonly string[];
  readonly apiPrefix: string;
  readonly usernameAndPasswordFile?: { readonly username: string; readonly passwordFile: string };
  readonly bearerTokenFile?: string;
  readonly tlsFiles?: {
    readonly ca?: string;
    readonly certificate?: string;
    readonly key?: string;
    readonly serverName?: string;
    readonly minimumVersion?: TlsVersion;
  };
  readonly filters: {
    readonly groups_include: readonly string[];
    readonly groups_exclude: readonly string[];
    readonly topics_include: readonly string[];
    readonly topics_exclude: readonly string[];
  };
  /** False for groups that another collector of the cluster reads. @default all are this one's */
  readonly isMine?: (group: string) => boolean;
  readonly requestTimeoutMs: number;
  readonly concurrency: number;
  readonly limits: {
    readonly responseBytes: number;
    readonly groups: number;
    /** Per scrape, over all groups. */
    readonly partitions: number;
    readonly partitionsPerGroup: number;
    readonly nameCharacters: number;
  };
  /** What a shape of documents needs beyond the default; see `ScraperOptions`. */
  readonly readings?: Pick<ScraperOptions, "includeSelfGroups" | "readTopics" | "asSent">;
};

/**
 * Opens a scraper; no request is sent yet.
 *
 * @throws LaglineError `LAGLINE_COLLECT_BAD_GLOB`, `LAGLINE_COLLECT_FILE_UNREADABLE`, `LAGLINE_COLLECT_NO_SERVER`.
 */
export function openScraper(source: BurrowSource): BurrowScraper {
  const common = burrowClientOptions(source);
  const [first, ...others] = source.servers.map((server) => createBurrowClient({ ...common, server }));
  if (first === undefined) {
    throw new LaglineError({
      code: "LAGLINE_COLLECT_NO_SERVER",
      message: `Cluster ${source.cluster} has no address of Burrow.`,
      hint: `Set clusters.${source.cluster}.burrow.external.servers.`,
    });
  }
  const { filters, isMine } = source;
  const origin = `clusters.${source.cluster}.filters`;
  const isGroupWanted = createNameFilter({
    include: filters.groups_include,
    exclude: filters.groups_exclude,
    origin: `${origin}.groups_include/exclude`,
  });
  return createScraper({
    cluster: source.cluster,
    clients: [first, ...others],
    prefix: source.apiPrefix.replace(/\/+$/, ""),
    concurrency: source.concurrency,
    isGroupWanted: isMine === undefined ? isGroupWanted : (name) => isMine(name) && isGroupWanted(name),
    isTopicWanted: createNameFilter({
      include: filters.topics_include,
      exclude: filters.topics_exclude,
      origin: `${origin}.topics_include/exclude`,
    }),
    // Topics are as cheap as groups are dear; one bound for both is enough.
    limits: { ...source.limits, topics: source.limits.groups },
    ...source.readings,
  });
}

/**
 * What a client of any of its servers takes.
 *
 * @throws LaglineError `LAGLINE_COLLECT_FILE_UNREADABLE`.
 */
export function burrowClientOptions(source: BurrowSource): Omit<BurrowClientOptions, "server"> {
  return {
    cluster: source.cluster,
    timeoutMs: source.requestTimeoutMs,
    maximumBytes: source.limits.responseBytes,
    concurrency: source.concurrency,
    ...accessOf(source),
    readAgain: () => accessOf(source),
  };
}

function accessOf(source: BurrowSource): BurrowAccess {
  return { ...credentialsOf(source), ...tlsOf(source) };
}

function credentialsOf(source: BurrowSource): Pick<BurrowClientOptions, "credentials"> {
  if (source.bearerTokenFile !== undefined) {
    return { credentials: { token: readText(source.bearerTokenFile, "bearer token for Burrow") } };
  }
  if (source.usernameAndPasswordFile !== undefined) {
    const { username, passwordFile } = source.usernameAndPasswordFile;
    return { credentials: { username, password: readText(passwordFile, "password for Burrow") } };
  }
  return {};
}

function tlsOf(source: BurrowSource): Pick<BurrowClientOptions, "tls"> {
  const files = source.tlsFiles;
  if (files === undefined) {
    return {};
  }
  return {
    tls: {
      ...(files.ca === undefined ? {} : { ca: readText(files.ca, "certificate authority of Burrow") }),
      ...(files.certificate === undefined
        ? {}
        : { certificate: readText(files.certificate, "client certificate for Burrow") }),
      ...(files.key === undefined ? {} : { key: readText(files.key, "client key for Burrow") }),
      ...(files.serverName === undefined ? {} : { serverName: files.serverName }),
      ...(files.minimumVersion === undefined ? {} : { minimumVersion: files.minimumVersion }),
    },
  };
}

/** Without line ends and a byte order mark, which editors leave. An empty file is no secret: it was not written yet. */
function readText(path: string, what: string): string {
  try {
    const text = readFileSync(path, "utf8").trim();
    if (text === "") throw new Error("it is empty");
    return text;
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_COLLECT_FILE_UNREADABLE",
      message: `Cannot read the ${what} from ${path}: ${describeError(error)}.`,
      hint: "Create the file, or correct its path and permissions.",
      cause: error,
    });
  }
}
