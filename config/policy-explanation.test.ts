import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { createPolicyResolver } from "./policies.ts";
import { coverPolicies } from "./policy-coverage.ts";
import { explainPolicy } from "./policy-explanation.ts";
import { policies } from "./presentation-schema.ts";

const parsed = policies.parse({
  default: { objective_seconds: 300 },
  rules: [
    { name: "all-billing", match: { groups: ["billing-*"] }, objective_seconds: 120 },
    { name: "pages", match: { groups: ["billing-page-*"] }, team: "billing" },
    { name: "pages-again", match: { groups: ["billing-page-?"] }, tier: "gold" },
    { name: "europe", match: { clusters: ["eu-*"] } },
    { name: "audit", match: { topics: ["audit.*"] }, expected_idle: true },
    { name: "nobody", match: { groups: ["nobody"] } },
  ],
});
const reasons = (group: string, topics: readonly string[] | null = []) =>
  Object.fromEntries(
    explainPolicy(parsed, { cluster: "orders", group, topics }).rules.map(({ rule, outcome, reason }) => [
      rule,
      `${outcome}: ${reason}`,
    ]),
  );

describe("the explanation of a policy", () => {
  it("says what every rule that does not apply lacks", () => {
    expect(reasons("billing-page-1")).toEqual({
      "pages-again": "applies: matches group billing-page-?",
      pages: "outranked: matches as exactly as pages-again, which stands later in the file",
      "all-billing":
        "outranked: matches too, but its group globs have 8 literal characters, those of pages-again 13",
      europe: "no_match: is for cluster eu-*, not orders",
      audit: "no_match: is for groups that read topic audit.*; this one reads none",
      nobody: "no_match: is for group nobody",
    });
    expect(reasons("x", null)["audit"]).toContain("the topics of this one are not known");
  });

  it("names the origin of every value", () => {
    const { values, policy } = explainPolicy(parsed, {
      cluster: "orders",
      group: "billing-page-10",
      topics: [],
    });
    const from = Object.fromEntries(values.map((each) => [each.name, each.from]));
    expect(from).toMatchObject({ team: "pages", objective_seconds: "default", runbook: "nowhere" });
    expect(policy.team).toBe("billing");
  });

  it("always comes to what the collector resolves", () => {
    const name = fc.constantFrom("billing-page-1", "billing-page-10", "billing-x", "nobody", "search");
    const cluster = fc.constantFrom("orders", "eu-1");
    const topics = fc.subarray(["audit.log", "clicks"]);
    fc.assert(
      fc.property(name, cluster, topics, (group, where, read) => {
        const explained = explainPolicy(parsed, { cluster: where, group, topics: read });
        expect(explained.policy).toEqual(createPolicyResolver(parsed, where)(group, read));
      }),
    );
  });
});

describe("the coverage of policies", () => {
  const seen = (group: string) => ({ cluster: "orders", group, topics: [] });

  it("tells a rule that matches nothing from one that always loses", () => {
    const coverage = coverPolicies(parsed, [seen("billing-page-1"), seen("search")]);
    expect(coverage.onlyDefault.map(({ group }) => group)).toEqual(["search"]);
    expect(coverage.dead.map(({ rule, outranked }) => [rule, outranked])).toEqual([
      ["all-billing", 1],
      ["pages", 1],
      ["europe", 0],
      ["audit", 0],
      ["nobody", 0],
    ]);
    expect(coverage.dead[1]?.outrankedBy).toEqual(["pages-again"]);
  });
});
