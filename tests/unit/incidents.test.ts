/** What the end of a verdict says about the time it held: the objectives page lists these events as incidents. */
import { describe, expect, test } from "vitest";
import type { LagDocument } from "../../model/documents.ts";
import { play } from "../simulator/run.ts";
import type { Playback } from "../simulator/run.ts";
import { SCENARIOS } from "../simulator/scenarios.ts";

function played(name: string): Playback {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`No scenario "${name}".`);
  return play(scenario);
}

function documentsOf({ ticks }: Playback): readonly LagDocument[] {
  return ticks.flatMap(({ documents }) => documents);
}

function ended(playback: Playback, from: string): LagDocument {
  const event = documentsOf(playback).find(
    ({ event_kind: kind, event_from: before }) => kind === "verdict" && before === from,
  );
  if (event === undefined) throw new Error(`No verdict ${from} ended.`);
  return event;
}

describe("a consumer that was dead for ten minutes", () => {
  const playback = played("consumer dead and back");
  const event = ended(playback, "stopped");

  test("leaves an event with when it began and how long it lasted", () => {
    const first = documentsOf(playback).find(
      ({ record, verdict }) => record === "group" && verdict === "stopped",
    );
    expect(event.event_since).toBe(first?.["@timestamp"]);
    const lasted = (Date.parse(event["@timestamp"]) - Date.parse(event.event_since ?? "")) / 1000;
    expect(event.duration_seconds).toBe(lasted);
  });

  test("leaves the highest time lag and lag of that time, and the cause as it was then", () => {
    const during = documentsOf(playback).filter(
      ({ record, verdict }) => record === "group" && verdict === "stopped",
    );
    const late = during.map((document) => document.time_lag_seconds ?? 0);
    expect(event.peak_time_lag_seconds).toBe(Math.max(...late));
    expect(event.peak_lag).toBe(Math.max(...during.map((document) => document.total_lag ?? 0)));
    expect(event.peak_cause).toMatch(/^No commit for 10 min on all partitions while .* messages wait/);
  });
});

test("an event of a verdict that was well has no peak", () => {
  const event = ended(played("consumer dead and back"), "ok");
  expect(event.peak_cause).toBeUndefined();
  expect(event.peak_lag).toBeUndefined();
});

test("the peak survives a restart of the collector with its history", () => {
  const scenario = SCENARIOS.find(({ name }) => name === "consumer dead and back");
  if (scenario === undefined) throw new Error("The scenario is gone.");
  const restarted = play({
    ...scenario,
    script: (simulation, second) => {
      scenario.script?.(simulation, second);
      if (second === 1200) simulation.collectorRestart = "with_history";
    },
  });
  const event = ended(restarted, "stopped");
  const usual = ended(played("consumer dead and back"), "stopped");
  expect(event.peak_cause).toBe(usual.peak_cause);
  expect(event.peak_time_lag_seconds).toBe(usual.peak_time_lag_seconds);
});

test("while the monitoring is suspect nothing is said about the objective", () => {
  const groups = documentsOf(played("Kafka brokers down")).filter(({ record }) => record === "group");
  const suspect = groups.filter((document) => document.suspect === 1);
  expect(suspect.length).toBeGreaterThan(0);
  expect(suspect.filter((document) => document.within_objective !== undefined)).toEqual([]);
  const trusted = groups.filter(
    (document) => document.suspect === 0 && document.objective_ratio !== undefined,
  );
  expect(
    trusted.filter((document) => (document.objective_ratio ?? 0) <= 1 !== (document.within_objective === 1)),
  ).toEqual([]);
});
