/** The words of the demo's scenario table: who produces how much, how the consumers behave, and what lag that shows. */
import type { Verdict } from "../../model/verdicts.ts";

export type Production = {
  /** Messages per second over all partitions; 0 produces nothing after the first burst. */
  readonly ratePerSecond: number;
  /** Share of each partition, relative to the others. Left out: all alike. */
  readonly weights?: readonly number[];
  /** Messages per partition written at once when the demo starts. */
  readonly firstBurst?: number;
};

/** How the consumers of a group behave for a while. */
export type Phase = {
  /** Seconds it lasts at speed 1; Infinity holds it for ever. */
  readonly seconds: number;
  /** Number of group members, or the bounds between which the seed draws one. */
  readonly members: number | { readonly from: number; readonly to: number };
  /** Messages per second and partition that a member can handle. */
  readonly capacity: number;
  /** Members stay in the group, but neither read nor commit. */
  readonly hung?: true;
  /** A partition whose next message can never be handled: its offset is committed, but does not move. */
  readonly stuckPartition?: number;
  /** When the phase begins, each partition's committed offset goes back by this many messages. */
  readonly rewindMessages?: number;
  /** What happens, for the log: a sentence about the group. */
  readonly says: string;
  /** Verdicts that are right once the phase has settled, the expected one first. */
  readonly expected: readonly Verdict[];
  /** Seconds until the expected verdict shows: Burrow's refresh, the collector's tick and the analysis need time. */
  readonly settleSeconds: number;
};

export type Scenario = {
  /** Consumer group: the team's service, then what is wrong with it. */
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  /** What the scenario shows, in one sentence for the table and the README. */
  readonly shows: string;
  readonly production: Production;
  readonly phases: readonly Phase[];
  /** Index of the phase after the last one; undefined holds the last phase. */
  readonly repeatFrom?: number;
};
