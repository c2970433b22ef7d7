/** Words and colours of verdicts and states. Every colour comes with a word: colour alone says nothing to some readers. */
import { VERDICTS } from "../model/verdicts.ts";
import type { VerdictSeverity } from "../model/verdicts.ts";
import type { DashboardConfig, JsonObject, ThresholdStep } from "./types.ts";

export const COLOURS = {
  good: "green",
  info: "blue",
  warning: "orange",
  critical: "red",
  neutral: "text",
} as const;

const SEVERITY_COLOURS: Record<VerdictSeverity, string> = {
  ok: COLOURS.good,
  info: COLOURS.info,
  warning: COLOURS.warning,
  critical: COLOURS.critical,
};

/** `verdict_code` as the verdict's word in the colour of its severity. */
export function verdictMappings(): readonly JsonObject[] {
  return [
    valueMapping(
      Object.values(VERDICTS).map(({ code, label, severity }) => ({
        value: String(code),
        text: label,
        color: SEVERITY_COLOURS[severity],
      })),
    ),
    // Grafana 9's data source turns a 0 in a document table into an empty text; newer ones do not.
    specialMapping("empty", { text: VERDICTS.ok.label, color: COLOURS.good }),
  ];
}

/** The verdict as its word in documents (`falling_behind`), for events, which have no code. */
export function verdictWordMappings(): readonly JsonObject[] {
  return [
    valueMapping(
      Object.entries(VERDICTS).map(([value, { label, severity }]) => ({
        value,
        text: label,
        color: SEVERITY_COLOURS[severity],
      })),
    ),
  ];
}

/** `suspect` as words; no value at all means that nobody is watching. */
export function trustMappings(): readonly JsonObject[] {
  return [
    valueMapping([
      { value: "0", text: "trusted", color: COLOURS.good },
      { value: "1", text: "suspect", color: COLOURS.warning },
    ]),
    specialMapping("empty", { text: "trusted", color: COLOURS.good }),
    specialMapping("null+nan", { text: "BLIND: no data", color: COLOURS.critical }),
  ];
}

/** A tile without a value is not a well one: it must not have the colour of one. */
export function emptyMapping(text: string, color: string = COLOURS.neutral): JsonObject {
  return specialMapping("null+nan", { text, color });
}

export function yesNoMappings(yes: string, no: string): readonly JsonObject[] {
  return [
    valueMapping([
      { value: "1", text: yes, color: COLOURS.good },
      { value: "0", text: no, color: COLOURS.critical },
    ]),
    specialMapping("empty", { text: no, color: COLOURS.critical }),
  ];
}

/** Shows 0 where Grafana 9's data source made an empty text of it. */
export function zeroMapping(text: string): readonly JsonObject[] {
  return [specialMapping("empty", { text, color: COLOURS.neutral })];
}

/** `objective_ratio`: 1 is the objective itself, whatever the policy of the group says it is in seconds. */
export const OBJECTIVE_STEPS: readonly ThresholdStep[] = [
  { color: COLOURS.good, value: null },
  { color: COLOURS.critical, value: 1 },
];

/** Counts of which none is wanted. */
export function noneWanted(color: string): readonly ThresholdStep[] {
  return [
    { color: COLOURS.good, value: null },
    { color, value: 1 },
  ];
}

/** Ages: bad from the moment on at which the alert rule calls the data stale. */
export function staleSteps(config: DashboardConfig): readonly ThresholdStep[] {
  return [
    { color: COLOURS.good, value: null },
    { color: COLOURS.critical, value: config.staleAfterSeconds },
  ];
}

/** A cycle must end before the next tick. */
export function cycleSteps(config: DashboardConfig): readonly ThresholdStep[] {
  return [
    { color: COLOURS.good, value: null },
    { color: COLOURS.critical, value: config.intervalSeconds },
  ];
}

export const NO_STEPS: readonly ThresholdStep[] = [{ color: COLOURS.neutral, value: null }];

type MappedValue = { readonly value: string; readonly text: string; readonly color: string };

function valueMapping(values: readonly MappedValue[]): JsonObject {
  return {
    type: "value",
    options: Object.fromEntries(
      values.map(({ value, text, color }, index) => [value, { text, color, index }]),
    ),
  };
}

function specialMapping(match: string, result: { text: string; color: string }): JsonObject {
  return { type: "special", options: { match, result: { ...result, index: 100 } } };
}
