/** Elasticsearch's sentences about API keys and missing rights, made shorter: what is wrong with whom. Pure. */
import { ACCESS_ROLES, type AccessRoleName } from "../../model/access.ts";

/** The same wording in 8.19 and 9, behind a reason that only says that nobody was let in. */
const REFUSED_KEYS: readonly { readonly said: RegExp; readonly means: (id: string) => string }[] = [
  { said: /api key is expired/, means: () => "the API key has expired" },
  { said: /api key \[(?<id>[^\]]+)\] has been invalidated/, means: (id) => `the API key ${id} was revoked` },
  {
    said: /unable to find apikey with id (?<id>[^)\s]+)/,
    means: (id) => `there is no API key ${id}; it is of another cluster, or was revoked long ago`,
  },
  {
    said: /invalid credentials for API key \[(?<id>[^\]]+)\]/,
    means: (id) => `the secret of the API key ${id} is wrong`,
  },
];

/** Keys are documents of an index: while that one is not up, as after a start, each key is refused. */
const LOOKUP_FAILED = /apikey authentication for id (?<id>[^)\s]+) encountered a failure/;

/** True for a refusal that says nothing about the key, and passes. */
export function isKeyLookupFailure(reason: string): boolean {
  return LOOKUP_FAILED.test(reason);
}

/** Why an API key is not let in, with what to do; null for every other reason. */
function explainRefusedKey(reason: string): string | null {
  const waiting = LOOKUP_FAILED.exec(reason)?.groups?.["id"];
  if (waiting !== undefined) {
    return `the API key ${waiting} cannot be looked up, because the index of the keys is not up. If that lasts, GET _cat/shards/.security* says why.`;
  }
  for (const { said, means } of REFUSED_KEYS) {
    const found = said.exec(reason);
    if (found !== null) {
      return `${means(found.groups?.["id"] ?? "")}. \`lagline keys rotate\` makes a new one, which is taken without a restart.`;
    }
  }
  return null;
}

/**
 * Elasticsearch names every privilege that would do, the widest ones too; of those, the one that Lagline's own role has is
 * what is missing.
 *
 * @returns a sentence, or null when the reason is about neither a missing right nor an API key.
 */
export function explainDenial(reason: string, role: AccessRoleName): string | null {
  const { action, kind, who, level, granting } = DENIAL.exec(reason)?.groups ?? {};
  if (kind === undefined || who === undefined || level === undefined || granting === undefined) {
    return explainRefusedKey(reason);
  }
  const { cluster, indices } = ACCESS_ROLES[role];
  const known: readonly string[] = level === "cluster" ? cluster : indices;
  // A role may name the action itself, which Elasticsearch does not list.
  const would = [...granting.split(","), ...(action === undefined ? [] : [action])];
  const lacks = would.find((privilege) => known.includes(privilege)) ?? would[0] ?? granting;
  const roles = /with effective roles \[([^\]]*)\]/.exec(reason)?.[1];
  const places = /on (?:restricted )?indices \[([^\]]*)\]/.exec(reason)?.[1];
  const subject = `${kind === "user" ? "user" : "API key"} ${who}`;
  const holding = roles === undefined ? "" : ` (${roles === "" ? "no roles" : `roles ${roles}`})`;
  const where = places === undefined ? "" : ` on ${places}`;
  const all = [...cluster, ...indices].toSorted().join(", ");
  return `${subject}${holding} lacks the ${level} privilege ${lacks}${where}. The ${role} needs ${all} (docs/security.md).`;
}

/** The same wording in 8.19 and 9. */
const DENIAL =
  /(?:action \[(?<action>.+?)\] )?is unauthorized for (?<kind>user|API key id) \[(?<who>[^\]]+)\].*this action is granted by the (?<level>index|cluster) privileges \[(?<granting>[^\]]+)\]/s;
