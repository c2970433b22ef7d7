/** Every scenario of the simulator against its expected timeline. `node tests/simulator/report.ts` prints the figures. */
import { describe, expect, it } from "vitest";
import { play } from "../simulator/run.ts";
import { SCENARIOS } from "../simulator/scenarios.ts";
import { accuracy, followsSequence, score } from "../simulator/score.ts";

/** A failure must be named within this many ticks after it can be told from something harmless. */
const MAX_TICKS = 3;

const TIMINGS = [
  { intervalSeconds: 30, phase: 3 },
  { intervalSeconds: 10, phase: 7 },
];

/** Everything a scenario got wrong, as sentences; empty when it was right. */
function wrongs(scenario: (typeof SCENARIOS)[number], timing: (typeof TIMINGS)[number]): string[] {
  const result = score(scenario, play(scenario, timing), timing.intervalSeconds);
  const found = [...result.problems];
  const said = result.timeline.map((entry) => `${entry.second} ${entry.verdict}`).join(", ");
  if (scenario.detect !== undefined && (result.delayTicks ?? Number.POSITIVE_INFINITY) > MAX_TICKS) {
    found.push(`${scenario.detect.verdict} was found ${result.delayTicks ?? "never"} ticks late: ${said}`);
  }
  if (scenario.sequence !== undefined && !followsSequence(result.timeline, scenario.sequence)) {
    found.push(`not in the order ${scenario.sequence.join(", ")}: ${said}`);
  }
  const last = result.last;
  if (scenario.ends?.every((verdict) => verdict !== last) === true) found.push(`ends with ${last}: ${said}`);
  if (scenario.mustBeSuspect === true && result.suspectTicks === 0)
    found.push("never suspected the monitoring");
  return found;
}

describe.each(TIMINGS)("at an interval of $intervalSeconds s", (timing) => {
  it.each(SCENARIOS)("$name", (scenario) => {
    expect(wrongs(scenario, timing)).toEqual([]);
  });
});

describe("time lag", () => {
  it(
    "is within one tick plus one offset refresh of the truth for 95 of 100 samples, per method",
    { timeout: 60_000 },
    () => {
      const steady = SCENARIOS.filter(
        (scenario) => scenario.suspect === undefined && !scenario.name.startsWith("topic recreated"),
      );
      const rows = accuracy(steady.flatMap((scenario) => [...play(scenario).samples]));
      const far = rows.filter((row) => row.method !== "lower_bound" && row.p95 > 40);
      expect(far).toEqual([]);
      expect(rows.filter((row) => row.outside > 0)).toEqual([]);
      expect(rows.map((row) => row.method)).toEqual(expect.arrayContaining(["exact", "interpolated"]));
    },
  );
});
