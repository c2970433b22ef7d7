/** Policies as text for a terminal. Pure. */
import type { PolicyCoverage } from "../../config/policy-coverage.ts";
import type { PolicyExplanation, PolicyQuestion } from "../../config/policy-explanation.ts";
import { pad, printable, textWidth } from "../top/text-width.ts";

const MARKS = { applies: "→", outranked: "≈", no_match: "·" } as const;

/** Lines without their ends. */
export function explanationLines(
  { policy, rules, values }: PolicyExplanation,
  { cluster, group, topics }: PolicyQuestion,
): readonly string[] {
  const reads = topics === null ? "" : `, which reads ${topics.length === 0 ? "nothing" : topics.join(", ")}`;
  const head =
    policy.name === "default" && rules.every(({ outcome }) => outcome !== "applies")
      ? `No rule matches ${group} of ${cluster}${reads}: the default applies.`
      : `Rule ${policy.name} applies to ${group} of ${cluster}${reads}.`;
  const width = Math.max(0, ...rules.map(({ rule }) => textWidth(printable(rule))));
  return [
    printable(head),
    ...(rules.length === 0 ? [] : [""]),
    ...rules.map(
      ({ rule, outcome, reason }) =>
        `  ${MARKS[outcome]} ${pad(printable(rule), width, "left")}  ${printable(reason)}`,
    ),
    "",
    ...values.map(
      ({ name, value, from }) =>
        `  ${name.padEnd(18)} ${printable(valueText(value))}  (${from === "nowhere" ? "not set" : `from ${printable(from)}`})`,
    ),
  ];
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Most names shown; the rest is counted. */
const MAX_NAMES = 50;

export function coverageLines(
  { groups, rules, dead, onlyDefault }: PolicyCoverage,
  hours: number,
): readonly string[] {
  if (groups === 0)
    return [`No group has documents of the last ${hours} h: nothing can be said about rules.`];
  const width = Math.max(0, ...rules.map(({ rule }) => textWidth(printable(rule))));
  return [
    `${count(groups, "group")} of the last ${hours} h, ${count(rules.length, "rule")}: ${groups - onlyDefault.length} matched, ${onlyDefault.length} only by the default, ${count(dead.length, "dead rule")}.`,
    ...(rules.length === 0 ? [] : ["", "Rules:"]),
    ...rules.map(
      ({ rule, applies, outranked, outrankedBy }) =>
        `  ${pad(printable(rule), width, "left")}  ${applies > 0 ? `applies to ${count(applies, "group")}` : deadText(outranked, outrankedBy)}`,
    ),
    ...(onlyDefault.length === 0 ? [] : ["", "Groups that only the default covers:"]),
    ...onlyDefault
      .slice(0, MAX_NAMES)
      .map(({ cluster, group }) => `  ${printable(cluster)}  ${printable(group)}`),
    ...(onlyDefault.length > MAX_NAMES ? [`  … ${onlyDefault.length - MAX_NAMES} more`] : []),
  ];
}

function deadText(outranked: number, by: readonly string[]): string {
  return outranked === 0
    ? "dead: matches no group"
    : `dead: matches ${count(outranked, "group")}, all taken by ${by.map(printable).join(", ")}`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
