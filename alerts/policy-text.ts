/**
 * What a policy says about a group, as parts of templates. Rules carry the policy's name as a label; team, tier and runbook
 * follow from it, so that they need no field in the documents and no further query.
 */
import type { AlertPolicy } from "./types.ts";

/** A text as a constant of a template. `$` would be expanded by environment in some places, so it is written as a code. */
export function goString(text: string): string {
  return JSON.stringify(text).replaceAll("$", String.raw`\u0024`);
}

/** The text of the alert's policy, or nothing. `dollar`: `$$` where Grafana expands the place by environment. */
export function byPolicy(
  policies: readonly AlertPolicy[],
  textOf: (policy: AlertPolicy) => string | null,
  dollar: "$" | "$$" = "$",
): string {
  const known = policies.flatMap((policy) => {
    const text = textOf(policy);
    return text === null || text === "" ? [] : [{ name: policy.name, text }];
  });
  if (known.length === 0) return "";
  const cases = known.map(
    ({ name, text }, index) =>
      `{{ ${index === 0 ? "if" : "else if"} eq . ${goString(name)} }}{{ ${goString(text)} }}`,
  );
  return `{{ with ${dollar}labels.policy }}${cases.join("")}{{ end }}{{ end }}`;
}
