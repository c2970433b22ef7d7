import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { lintRules } from "./lint.ts";
import type { LintContext } from "./lint.ts";
import { buildRules } from "./rules.ts";
import { loadRunbooks } from "./runbooks.ts";
import { ALERTING } from "../tests/support/alerting.ts";

const EXAMPLES = join(import.meta.dirname, "examples");
const examples = z.object({ tests: z.array(z.object({ expect: z.array(z.object({ alert: z.string() })) })) });
const CONTEXT: LintContext = {
  runbooks: new Set((await loadRunbooks()).keys()),
  tests: readdirSync(EXAMPLES)
    .filter((file) => file !== "lagline.yaml")
    .flatMap((file) =>
      examples
        .parse(parse(readFileSync(join(EXAMPLES, file), "utf8")))
        .tests.map((one) => ({ file, expects: one.expect.map(({ alert }) => alert) })),
    ),
};
const RULES = buildRules({
  ...ALERTING,
  clusters: ["orders", "payments"],
  heartbeatUrlFile: "/run/secrets/heartbeat",
  slack: { webhookFile: "/run/secrets/slack", mentionOnCritical: "none" },
});

test("every rule has severity, summary, description, a runbook that exists, policy-driven limits and tests on both sides", () => {
  expect(lintRules(RULES, CONTEXT)).toEqual([]);
});

function after(from: string | RegExp, to: string): string {
  const text = JSON.stringify(RULES);
  const changed = text.replace(from, () => to);
  expect(changed).not.toBe(text);
  const rules: unknown[] = JSON.parse(changed);
  return lintRules(rules, CONTEXT).join("\n");
}

test.each([
  ["an unknown severity", '"severity":"critical"', '"severity":"urgent"', /severity is none of/],
  [
    "a summary without its period",
    /messages wait\{\{ end \}\}\."/,
    'messages wait{{ end }}"',
    /summary is no sentence/,
  ],
  ["no description", /"description":"First: does[^}]+/, '"description":"","x":"', /description says nothing/],
  ["a runbook that does not exist", "viewPanel=1", "viewPanel=99", /runbook .*99 does not exist/],
  ["a fixed number of seconds", "$R * (", "($T > 300) * $R * (", /constant 300, which belongs into policies/],
  ["a field that is not held", "$R * (", "($T > 1) * $R * (", /compares time_lag_seconds, which is not held/],
  ["a fixed limit", '"params":[1]', '"params":[100]', /constant 100/],
  [
    "no test",
    "LagPipelineDeliveryLate",
    "LagPipelineNeverTested",
    /LagPipelineNeverTested: no test lets it fire/,
  ],
])("lint finds %s", (...[, from, to, says]) => {
  expect(after(from, to)).toMatch(says);
});

test("lint finds a rule that no test keeps silent", () => {
  const tests = [{ file: "a.yaml", expects: ["LagPipelineDeliveryLate"] }];
  expect(lintRules(RULES, { ...CONTEXT, tests }).join("\n")).toContain(
    "Rule LagPipelineDeliveryLate: no test beside it keeps it silent.",
  );
});
