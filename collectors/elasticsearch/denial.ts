/** Elasticsearch's sentence about a missing right, made shorter: who lacks which privilege on what. Pure. */
import { ACCESS_ROLES, type AccessRoleName } from "../../model/access.ts";

/**
 * Elasticsearch names every privilege that would do, the widest ones too; of those, the one that Lagline's own role has is
 * what is missing.
 *
 * @returns a sentence, or null when the reason is not about a missing right.
 */
export function explainDenial(reason: string, role: AccessRoleName): string | null {
  const { kind, who, level, granting } = DENIAL.exec(reason)?.groups ?? {};
  if (kind === undefined || who === undefined || level === undefined || granting === undefined) return null;
  const { cluster, indices } = ACCESS_ROLES[role];
  const known: readonly string[] = level === "cluster" ? cluster : indices;
  const would = granting.split(",");
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
  /is unauthorized for (?<kind>user|API key id) \[(?<who>[^\]]+)\].*this action is granted by the (?<level>index|cluster) privileges \[(?<granting>[^\]]+)\]/s;
