/**
 * Pieces of annotation templates. Every value is guarded: in an alert about missing data a bare function call would send
 * the template's source text to Slack (measured).
 */
import { VERDICTS } from "../model/verdicts.ts";

/**
 * What a rule reads where a document lacks the field. No real value is below 0. Without it the value is NaN, which turns
 * the comparison and with it the alert to "no data", and so a recovery to an alert that was given up.
 */
export const UNKNOWN_VALUE = -1;

/** `then` with the value as `.Value`, or `otherwise` where the rule has no such value. NaN is not at least 0. */
export function whenKnown(ref: string, then: string, otherwise: string): string {
  return `{{ with $values.${ref} }}{{ if ge .Value 0.0 }}${then}{{ else }}${otherwise}{{ end }}{{ else }}${otherwise}{{ end }}`;
}

/** `13m 4s`. Whole seconds: parts of a second mean nothing here. */
export const DURATION = '{{ humanizeDuration (printf "%.0f" .Value) }}';
/** `48.2k`. */
export const COUNT = "{{ humanize .Value }}";
export const WHOLE = '{{ printf "%.0f" .Value }}';
export const RATE = '{{ printf "%.1f" .Value }}';
export const RATIO = '{{ printf "%.1f" .Value }}';

export function duration(ref: string): string {
  return whenKnown(ref, DURATION, "unknown");
}

/** The verdict's word from its code. Values are floats, so `10.0`, not `10`. */
export function verdictWord(ref: string): string {
  const cases = Object.values(VERDICTS)
    .map(({ code, label }, index) => `{{ ${index === 0 ? "if" : "else if"} eq .Value ${code}.0 }}${label}`)
    .join("");
  return whenKnown(ref, `${cases}{{ else }}code ${WHOLE}{{ end }}`, "not judged");
}

/** Characters of a name that a message shows; the link carries the whole one. Longer ones would push the numbers away. */
export const LONGEST_NAME = 100;

/**
 * A label in a sentence. A backtick inside a name would end the code style in Slack; an alert about missing data has no
 * such label, and a function called with none would fail the whole text.
 */
export function name(label: "group" | "cluster" | "collector"): string {
  return `\`{{ with $labels.${label} }}{{ reReplaceAll "(?s)^(.{${LONGEST_NAME}}).+$" "$1…" (reReplaceAll "[\`\\n\\r]" "'" .) }}{{ else }}unknown{{ end }}\``;
}

/** A label as part of a link. */
export function inLink(label: "group" | "cluster"): string {
  return `{{ with $labels.${label} }}{{ urlquery . }}{{ end }}`;
}
