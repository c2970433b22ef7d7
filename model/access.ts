/**
 * Who may do what in Elasticsearch, once: the files of a managed Elasticsearch, the rendered role descriptors for one
 * that exists already, and the page about security are all made from this.
 */

/** Privileges as Elasticsearch names them; the index ones hold for Lagline's own indices and no other. */
export type AccessRole = {
  readonly cluster: readonly string[];
  readonly indices: readonly string[];
  /** What it is for, one sentence. */
  readonly purpose: string;
};

export const ACCESS_ROLES = {
  // `auto_configure` creates the data stream where its template exists and nothing else; `create_doc` only adds.
  collector: {
    cluster: [],
    indices: ["auto_configure", "create_doc"],
    purpose: "Adds documents. Reads, changes and deletes none.",
  },
  setup: {
    cluster: ["monitor", "manage_index_templates", "manage_ilm"],
    indices: ["create_index", "manage", "view_index_metadata"],
    purpose: "Keeps templates, fields and retention. Reads no documents.",
  },
  // Actions by their own names where the privilege that holds them would let it do far more: `manage` of the indices,
  // `manage_index_templates` of all. A rollover asks for the sizes of the indices, too.
  retention: {
    cluster: ["cluster:admin/component_template/get", "cluster:admin/component_template/put"],
    indices: ["view_index_metadata", "delete_index", "indices:admin/rollover", "indices:monitor/stats"],
    purpose: "Deletes whole indices that are too old and opens new ones. Reads and writes no documents.",
  },
  reader: {
    cluster: ["monitor"],
    indices: ["read", "view_index_metadata"],
    purpose: "Searches documents, looks at health and templates. Changes nothing.",
  },
} as const satisfies Readonly<Record<string, AccessRole>>;
export type AccessRoleName = keyof typeof ACCESS_ROLES;

/** Elasticsearch's own role for whoever operates it; no part of Lagline uses it. */
export const OPERATOR_ROLE = "superuser";

/** Users of a managed Elasticsearch. One per program, so that a password can be changed, or lost, alone. */
export const ACCESS_USERS = {
  collector: "collector",
  setup: "setup",
  retention: "retention",
  reader: "reader",
  grafana: "reader",
  relay: "reader",
  operator: OPERATOR_ROLE,
} as const satisfies Readonly<Record<string, AccessRoleName | typeof OPERATOR_ROLE>>;
export type AccessUser = keyof typeof ACCESS_USERS;

export const ACCESS_USER_NAMES: readonly AccessUser[] = [
  "collector",
  "setup",
  "retention",
  "reader",
  "grafana",
  "relay",
  "operator",
];

/** Name in Elasticsearch; the prefix keeps it apart from users that other programs have there. */
export function elasticsearchUser(user: AccessUser): string {
  return `lagline-${user}`;
}

export function elasticsearchRole(role: AccessRoleName): string {
  return `lagline_${role}`;
}

export type RoleDescriptor = {
  readonly cluster: readonly string[];
  readonly indices: readonly { readonly names: readonly string[]; readonly privileges: readonly string[] }[];
};

/** The role as Elasticsearch's APIs and its roles.yml take it. `indices` are names or patterns. */
export function roleDescriptor(role: AccessRoleName, indices: readonly string[]): RoleDescriptor {
  const { cluster, indices: privileges } = ACCESS_ROLES[role];
  return { cluster, indices: [{ names: indices, privileges }] };
}
