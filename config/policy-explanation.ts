/** Why a group has the policy it has: which rule won, what every other lacked, and where each value comes from. Pure. */
import type { ResolvedPolicy } from "../model/policy.ts";
import type { CompiledRule } from "./policies.ts";
import { mergePolicy, rankRules } from "./policies.ts";
import type { PoliciesConfig, PolicyRule } from "./presentation-schema.ts";

export type RuleOutcome = {
  readonly rule: string;
  /** `applies`: the winner. `outranked`: matches, but another is more specific. `no_match`: it is about others. */
  readonly outcome: "applies" | "outranked" | "no_match";
  readonly reason: string;
};

export type PolicyValue = {
  readonly name: keyof ResolvedPolicy;
  readonly value: ResolvedPolicy[keyof ResolvedPolicy] | null;
  /** Name of the rule, `default` (written in the file or built in), or `nowhere` for a value nobody set. */
  readonly from: string;
};

export type PolicyExplanation = {
  readonly policy: ResolvedPolicy;
  /** The winner first, then in the order in which the rules would win. */
  readonly rules: readonly RuleOutcome[];
  readonly values: readonly PolicyValue[];
};

export type PolicyQuestion = {
  readonly cluster: string;
  readonly group: string;
  /** Null where the group's topics are not known: rules about topics cannot match then. */
  readonly topics: readonly string[] | null;
};

export function explainPolicy(policies: PoliciesConfig, question: PolicyQuestion): PolicyExplanation {
  const ranked = rankRules(policies);
  const mismatches = new Map(ranked.map((compiled) => [compiled, mismatch(compiled, question)]));
  const winner = ranked.find((compiled) => mismatches.get(compiled) === null);
  const outcomes = ranked.map((compiled): RuleOutcome => {
    const lacks = mismatches.get(compiled) ?? null;
    const name = compiled.rule.name;
    if (compiled === winner) return { rule: name, outcome: "applies", reason: whyItMatches(compiled.rule) };
    if (lacks !== null || winner === undefined)
      return { rule: name, outcome: "no_match", reason: lacks ?? "" };
    return { rule: name, outcome: "outranked", reason: whyItLoses(compiled, winner) };
  });
  const policy = mergePolicy(policies.default, winner?.rule);
  return {
    policy,
    rules: outcomes.toSorted((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome)),
    values: valuesOf(policies, policy, winner?.rule),
  };
}

const ORDER: readonly RuleOutcome["outcome"][] = ["applies", "outranked", "no_match"];

function mismatch(compiled: CompiledRule, { cluster, group, topics }: PolicyQuestion): string | null {
  const { match } = compiled.rule;
  if (!compiled.matchesCluster(cluster)) {
    return `is for ${listed("cluster", match.clusters)}, not ${cluster}`;
  }
  if (!compiled.matchesGroup(group)) return `is for ${listed("group", match.groups)}`;
  if (compiled.matchesTopic === undefined) return null;
  const wanted = listed("topic", match.topics);
  if (topics === null) return `is for groups that read ${wanted}; the topics of this one are not known`;
  if (topics.some(compiled.matchesTopic)) return null;
  return `is for groups that read ${wanted}; this one reads ${topics.length === 0 ? "none" : topics.join(", ")}`;
}

function whyItMatches({ match }: PolicyRule): string {
  const parts = [
    ...(match.clusters.length > 0 ? [listed("cluster", match.clusters)] : []),
    ...(match.groups.length > 0 ? [listed("group", match.groups)] : []),
    ...(match.topics.length > 0 ? [`a reader of ${listed("topic", match.topics)}`] : []),
  ];
  return parts.length === 0 ? "matches every group" : `matches ${parts.join(", ")}`;
}

const PARTS = ["group", "topic", "cluster"] as const;

function whyItLoses(loser: CompiledRule, winner: CompiledRule): string {
  for (const [index, part] of PARTS.entries()) {
    const own = loser.specificity[index] ?? 0;
    const best = winner.specificity[index] ?? 0;
    if (own !== best) {
      return `matches too, but its ${part} globs have ${own} literal characters, those of ${winner.rule.name} ${best}`;
    }
  }
  return `matches as exactly as ${winner.rule.name}, which stands later in the file`;
}

function listed(noun: string, globs: readonly string[]): string {
  return `${noun}${globs.length === 1 ? "" : "s"} ${globs.join(" or ")}`;
}

function valuesOf(
  policies: PoliciesConfig,
  policy: ResolvedPolicy,
  rule: PolicyRule | undefined,
): readonly PolicyValue[] {
  const origin = (name: keyof ResolvedPolicy): string => {
    if (rule !== undefined && Reflect.get(rule, name) !== undefined) return rule.name;
    return Reflect.get(policies.default, name) === undefined ? "nowhere" : "default";
  };
  const names: readonly (keyof ResolvedPolicy)[] = [
    "tier",
    "team",
    "objective_seconds",
    "lag_floor",
    "expected_idle",
    "runbook",
    "slack_channel",
    "batch_windows",
  ];
  return names.map((name) => ({ name, value: policy[name] ?? null, from: origin(name) }));
}
