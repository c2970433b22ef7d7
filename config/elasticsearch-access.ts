/** Where what lets programs into Elasticsearch lies on this host, and what each program uses of it. */
import { join } from "node:path";
import type { AccessUser } from "../model/access.ts";
import { elasticsearchUser } from "../model/access.ts";
import type { Config } from "./schema.ts";

/** Files by what they hold; all of them 0600, in a folder of the environment. */
export type ElasticsearchKeyFiles = {
  readonly directory: string;
  readonly authority: string;
  readonly authorityKey: string;
  /** Names and password hashes, as Elasticsearch's file realm reads them. */
  readonly users: string;
  readonly password: (user: AccessUser) => string;
  /** Key, then certificate, of one node. */
  readonly node: (name: string) => string;
};

export type ElasticsearchAccess = {
  readonly username: string;
  readonly passwordFile: string;
  readonly caFile: string;
};

/** Undefined where Elasticsearch is external, or has its security switched off. */
export function elasticsearchKeyFiles({
  elasticsearch,
  environment,
}: Pick<Config, "elasticsearch" | "environment">): ElasticsearchKeyFiles | undefined {
  const security = elasticsearch.managed?.security;
  if (security?.enabled !== true) return undefined;
  const directory = join(security.directory, environment);
  return {
    directory,
    authority: join(directory, "ca.pem"),
    authorityKey: join(directory, "ca.key"),
    users: join(directory, "users"),
    password: (user) => join(directory, `${user}-password`),
    node: (name) => join(directory, `${name}.pem`),
  };
}

/** How a program gets into the managed Elasticsearch. */
export function elasticsearchAccess(
  config: Pick<Config, "elasticsearch" | "environment">,
  user: AccessUser,
): ElasticsearchAccess | undefined {
  const files = elasticsearchKeyFiles(config);
  return files === undefined
    ? undefined
    : {
        username: elasticsearchUser(user),
        passwordFile: files.password(user),
        caFile: files.authority,
      };
}

/**
 * The API key of a program in an Elasticsearch of one's own: that of `api_keys_directory`, or the one for all.
 * Undefined where neither is named.
 */
export function externalApiKeyFile(
  { elasticsearch: { external }, environment }: Pick<Config, "elasticsearch" | "environment">,
  user: AccessUser,
): string | undefined {
  return external?.api_keys_directory === undefined
    ? external?.api_key_file
    : join(external.api_keys_directory, environment, `${user}-api-key`);
}
