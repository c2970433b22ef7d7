import { expect, test } from "vitest";
import { coverPolicies } from "../../config/policy-coverage.ts";
import { explainPolicy } from "../../config/policy-explanation.ts";
import { policies } from "../../config/presentation-schema.ts";
import { coverageLines, explanationLines } from "./text.ts";

const parsed = policies.parse({
  rules: [
    { name: "billing", match: { groups: ["billing-*"] }, team: "billing" },
    { name: "pages", match: { groups: ["billing-page"] }, objective_seconds: 30 },
  ],
});

test("no document means that nothing can be said, not that every rule is dead", () => {
  expect(coverageLines(coverPolicies(parsed, []), 24)).toEqual([
    "No group has documents of the last 24 h: nothing can be said about rules.",
  ]);
});

test("the report names dead rules with the reason, and groups without a rule", () => {
  const groups = ["billing-page", "sear\u001B[31mch"].map((group) => ({
    cluster: "shop",
    group,
    topics: [],
  }));
  expect(coverageLines(coverPolicies(parsed, groups), 24)).toEqual([
    "2 groups of the last 24 h, 2 rules: 1 matched, 1 only by the default, 1 dead rule.",
    "",
    "Rules:",
    "  billing  dead: matches 1 group, all taken by pages",
    "  pages    applies to 1 group",
    "",
    "Groups that only the default covers:",
    "  shop  sear�[31mch",
  ]);
});

test("the explanation shows the winner first and where each value comes from", () => {
  const question = { cluster: "shop", group: "billing-page", topics: ["pages"] };
  const lines = explanationLines(explainPolicy(parsed, question), question);
  expect(lines.slice(0, 6)).toEqual([
    "Rule pages applies to billing-page of shop, which reads pages.",
    "",
    "  → pages    matches group billing-page",
    "  ≈ billing  matches too, but its group globs have 8 literal characters, those of pages 12",
    "",
    "  tier               standard  (from default)",
  ]);
  expect(lines).toContain("  objective_seconds  30  (from pages)");
});
