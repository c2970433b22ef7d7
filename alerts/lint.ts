/** What every rule must have beyond what Grafana asks for. Pure; for the tests, not for rendering. */
import { viewRule } from "./evaluation/rule-view.ts";
import type { RuleView } from "./evaluation/rule-view.ts";
import { HELD_FIELDS, VALUE_FIELDS } from "./consumer-values.ts";
import { RUNBOOK_NAMES, runbookPath } from "../dashboards/runbooks-dashboard.ts";
import { VERDICTS } from "../model/verdicts.ts";

export type LintContext = {
  /** Runbooks that can be read. */
  readonly runbooks: ReadonlySet<string>;
  readonly tests: readonly LintTest[];
};
/** A test of the examples: which rules it expects to fire. */
export type LintTest = { readonly file: string; readonly expects: readonly string[] };

const SEVERITIES = new Set(["critical", "warning", "info"]);
/** A first step for whoever reads the message, not only a state. */
const SHORTEST_DESCRIPTION = 20;

/** `rules` as in the provisioning file. One sentence per problem. */
export function lintRules(rules: readonly unknown[], context: LintContext): readonly string[] {
  return rules.map(viewRule).flatMap((rule) => {
    // The rule that always fires has no state to explain and no case in which it is silent.
    const isWatchdog = rule.labels["component"] === "watchdog";
    const problems = [
      ...texts(rule, isWatchdog),
      ...runbook(rule, context),
      ...(rule.labels["component"] === "consumer" ? constants(rule) : []),
      ...(isWatchdog ? [] : tested(rule, context)),
    ];
    return problems.map((problem) => `Rule ${rule.title}: ${problem}.`);
  });
}

function texts({ labels, annotations }: RuleView, isWatchdog: boolean): readonly string[] {
  return [
    ...(SEVERITIES.has(labels["severity"] ?? "") ? [] : ["its severity is none of critical, warning, info"]),
    ...((annotations["summary"] ?? "").endsWith(".") ? [] : ["its summary is no sentence"]),
    ...(isWatchdog || (annotations["description"] ?? "").length >= SHORTEST_DESCRIPTION
      ? []
      : ["its description says nothing"]),
  ];
}

function runbook({ annotations }: RuleView, { runbooks }: LintContext): readonly string[] {
  const url = annotations["runbook_url"] ?? "";
  const name = RUNBOOK_NAMES.find(
    (candidate) => url.endsWith(runbookPath(candidate)) || url.endsWith(`/${candidate}.md`),
  );
  return name !== undefined && runbooks.has(name) ? [] : [`its runbook ${url} does not exist`];
}

/** Numbers in a condition are codes of verdicts, or 0 and 1; what is late for a group is said by its policy. */
function constants({ expressions }: RuleView): readonly string[] {
  const fields: Readonly<Record<string, string>> = VALUE_FIELDS;
  const codes = new Set([0, 1, ...Object.values(VERDICTS).map(({ code }) => code)]);
  const conditions = expressions.flatMap(({ ref, model }) =>
    model.type === "math" && (ref === "C" || ref === "M") ? [model.expression] : [],
  );
  const limits = expressions.flatMap(({ model }) =>
    model.type === "threshold" ? [model.conditions[0].evaluator.params[0]] : [],
  );
  const used = conditions.flatMap((text) =>
    [...text.matchAll(/\$([A-Z])\b/g)].map((match) => match[1] ?? ""),
  );
  const numbers = conditions.flatMap((text) => [...text.matchAll(/(?<![\w$])\d+(?:\.\d+)?/g)].map(Number));
  return [
    ...used
      .filter((ref) => fields[ref] !== undefined && !HELD_FIELDS.some((field) => field === fields[ref]))
      .map((ref) => `its condition compares ${fields[ref]}, which is not held while the data is suspect`),
    ...[...numbers, ...limits]
      .filter((number) => !codes.has(number))
      .map((number) => `its condition holds the constant ${number}, which belongs into policies`),
  ];
}

function tested({ title }: RuleView, { tests }: LintContext): readonly string[] {
  const [name = title] = title.split(" ");
  const files = tests.filter(({ expects }) => expects.includes(name)).map(({ file }) => file);
  if (files.length === 0) return ["no test lets it fire"];
  return tests.some(({ file, expects }) => files.includes(file) && !expects.includes(name))
    ? []
    : ["no test beside it keeps it silent"];
}
