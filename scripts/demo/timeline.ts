/** Where a scenario is at a moment: which phase, for how long, with how many members. Pure. */
import { VERDICT_NAMES } from "../../model/verdicts.ts";
import type { Verdict } from "../../model/verdicts.ts";
import { seededRandom, wholeBetween } from "./random.ts";
import type { Phase, Scenario } from "./types.ts";

export type Moment = {
  readonly phase: Phase;
  /** Counts the phases from the start of the demo, repeats included: changes exactly when a phase begins. */
  readonly ordinal: number;
  /** Real seconds since the phase began. */
  readonly secondsInto: number;
  readonly members: number;
};

export type Clockwork = {
  readonly seed: number;
  /** Phases pass this many times faster; rates stay as they are. */
  readonly speed: number;
};

/** The phase that is on `elapsedSeconds` (real seconds) after the demo began. */
export function momentAt(scenario: Scenario, elapsedSeconds: number, { seed, speed }: Clockwork): Moment {
  let remaining = elapsedSeconds;
  let index = 0;
  for (let ordinal = 0; ; ordinal += 1) {
    const phase = phaseAt(scenario, index);
    const length = phase.seconds / speed;
    const next = nextIndex(scenario, index);
    if (remaining < length || next === undefined) {
      return {
        phase,
        ordinal,
        secondsInto: remaining,
        members: memberCount(scenario, { phase, ordinal, seed }),
      };
    }
    remaining -= length;
    index = next;
  }
}

function phaseAt(scenario: Scenario, index: number): Phase {
  const phase = scenario.phases[index];
  if (phase === undefined) throw new RangeError(`Scenario ${scenario.group} has no phase ${index}.`);
  return phase;
}

function nextIndex(scenario: Scenario, index: number): number | undefined {
  return index + 1 < scenario.phases.length ? index + 1 : scenario.repeatFrom;
}

function memberCount(
  scenario: Scenario,
  { phase, ordinal, seed }: { readonly phase: Phase; readonly ordinal: number; readonly seed: number },
): number {
  if (typeof phase.members === "number") return phase.members;
  const random = seededRandom(seed, `${scenario.group} members ${ordinal}`);
  return wholeBetween(random, phase.members.from, phase.members.to);
}

/**
 * The verdicts that are right for the group at a moment, the expected one first; undefined while its phase has not
 * settled yet and any verdict may show.
 */
export function expectedVerdicts(
  scenario: Scenario,
  elapsedSeconds: number,
  clockwork: Clockwork,
): readonly Verdict[] | undefined {
  const moment = momentAt(scenario, elapsedSeconds, clockwork);
  const { expected, settleSeconds } = moment.phase;
  // Phases that only repeat the same expectation (members come and go) settle once, not each time anew.
  const unchanged = scenario.phases.every((phase) => phase.expected.join() === expected.join());
  const settledFor = unchanged ? elapsedSeconds : moment.secondsInto;
  return settledFor >= settleSeconds ? expected : undefined;
}

/** Every verdict that the table expects somewhere, in order of urgency; for tests and documentation. */
export function verdictsShown(scenarios: readonly Scenario[]): readonly Verdict[] {
  const shown = new Set(
    scenarios.flatMap(({ phases }) => phases.flatMap(({ expected }) => expected.slice(0, 1))),
  );
  return VERDICT_NAMES.filter((verdict) => shown.has(verdict));
}
