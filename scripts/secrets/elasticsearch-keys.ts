/** Everything that lets people and programs into a managed Elasticsearch: made once, renewed in time, rotated on order. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { ElasticsearchKeyFiles } from "../../config/elasticsearch-access.ts";
import { elasticsearchKeyFiles } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import type { AccessUser } from "../../model/access.ts";
import { ACCESS_USER_NAMES, elasticsearchUser } from "../../model/access.ts";
import { elasticsearchNode, numbers } from "../../stacks/endpoints.ts";
import { ensureAuthority, ensureNode } from "./certificates.ts";
import { randomPassword, writePrivateFile } from "./private-file.ts";
import { usersFile } from "./password-hashes.ts";

const SETTING = "elasticsearch.managed.security";

export type RotateOrder = {
  /** Users that get a new password. */
  readonly users: readonly AccessUser[];
  /** New keys and certificates of the nodes. */
  readonly certificates: boolean;
  /** A new authority, and with it new certificates of the nodes. */
  readonly authority: boolean;
};

/** Makes what is missing or about to expire. Returns one sentence per file that was made. */
export function ensureElasticsearchKeys(config: Config, nowMs = Date.now()): string[] {
  const files = elasticsearchKeyFiles(config);
  if (files === undefined) return [];
  return [...ensurePasswords(files), ...ensureCertificates(config, files, nowMs)];
}

/** Makes these anew. What runs takes the new ones once they are staged. */
export function rotateElasticsearchKeys(config: Config, order: RotateOrder, nowMs = Date.now()): string[] {
  const files = elasticsearchKeyFiles(config);
  if (files === undefined) return [];
  for (const user of order.users) {
    writePrivateFile(files.password(user), `${randomPassword()}\n`);
  }
  if (order.authority) rmSync(files.authority, { force: true });
  if (order.certificates) {
    for (const { path } of nodeOrders(config, files)) rmSync(path, { force: true });
  }
  return [
    ...order.users.map((user) => `${SETTING}: new password in ${files.password(user)}.`),
    ...ensureElasticsearchKeys(config, nowMs),
  ];
}

function ensurePasswords(files: ElasticsearchKeyFiles): string[] {
  const sentences = ACCESS_USER_NAMES.flatMap((user) => {
    const path = files.password(user);
    if (existsSync(path)) return [];
    writePrivateFile(path, `${randomPassword()}\n`);
    return [`${SETTING}: created ${path}.`];
  });
  const passwords = new Map(
    ACCESS_USER_NAMES.map((user) => [
      elasticsearchUser(user),
      readFileSync(files.password(user), "utf8").trim(),
    ]),
  );
  const existing = existsSync(files.users) ? readFileSync(files.users, "utf8") : "";
  const text = usersFile(passwords, existing);
  if (text !== existing) writePrivateFile(files.users, text);
  return sentences;
}

function ensureCertificates(config: Config, files: ElasticsearchKeyFiles, nowMs: number): string[] {
  const authority = { certificate: files.authority, key: files.authorityKey };
  const made = ensureAuthority(authority, `Lagline ${config.environment} authority`, { nowMs });
  return [
    ...(made ? [`${SETTING}: created the authority ${files.authority}.`] : []),
    ...nodeOrders(config, files).flatMap((order) =>
      ensureNode(authority, order, { nowMs }) ? [`${SETTING}: created the certificate ${order.path}.`] : [],
    ),
  ];
}

function nodeOrders(
  config: Config,
  files: ElasticsearchKeyFiles,
): { readonly path: string; readonly names: readonly string[] }[] {
  const { managed } = config.elasticsearch;
  const address = config.deployment.bind_address;
  const others = [
    "localhost",
    "127.0.0.1",
    ...(/^(0\.0\.0\.0|::)$/.test(address) ? [] : [address]),
    ...(managed?.security.host_names ?? []),
  ];
  return numbers(managed?.nodes ?? 0).map((index) => {
    const name = elasticsearchNode(index);
    return { path: files.node(name), names: [...new Set([name, ...others])] };
  });
}
