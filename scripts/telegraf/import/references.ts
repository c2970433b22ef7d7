/** Telegraf's references to environment variables and secret stores, as the file may hold them. Pure. */
import type { Environment } from "./table.ts";

const VARIABLE = /\$\{(?<name>[A-Za-z_]\w*)(?:(?<operator>:-|-|:\?|\?)(?<word>[^}]*))?\}/g;
const STORE = /@\{[^}]*\}/;

/** The text with the variables of today put in. What cannot be known stays as it is, and is a problem. */
export function resolveReferences(
  text: string,
  env: Environment,
): { readonly text: string; readonly problems: readonly string[] } {
  const problems: string[] = [];
  if (STORE.test(text))
    problems.push("comes from a secret store; put the value into the file that the configuration names.");
  const resolved = text.replaceAll(VARIABLE, (whole, ...rest) => {
    const groups: Record<string, string | undefined> = Object(rest.at(-1));
    const { name = "", operator, word = "" } = groups;
    const value = env[name];
    const isMissing = value === undefined || (operator?.startsWith(":") === true && value === "");
    if (!isMissing) {
      problems.push(`holds the value that ${name} has now; the reference itself is not carried over.`);
      return value;
    }
    if (operator === ":-" || operator === "-") return word;
    problems.push(`refers to ${name}, which is not set here: put its value in by hand.`);
    return whole;
  });
  return { text: resolved, problems };
}
