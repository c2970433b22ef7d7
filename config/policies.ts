/** Which policy applies to a group. Pure; patterns are compiled once. */
import { compileGlob } from "../model/globs.ts";
import type { PolicyResolver, ResolvedPolicy } from "../model/policy.ts";
import type { PoliciesConfig, PolicyRule } from "./presentation-schema.ts";

/** A rule with its patterns compiled. Specificity: literal characters in group, topic and cluster globs. */
export type CompiledRule = {
  readonly rule: PolicyRule;
  readonly matchesCluster: (name: string) => boolean;
  readonly matchesGroup: (name: string) => boolean;
  readonly matchesTopic: ((name: string) => boolean) | undefined;
  readonly specificity: readonly [number, number, number];
};

/** True for a name that one of the globs matches. */
export function compileGlobs(globs: readonly string[]): (name: string) => boolean {
  const matchers = globs.map(compileGlob);
  return (name) => matchers.some((matches) => matches(name));
}

/**
 * Resolves the policy of a group of one cluster. The most specific matching rule wins: most literal characters in its
 * group globs, then topic, then cluster; between equals the later rule. What the rule leaves out comes from `default`.
 */
export function createPolicyResolver(policies: PoliciesConfig, cluster: string): PolicyResolver {
  const candidates = rankRules(policies).filter(({ matchesCluster }) => matchesCluster(cluster));
  const cache = new Map<string, ResolvedPolicy>();
  return (group, topics) => {
    const key = JSON.stringify([group, topics]);
    const cached = cache.get(key);
    if (cached !== undefined) {
      return cached;
    }
    const winner = candidates.find(
      ({ matchesGroup, matchesTopic }) =>
        matchesGroup(group) && (matchesTopic === undefined || topics.some(matchesTopic)),
    );
    const resolved = mergePolicy(policies.default, winner?.rule);
    // Group names come from outside: the cache must not grow without bound.
    if (cache.size >= 50_000) {
      cache.clear();
    }
    cache.set(key, resolved);
    return resolved;
  };
}

/** All rules, the one that wins over the others first. */
export function rankRules(policies: PoliciesConfig): readonly CompiledRule[] {
  return policies.rules
    .map(compileRule)
    .toReversed()
    .toSorted((a, b) => compareSpecificity(b.specificity, a.specificity));
}

function compileRule(rule: PolicyRule): CompiledRule {
  const { groups, topics, clusters } = rule.match;
  return {
    rule,
    matchesCluster: clusters.length === 0 ? () => true : compileGlobs(clusters),
    matchesGroup: groups.length === 0 ? () => true : compileGlobs(groups),
    matchesTopic: topics.length === 0 ? undefined : compileGlobs(topics),
    specificity: [literals(groups), literals(topics), literals(clusters)],
  };
}

function literals(globs: readonly string[]): number {
  return Math.max(0, ...globs.map((glob) => glob.replaceAll(/[*?[\]{}!]/g, "").length));
}

function compareSpecificity(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** What the rule says, and the default where it says nothing. */
export function mergePolicy(
  fallback: PoliciesConfig["default"],
  rule: PolicyRule | undefined,
): ResolvedPolicy {
  const windows = rule?.batch_windows ?? fallback.batch_windows ?? [];
  return {
    name: rule?.name ?? "default",
    tier: rule?.tier ?? fallback.tier,
    team: rule?.team ?? fallback.team ?? null,
    objective_seconds: rule?.objective_seconds ?? fallback.objective_seconds,
    lag_floor: rule?.lag_floor ?? fallback.lag_floor,
    expected_idle: rule?.expected_idle ?? fallback.expected_idle,
    runbook: rule?.runbook ?? fallback.runbook ?? null,
    slack_channel: rule?.slack_channel ?? fallback.slack_channel ?? null,
    ...(windows.length > 0 && { batch_windows: windows }),
  };
}
