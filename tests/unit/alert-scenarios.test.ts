/** Every scenario of the simulator through rules, routes and messages. `node tests/simulator/alert-report.ts` writes docs/alerts.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memorySource } from "../../alerts/evaluation/memory-source.ts";
import { ALERT_EXPECTATIONS } from "../simulator/alert-expectations.ts";
import { alertRow, scenarioDocuments, tableLine } from "../simulator/alert-table.ts";
import { SCENARIOS } from "../simulator/scenarios.ts";

/**
 * From when a problem can be told to its alert: up to three ticks to the verdict, pending of five minutes (less for what is
 * critical), and two evaluations of a minute.
 */
const MAXIMUM_DELAY_SECONDS = 90 + 300 + 120;

const PAGE = readFileSync(join(import.meta.dirname, "..", "..", "docs", "alerts.md"), "utf8").split("\n");

describe.each(SCENARIOS)("$name", (scenario) => {
  it(
    "raises the alerts it must, in time, with one message per problem, and no others",
    { timeout: 60_000 },
    async () => {
      const row = await alertRow(scenario, memorySource(scenarioDocuments(scenario)));
      const expected = ALERT_EXPECTATIONS[scenario.name] ?? {};
      const problems = [...(expected.subject ?? []), ...(expected.monitoring ?? [])];
      expect(row.falseAlarms).toEqual([]);
      expect(row.missed).toEqual([]);
      expect(row.messages).toBe(problems.length);
      expect(row.allClears).toBeLessThanOrEqual(problems.length);
      // What the page says is what was found.
      expect(PAGE).toContain(tableLine(row));
      expect(row.afterDecidableSeconds ?? 0).toBeLessThanOrEqual(MAXIMUM_DELAY_SECONDS);
    },
  );
});

it("every expectation is about a scenario that exists, and two problems are explained", () => {
  const names = new Set(SCENARIOS.map(({ name }) => name));
  expect(Object.keys(ALERT_EXPECTATIONS).filter((name) => !names.has(name))).toEqual([]);
  const doubled = Object.values(ALERT_EXPECTATIONS).filter(
    ({ subject = [], why }) => subject.length > 1 && why === undefined,
  );
  expect(doubled).toEqual([]);
});
