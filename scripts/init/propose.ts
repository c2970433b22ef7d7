/** Proposes policies from the names of the groups that a Kafka has. Pure; a person edits the result. */

export type Proposal = {
  readonly name: string;
  /** Glob over group names. */
  readonly groups: string;
  /** Groups seen that it matches. */
  readonly seen: number;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Why it is proposed, for the comment above it. */
  readonly why: string;
};

type Kind = { readonly name: string; readonly groups: string; readonly pattern: RegExp } & Pick<
  Proposal,
  "settings" | "why"
>;

/** Names that tell what a group is. */
const KINDS: readonly Kind[] = [
  {
    name: "console",
    groups: "console-consumer-*",
    pattern: /^console-consumer-/,
    settings: { tier: "none", expected_idle: true },
    why: "people at a terminal: nobody is to be woken for them",
  },
  {
    name: "connect",
    groups: "connect-*",
    pattern: /^connect-/,
    settings: { team: "connect" },
    why: "sink connectors of Kafka Connect",
  },
];

/** Parts of a name that speak of work at set times. */
const BATCH = /(^|[-_.])(batch|nightly|daily|hourly|etl|export|report|backup|archive)s?([-_.]|$)/i;
/** A family is named by what its groups share before the first separator. */
const FAMILY = /^([A-Za-z0-9]{2,})[-_.]/;
const MINIMUM_FAMILY = 2;
const MAXIMUM_FAMILIES = 12;

/** Most specific first; the same names give the same rules. */
export function proposePolicies(groups: readonly string[]): readonly Proposal[] {
  const kinds = KINDS.map((kind) => ({
    ...kind,
    seen: groups.filter((group) => kind.pattern.test(group)).length,
  }));
  const rest = groups.filter((group) => !KINDS.some(({ pattern }) => pattern.test(group)));
  return [
    ...kinds.filter(({ seen }) => seen > 0).map(({ pattern: _pattern, ...proposal }) => proposal),
    ...batches(rest),
    ...families(rest),
  ];
}

function batches(groups: readonly string[]): readonly Proposal[] {
  return groups
    .filter((group) => BATCH.test(group))
    .toSorted()
    .map((group) => ({
      name: group,
      groups: escapeGlob(group),
      seen: 1,
      settings: { objective_seconds: 3600 },
      why: "its name speaks of a batch: say with batch_windows when it works",
    }));
}

function families(groups: readonly string[]): readonly Proposal[] {
  const members = new Map<string, number>();
  for (const group of groups) {
    const family = FAMILY.exec(group)?.[0];
    if (family !== undefined) members.set(family, (members.get(family) ?? 0) + 1);
  }
  return [...members]
    .filter(([, seen]) => seen >= MINIMUM_FAMILY)
    .toSorted(([a, ours], [b, theirs]) => theirs - ours || (a < b ? -1 : 1))
    .slice(0, MAXIMUM_FAMILIES)
    .map(([family, seen]) => {
      const name = family.slice(0, -1);
      return {
        name: name.toLowerCase(),
        groups: `${family}*`,
        seen,
        settings: { team: name.toLowerCase() },
        why: "groups that share a first word often share a team",
      };
    });
}

/** `*`, `?` and `[` in a name would match more than the name. */
function escapeGlob(name: string): string {
  return name.replaceAll(/[*?[\]\\]/g, "?");
}
