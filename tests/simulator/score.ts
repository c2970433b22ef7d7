/** Counts what a playback got right and wrong. */
import { VERDICTS, type TimeLagMethod, type Verdict } from "../../model/verdicts.ts";
import { verdictOf, type LagSample, type Playback } from "./run.ts";
import type { Scenario } from "./scenario.ts";

export type Score = {
  /** Ticks of any group with a warning or worse that is not expected. */
  readonly falseAlarms: number;
  /** Ticks of any group called suspect outside the span where it may be. */
  readonly falseSuspicions: number;
  readonly suspectTicks: number;
  /** Seconds from the event, and ticks from when it was decidable, to the first right verdict; null when never. */
  readonly delaySeconds: number | null;
  readonly delayTicks: number | null;
  /** Changes of the subject's verdict. */
  readonly changes: number;
  readonly last: Verdict | "absent";
  readonly cause: string;
  readonly timeline: readonly { second: number; verdict: Verdict | "absent" }[];
  readonly problems: readonly string[];
};

export function score(scenario: Scenario, playback: Playback, intervalSeconds: number): Score {
  const problems: string[] = [];
  let falseAlarms = 0;
  let falseSuspicions = 0;
  let suspectTicks = 0;
  for (const tick of playback.ticks) {
    for (const [group, document] of tick.groups) {
      const verdict = verdictOf(document);
      if (verdict === "absent") continue;
      if (verdict === "suspect_data") {
        suspectTicks++;
        const span = scenario.suspect;
        if (span === undefined || tick.second < span.from || tick.second > span.to) {
          falseSuspicions++;
          problems.push(`${tick.second} s: ${group} suspect: ${document.suspect_reason ?? ""}`);
        }
        continue;
      }
      const { severity } = VERDICTS[verdict];
      if (severity === "ok" || severity === "info") continue;
      if (group === scenario.subject && isExpected(scenario, tick.second, verdict)) continue;
      falseAlarms++;
      problems.push(`${tick.second} s: ${group} ${verdict}: ${document.cause ?? ""}`);
    }
  }
  const timeline = timelineOf(scenario, playback);
  const first = detected(scenario, playback);
  const last = timeline.at(-1);
  return {
    falseAlarms,
    falseSuspicions,
    suspectTicks,
    delaySeconds: first === null || scenario.detect === undefined ? null : first - scenario.detect.happensAt,
    delayTicks:
      first === null || scenario.detect === undefined
        ? null
        : Math.max(0, Math.ceil((first - scenario.detect.decidableAt) / intervalSeconds)),
    changes: timeline.length - 1,
    last: last?.verdict ?? "absent",
    cause: playback.ticks.at(-1)?.groups.get(scenario.subject)?.cause ?? "",
    timeline,
    problems,
  };
}

function isExpected(scenario: Scenario, second: number, verdict: Verdict): boolean {
  return (scenario.expected ?? []).some(
    (span) => second >= span.from && second <= span.to && span.allowed.includes(verdict),
  );
}

function timelineOf(
  scenario: Scenario,
  playback: Playback,
): { second: number; verdict: Verdict | "absent" }[] {
  const timeline: { second: number; verdict: Verdict | "absent" }[] = [];
  for (const tick of playback.ticks) {
    const verdict = verdictOf(tick.groups.get(scenario.subject));
    if (timeline.at(-1)?.verdict !== verdict) timeline.push({ second: tick.second, verdict });
  }
  return timeline;
}

function detected(scenario: Scenario, playback: Playback): number | null {
  const { detect } = scenario;
  if (detect === undefined) return null;
  for (const tick of playback.ticks) {
    if (tick.second < detect.happensAt) continue;
    if (verdictOf(tick.groups.get(scenario.subject)) === detect.verdict) return tick.second;
  }
  return null;
}

/** True when the verdicts appear in this order, others between them allowed. */
export function followsSequence(timeline: Score["timeline"], sequence: readonly Verdict[]): boolean {
  let at = 0;
  for (const entry of timeline) if (entry.verdict === sequence[at]) at++;
  return at === sequence.length;
}

export type Accuracy = {
  readonly method: TimeLagMethod;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** Samples whose truth lies outside the stated interval, or below the stated lower bound. */
  readonly outside: number;
};

/** Errors of time lag against the truth, by method. For a lower bound the error counts only where it is above truth. */
export function accuracy(samples: readonly LagSample[]): Accuracy[] {
  const methods = [...new Set(samples.map((sample) => sample.method))].toSorted();
  return methods.map((method) => {
    const own = samples.filter((sample) => sample.method === method);
    const errors = own.map((sample) => Math.abs(sample.said - sample.truth)).toSorted((a, b) => a - b);
    const at = (share: number) => errors[Math.min(errors.length - 1, Math.floor(errors.length * share))] ?? 0;
    return {
      method,
      count: own.length,
      p50: at(0.5),
      p95: at(0.95),
      max: errors.at(-1) ?? 0,
      outside: own.filter(isOutside).length,
    };
  });
}

/** Simulated time has whole seconds, commits are read up to one step later: that much is not an error. */
const STEP_SECONDS = 2;

function isOutside(sample: LagSample): boolean {
  if (sample.method === "lower_bound") return sample.said > sample.truth + STEP_SECONDS;
  return sample.bound !== null && Math.abs(sample.said - sample.truth) > sample.bound + STEP_SECONDS;
}
