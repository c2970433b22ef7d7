/** Which groups no rule speaks about, and which rules speak about no group. Pure. */
import { explainPolicy } from "./policy-explanation.ts";
import type { PolicyQuestion } from "./policy-explanation.ts";
import type { PoliciesConfig } from "./presentation-schema.ts";

export type SeenGroup = Omit<PolicyQuestion, "topics"> & { readonly topics: readonly string[] };

export type RuleCoverage = {
  readonly rule: string;
  /** Groups it applies to. */
  readonly applies: number;
  /** Groups it matches, but a more specific rule applies to. */
  readonly outranked: number;
  /** The rules that took those, most often first. */
  readonly outrankedBy: readonly string[];
};

export type PolicyCoverage = {
  readonly groups: number;
  /** In the order of the file. */
  readonly rules: readonly RuleCoverage[];
  /** Rules that apply to nothing: they match no group, or a more specific rule takes each. */
  readonly dead: readonly RuleCoverage[];
  /** Groups that only `default` covers. */
  readonly onlyDefault: readonly SeenGroup[];
};

/** Rules that share a name are counted together. */
export function coverPolicies(policies: PoliciesConfig, groups: readonly SeenGroup[]): PolicyCoverage {
  const tallies = new Map(
    policies.rules.map(({ name }) => [name, { applies: 0, outranked: 0, by: new Map<string, number>() }]),
  );
  const onlyDefault: SeenGroup[] = [];
  for (const group of groups) {
    const { rules } = explainPolicy(policies, group);
    const winner = rules.find(({ outcome }) => outcome === "applies");
    if (winner === undefined) {
      onlyDefault.push(group);
      continue;
    }
    for (const { rule, outcome } of rules) {
      const tally = tallies.get(rule);
      if (tally === undefined || outcome === "no_match") continue;
      if (outcome === "applies") tally.applies += 1;
      else {
        tally.outranked += 1;
        tally.by.set(winner.rule, (tally.by.get(winner.rule) ?? 0) + 1);
      }
    }
  }
  const rules = [...tallies].map(([rule, { applies, outranked, by }]) => ({
    rule,
    applies,
    outranked,
    outrankedBy: [...by].toSorted((a, b) => b[1] - a[1]).map(([name]) => name),
  }));
  return { groups: groups.length, rules, dead: rules.filter(({ applies }) => applies === 0), onlyDefault };
}
