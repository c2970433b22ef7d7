/** Runs a property for as long as its share of the fuzz time lasts, and says how many cases that were. */
import fc from "fast-check";
import { BOUNDS } from "./bounds.ts";

export type FuzzRun = {
  readonly name: string;
  /** Share of the time of all fuzz runs. */
  readonly share: number;
  /** Fewer cases than this in a whole minute's share mean that something is far too slow. */
  readonly atLeast: number;
};

/** What must hold, far cheaper than an assertion with a report. */
export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}

/** @returns the number of cases. @throws Error with seed, path and the smallest counterexample. */
export async function fuzz<T>(
  run: FuzzRun,
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => void | Promise<void>,
): Promise<number> {
  const ms = BOUNDS.fuzzSeconds * 1000 * run.share;
  const property = fc.asyncProperty(arbitrary, async (value) => {
    await check(value);
  });
  const details = await fc.check(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: ms,
    maxSkipsPerRun: 0,
  });
  process.stderr.write(
    `${run.name}: ${details.numRuns} cases in ${Math.round(ms / 1000)} s, seed ${details.seed}.\n`,
  );
  if (details.failed && details.counterexample !== null) {
    const report = await fc.asyncDefaultReportMessage(details);
    throw new Error(`${report ?? ""}\n${String(details.errorInstance)}`);
  }
  const least = Math.floor((run.atLeast * BOUNDS.fuzzSeconds) / 60);
  if (details.numRuns < least)
    throw new Error(`Only ${details.numRuns} cases, at least ${least} were expected.`);
  return details.numRuns;
}
