/** What a scenario is: a world, a script of what happens to it, and what must be said about it when. */
import type { ResolvedPolicy } from "../../model/policy.ts";
import type { Verdict } from "../../model/verdicts.ts";
import type { Simulation } from "./run.ts";

export type Expectation = {
  /** Seconds of virtual time. */
  readonly from: number;
  readonly to: number;
  /** Verdicts that are right for the subject in this span; anything of warning or worse outside is a false alarm. */
  readonly allowed: readonly Verdict[];
};

export type Detection = {
  readonly verdict: Verdict;
  /** When it happened. */
  readonly happensAt: number;
  /** From when on it can be told from something harmless. */
  readonly decidableAt: number;
};

export type Scenario = {
  readonly name: string;
  readonly seconds: number;
  /** Group under test. */
  readonly subject: string;
  readonly policy?: Partial<ResolvedPolicy>;
  readonly build: (simulation: Simulation) => void;
  readonly script?: (simulation: Simulation, second: number) => void;
  /** First second the collector runs; 120 by default, so that Burrow's windows are full. */
  readonly collectorFrom?: number;
  readonly expected?: readonly Expectation[];
  readonly detect?: Detection;
  /** Every one of these must have been the subject's verdict at some tick, in this order. */
  readonly sequence?: readonly Verdict[];
  /** Verdict of the subject at the last tick. */
  readonly ends?: readonly Verdict[];
  /** Spans in which every group may be suspect. */
  readonly suspect?: { readonly from: number; readonly to: number };
  /** The monitoring must be suspected in at least one tick. */
  readonly mustBeSuspect?: boolean;
};
