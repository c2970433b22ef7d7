/**
 * What a managed Elasticsearch with security on reads: its roles, who has which, and the script that brings these and
 * the staged secrets to where Elasticsearch watches them. File realm on every image: it needs no first password, no
 * order of steps, and a changed file is a changed password.
 */
import { documentsIndex } from "../../config/documents-index.ts";
import { elasticsearchKeyFiles } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import type { AccessRoleName, RoleDescriptor } from "../../model/access.ts";
import {
  ACCESS_ROLES,
  ACCESS_USER_NAMES,
  ACCESS_USERS,
  elasticsearchRole,
  elasticsearchUser,
  OPERATOR_ROLE,
  roleDescriptor,
} from "../../model/access.ts";
import { elasticsearchNode, numbers, PATHS } from "../endpoints.ts";

const ROLE_NAMES: readonly AccessRoleName[] = ["collector", "setup", "retention", "reader"];
/** Paths below the generated files; the container sees them under `PATHS.configuration`. */
const FOLDER = "elasticsearch";
export const ELASTICSEARCH_FILES = FOLDER;
/** Names under /run/secrets that every node has. */
export const USERS_SECRET = "elasticsearch-users";
export const AUTHORITY_SECRET = "elasticsearch-ca";
export const NODE_SECRET = "elasticsearch-node";
/** Seconds until a rotated file is noticed; Elasticsearch looks every five itself. */
const LOOK_SECONDS = 5;

/** Roles by name for these indices. */
export function roleDescriptors(indices: readonly string[]): Readonly<Record<string, RoleDescriptor>> {
  return Object.fromEntries(
    ROLE_NAMES.map((role) => [elasticsearchRole(role), roleDescriptor(role, indices)]),
  );
}

/** Generated files of a managed Elasticsearch with security on; none otherwise. */
export function elasticsearchFiles(config: Config): ReadonlyMap<string, string> {
  if (elasticsearchKeyFiles(config) === undefined) return new Map();
  return new Map([
    [`${FOLDER}/roles.yml`, rolesYaml(roleDescriptors([documentsIndex(config).search]))],
    [`${FOLDER}/users_roles`, usersRoles()],
    [`${FOLDER}/start.sh`, startScript()],
  ]);
}

/** Secrets that a node reads: the user's file, and where it is staged. */
export function elasticsearchNodeSecrets(
  config: Config,
): { readonly node: string; readonly name: string; readonly file: string; readonly staged: string }[] {
  const files = elasticsearchKeyFiles(config);
  if (files === undefined) return [];
  return numbers(config.elasticsearch.managed?.nodes ?? 0).flatMap((index) => {
    const node = elasticsearchNode(index);
    return [
      { node, name: USERS_SECRET, file: files.users, staged: USERS_SECRET },
      { node, name: AUTHORITY_SECRET, file: files.authority, staged: AUTHORITY_SECRET },
      { node, name: NODE_SECRET, file: files.node(node), staged: `${NODE_SECRET}-${index}` },
    ];
  });
}

/** Elasticsearch's own parser wants each role at column 0 and JSON, which is YAML, after it. */
function rolesYaml(roles: Readonly<Record<string, RoleDescriptor>>): string {
  return Object.entries(roles)
    .map(([name, role]) => `${name}: ${JSON.stringify(role)}\n`)
    .join("");
}

function usersRoles(): string {
  const roles = [...Object.keys(ACCESS_ROLES), OPERATOR_ROLE];
  return roles
    .map((role) => {
      const users = ACCESS_USER_NAMES.filter((user) => ACCESS_USERS[user] === role).map(elasticsearchUser);
      const name = ROLE_NAMES.find((known) => known === role);
      return `${name === undefined ? role : elasticsearchRole(name)}:${users.join(",")}\n`;
    })
    .join("");
}

/**
 * Elasticsearch reads these files only from its configuration folder, which is a copy on a tmpfs. The loop keeps the copy
 * like the mounted files, so that a rotation needs no restart. Bash's own words only, because images differ in tools.
 * A staged file is emptied before it is written: one that does not end as it must is not taken yet.
 */
function startScript(): string {
  return `#!/bin/bash
# Written by Lagline. Starts Elasticsearch as its arguments say and keeps its security files up to date.
set -euo pipefail
umask 077
configuration="$ES_PATH_CONF"
declare -A held

put() {
  printf '%s\\n' "$2" > "$configuration/.new" && mv -f "$configuration/.new" "$configuration/$1"
}

# refresh SOURCE TARGET END: the target like the source, once that is whole.
refresh() {
  local text
  text="$(<"$1")" || return 0
  if [[ "$text" == *"$3" && -n "$text" && "$text" != "\${held[$1]:-}" ]]; then
    put "$2" "$text" && held[$1]="$text"
  fi
}

# The key and the certificate of the node arrive as one file, so that they cannot be from two different ones.
refresh_node() {
  local text mark="-----BEGIN CERTIFICATE-----"
  text="$(<"$1")" || return 0
  if [[ "$text" == *"$mark"*"-----END CERTIFICATE-----" && "$text" != "\${held[$1]:-}" ]]; then
    put node.key "\${text%%"$mark"*}" && put node.crt "$mark\${text#*"$mark"}" && held[$1]="$text"
  fi
}

refresh_all() {
  refresh ${PATHS.secrets}/${AUTHORITY_SECRET} ca.pem "-----END CERTIFICATE-----"
  refresh_node ${PATHS.secrets}/${NODE_SECRET}
  refresh ${PATHS.secrets}/${USERS_SECRET} users "="
  refresh ${PATHS.configuration}/users_roles users_roles ""
  refresh ${PATHS.configuration}/roles.yml roles.yml "}"
}

mkdir -p "$configuration" "$ES_TMPDIR"
cp -r /usr/share/elasticsearch/config/. "$configuration/"
refresh_all
for needed in ca.pem node.key node.crt users; do
  if [[ ! -s "$configuration/$needed" ]]; then
    echo "The staged secrets of Elasticsearch are not whole ($needed is missing). Run \\"lagline secrets init\\" and deploy again." >&2
    exit 1
  fi
done
while sleep ${LOOK_SECONDS}; do refresh_all || true; done &
exec /usr/share/elasticsearch/bin/elasticsearch "$@"
`;
}
