/** Plays every scenario through rules, routes and messages and says what came of it: delay, false alarms, messages. */
import { ALERT_EXPECTATIONS } from "./alert-expectations.ts";
import { play, START_MS } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import type { RuleSource } from "../../alerts/evaluation/source.ts";
import type { LagDocument } from "../../model/documents.ts";
import { playTest } from "../../scripts/alerts/play-test.ts";
import type { Firing } from "../../scripts/alerts/play-test.ts";
import { ALERTING } from "../support/alerting.ts";

export type AlertRow = {
  readonly scenario: string;
  /** Rules in the order in which they fired. */
  readonly fired: readonly string[];
  /** From the event, and from when it could be told from something harmless, to the first alert that is right. */
  readonly delaySeconds: number | null;
  readonly afterDecidableSeconds: number | null;
  readonly falseAlarms: readonly string[];
  readonly missed: readonly string[];
  /** Those that tell of something new. */
  readonly messages: number;
  /** Those that only tell that something is over. */
  readonly allClears: number;
};

export const TABLE_CONFIG = { ...ALERTING, clusters: ["sim"] };
const COLLECTOR_STARTS_SECONDS = 120;

export function scenarioDocuments(scenario: Scenario): readonly LagDocument[] {
  return play(scenario)
    .ticks.flatMap(({ documents }) => documents)
    .filter(({ record }) => record === "group" || record === "cluster" || record === "event");
}

/** `source`: where the documents of the scenario are read. */
export async function alertRow(scenario: Scenario, source: RuleSource): Promise<AlertRow> {
  const first = (scenario.collectorFrom ?? COLLECTOR_STARTS_SECONDS) + TABLE_CONFIG.staleAfterSeconds;
  const { firings, notifications } = await playTest(TABLE_CONFIG, source, {
    firstMs: START_MS + first * 1000,
    lastMs: START_MS + scenario.seconds * 1000,
  });
  const expected = ALERT_EXPECTATIONS[scenario.name] ?? {};
  const isRight = ({ rule, labels }: Firing): boolean =>
    labels["group"] === undefined
      ? (expected.monitoring ?? []).some((name) => rule.startsWith(name))
      : labels["group"] === scenario.subject && (expected.subject ?? []).includes(rule);
  const right = firings.filter(isRight);
  const wanted = [...(expected.subject ?? []), ...(expected.monitoring ?? [])];
  const firstAt = right[0] === undefined ? null : (right[0].firesAtMs - START_MS) / 1000;
  const since = (from: number | undefined) =>
    firstAt === null || from === undefined ? null : firstAt - from;
  const decidable = scenario.detect?.decidableAt ?? expected.decidableAt;
  return {
    scenario: scenario.name,
    fired: [...new Set(right.map(({ rule }) => rule.split(" ")[0] ?? rule))],
    delaySeconds: since(scenario.detect?.happensAt ?? expected.decidableAt),
    afterDecidableSeconds: since(decidable),
    falseAlarms: firings
      .filter((firing) => !isRight(firing))
      .map(({ rule, labels }) => `${rule} ${labels["group"] ?? ""}`.trim()),
    missed: wanted.filter((name) => !right.some(({ rule }) => rule.startsWith(name))),
    messages: notifications.filter(({ isNew }) => isNew).length,
    allClears: notifications.filter(({ isNew, resolved }) => !isNew && resolved.length > 0).length,
  };
}

export const TABLE_HEAD = [
  "| scenario | alerts | after the event | after it was decidable | false alarms | messages | all-clears |",
  "|---|---|---|---|---|---|---|",
] as const;

/** One line of the table in docs/alerts.md. */
export function tableLine(row: AlertRow): string {
  const seconds = (value: number | null) => (value === null ? "–" : `${value} s`);
  const cells = [
    row.scenario,
    row.fired.join(", then ") || "none",
    seconds(row.delaySeconds),
    seconds(row.afterDecidableSeconds),
    row.falseAlarms.length,
    row.messages,
    row.allClears,
  ];
  return `| ${cells.join(" | ")} |`;
}
