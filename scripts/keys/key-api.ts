/** The five requests about API keys, the same in Elasticsearch 8.19 and 9. */
import { z } from "zod";
import type { ElasticsearchHttp, HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import type { RoleDescriptor } from "../../model/access.ts";
import { KEY_PROGRAMS, keyName } from "./programs.ts";
import { refusedKeys, unreadable } from "./refusals.ts";

type Http = Pick<ElasticsearchHttp, "request">;

/** What Lagline writes beside a key. Absent parts: made by hand, or by somebody else. */
export type KeyOrigin = {
  readonly environment: string;
  readonly program: string;
  readonly version: string;
  /** Name of the host whose file it was made for. */
  readonly host: string;
  readonly file: string;
};

export type StoredKey = {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
  /** Null: for ever. */
  readonly expiresMs: number | null;
  /** Who made it. */
  readonly owner: string;
  readonly origin: KeyOrigin | null;
};

export type NewKey = {
  readonly id: string;
  /** As clients send it. A secret. */
  readonly encoded: string;
};

const origin = z.object({
  managed_by: z.literal("lagline"),
  environment: z.string(),
  program: z.string(),
  version: z.string(),
  host: z.string(),
  file: z.string(),
});
const listed = z.object({
  api_keys: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      creation: z.number(),
      expiration: z.number().optional(),
      invalidated: z.boolean().default(false),
      username: z.string().default(""),
      metadata: z.unknown().optional(),
    }),
  ),
});
const created = z.object({ id: z.string().min(1), encoded: z.string().min(1) });
const revoked = z.object({
  invalidated_api_keys: z.array(z.string()),
  error_count: z.number().default(0),
});
const privileges = z.object({
  cluster: z.record(z.string(), z.boolean()).default({}),
  index: z.record(z.string(), z.record(z.string(), z.boolean())).default({}),
});

/** @throws LaglineError as `refusedKeys` says. */
export async function createKey(
  http: Http,
  order: {
    readonly name: string;
    readonly descriptors: Readonly<Record<string, RoleDescriptor>>;
    readonly origin: KeyOrigin;
    readonly expiresDays: number | null;
  },
  signal: AbortSignal,
): Promise<NewKey> {
  const answer = await http.request({
    method: "POST",
    path: "/_security/api_key",
    json: {
      name: order.name,
      role_descriptors: order.descriptors,
      metadata: { managed_by: "lagline", ...order.origin },
      ...(order.expiresDays === null ? {} : { expiration: `${order.expiresDays}d` }),
    },
    signal,
  });
  return read(answer, created, "make API keys");
}

/**
 * Keys of the environment that are not revoked, of every owner, the newest first; those whose time is over are among
 * them.
 */
export async function listKeys(
  http: Http,
  environment: string,
  signal: AbortSignal,
): Promise<readonly StoredKey[]> {
  const path = "/_security/api_key";
  // The pattern also fits environments whose name begins with this one's.
  const names = new Set(KEY_PROGRAMS.map((program) => keyName(environment, program)));
  const answer = await http.request({
    method: "GET",
    path,
    query: { name: `${keyName(environment, "")}*` },
    signal,
  });
  return read(answer, listed, "list API keys")
    .api_keys.filter(({ name, invalidated }) => !invalidated && names.has(name))
    .map(({ id, name, creation, expiration, username, metadata }) => ({
      id,
      name,
      createdMs: creation,
      expiresMs: expiration ?? null,
      owner: username,
      origin: origin.safeParse(metadata).data ?? null,
    }))
    .toSorted((a, b) => b.createdMs - a.createdMs);
}

/** Those that were still valid; one that is gone already is no failure. */
export async function revokeKeys(
  http: Http,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const answer = await http.request({
    method: "DELETE",
    path: "/_security/api_key",
    json: { ids: [...ids] },
    signal,
  });
  const { invalidated_api_keys: done, error_count: failed } = read(answer, revoked, "revoke API keys");
  if (failed > 0) throw unreadable(`It could not revoke ${failed} of ${ids.length} API keys`);
  return done;
}

/** Privileges of the descriptors that the connection's own credentials do not have, as `privilege on index`. */
export async function lackingPrivileges(
  http: Http,
  descriptors: Readonly<Record<string, RoleDescriptor>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const roles = Object.values(descriptors);
  const answer = await http.request({
    method: "POST",
    path: "/_security/user/_has_privileges",
    json: {
      cluster: roles.flatMap(({ cluster }) => cluster),
      index: roles.flatMap(({ indices }) => indices),
    },
    signal,
  });
  const { cluster, index } = read(answer, privileges, "see what a key may do");
  return [
    ...missing(cluster),
    ...Object.entries(index).flatMap(([name, may]) => missing(may).map((lacks) => `${lacks} on ${name}`)),
  ];
}

function missing(may: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(may).flatMap(([privilege, has]) => (has ? [] : [privilege]));
}

function read<T>(answer: HttpAnswer, schema: z.ZodType<T>, intent: string): T {
  if (answer.status !== 200) throw refusedKeys(answer, intent);
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success)
    throw unreadable(`Its answer to the request to ${intent} has another shape than it should`);
  return parsed.data;
}
