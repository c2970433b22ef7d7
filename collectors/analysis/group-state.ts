/** What is remembered of one group between ticks, and what one tick found out about it. */
import type { ResolvedPolicy } from "../../model/policy.ts";
import type { BurrowStatus } from "../../model/statuses.ts";
import type { TimeLagMethod, Verdict } from "../../model/verdicts.ts";
import type { LagExpectation } from "./batch-window.ts";
import type { Settled } from "./hysteresis.ts";
import { LagTrend } from "./trend.ts";

export type GroupState = {
  readonly group: string;
  /** Rows of the partition table by topic and partition number; -1 where none. */
  readonly rows: Map<string, number[]>;
  readonly trend: LagTrend;
  readonly settled: Settled;
  verdictSinceMs: number;
  verdictGiven: boolean;
  firstSeenMs: number;
  /** Last tick with a reading. */
  readAtMs: number;
  /** Newest commit of any partition. */
  lastCommitMs: number;
  /** First tick of the present absence, 0 while present. */
  missingSinceMs: number;
  vanishedReported: boolean;
  /** Since when the lag grows beyond noise, 0 while it does not. */
  growingSinceMs: number;
  owners: readonly string[];
  /** Owners before they all left, for the sentence at 3 a.m. */
  lastOwners: readonly string[];
  ownersLeftMs: number;
  /** Slow averages from times when all was well: what is usual. NaN while unknown. */
  usualProduce: number;
  usualConsume: number;
  /** Of the last trusted tick; repeated while suspect so that firing rules stay as they are. */
  trusted: TrustedFacts | null;
  /** How bad the present verdict has been; null while it is not a warning or worse. */
  peak: Peak | null;
  /** Ticks with a commit, newest in bit 0, of the last ten. */
  activity: number;
};

export type TrustedFacts = {
  readonly verdict: Verdict;
  readonly cause: string;
  readonly objectiveRatio: number | null;
  readonly totalLag: number;
};

export type Peak = {
  /** Seconds; NaN while none was known. */
  readonly timeLag: number;
  readonly lag: number;
  /** Partitions that the sentence was about. */
  readonly partitions: number;
  readonly cause: string;
};

export type WorstPartition = {
  readonly topic: string;
  readonly partition: number;
  readonly owner: string | null;
  readonly lag: number;
  readonly timeLag: number;
  readonly timeLagError: number;
  readonly method: TimeLagMethod;
  readonly commitAge: number;
  readonly produceRate: number;
  readonly consumeRate: number;
};

export type GroupFacts = {
  readonly state: GroupState;
  readonly policy: ResolvedPolicy;
  /** Null where the policy has no batch windows. */
  readonly expectation: LagExpectation | null;
  readonly status: BurrowStatus;
  readonly complete: number;
  readonly partitionCount: number;
  topics: readonly string[];
  owners: readonly string[];
  /** Partitions with a commit. */
  known: number;
  stale: number;
  totalLag: number;
  maxLag: number;
  lagging: number;
  /** Partitions by verdict code. */
  readonly verdicts: number[];
  late: number;
  lateShrinking: number;
  lateUnknown: number;
  lateLag: number;
  withoutOwner: number;
  beyondEnd: number;
  moved: number;
  produceRate: number;
  consumeRate: number;
  /** Sum of the partitions' lag velocities; NaN when unknown. */
  velocity: number;
  /** For how long the group's lag has been growing beyond noise, ms. */
  growingMs: number;
  maxProduceRate: number;
  eta: number;
  breachIn: number;
  ratio: number;
  newestCommitMs: number;
  /** Partitions with a commit that the tick before did not have. */
  fresh: number;
  worst: WorstPartition | null;
  /** Worst partition among those with the worst failing verdict: what the sentence is about. */
  culprits: Culprits | null;
  rewoundMessages: number;
  rewoundPartitions: number;
  skippedMessages: number;
  skippedPartitions: number;
  alive: boolean;
};

/** The few partitions a verdict is about. */
export type Culprits = {
  readonly verdict: Verdict;
  readonly partitions: readonly string[];
  readonly count: number;
  readonly lag: number;
  readonly owners: readonly string[];
  readonly unowned: number;
  /** Seconds since the newest commit among them. */
  readonly commitAge: number;
  readonly unmoved: number;
  readonly offset: number;
  readonly commitsComing: boolean;
  readonly produceRate: number;
  readonly consumeRate: number;
};

export function newGroupState(group: string, nowMs: number): GroupState {
  return {
    group,
    rows: new Map(),
    trend: new LagTrend(),
    settled: { verdict: "unknown", pending: "unknown", pendingTicks: 0 },
    verdictSinceMs: nowMs,
    verdictGiven: false,
    firstSeenMs: nowMs,
    readAtMs: 0,
    lastCommitMs: 0,
    missingSinceMs: 0,
    vanishedReported: false,
    growingSinceMs: 0,
    owners: [],
    lastOwners: [],
    ownersLeftMs: 0,
    usualProduce: Number.NaN,
    usualConsume: Number.NaN,
    trusted: null,
    peak: null,
    activity: 0,
  };
}
