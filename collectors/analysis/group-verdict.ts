/** What one tick finds about a group. One lagging partition points at its consumer, all of them at group or producer. */
import type { Verdict } from "../../model/verdicts.ts";
import { countOf } from "./group-facts.ts";
import type { GroupFacts } from "./group-state.ts";
import type { Settings } from "./settings.ts";
import type { Slope } from "./trend.ts";

/** At most this share of the partitions can be "few". */
const FEW = 0.25;
/** From this share of the lag on few partitions, they are the cause. */
const MOST = 0.6;

export function findGroupVerdict(facts: GroupFacts, settings: Settings): Verdict {
  for (const failure of ["stopped", "stalled", "no_owner"] as const) {
    if (countOf(facts, failure) > 0) return failure;
  }
  if (facts.known === 0 || facts.beyondEnd === facts.known) return "unknown";
  if (facts.policy.expected_idle && facts.moved === 0) return "idle";
  if (facts.expectation !== null && facts.moved === 0 && facts.totalLag > 0 && isAllExpected(facts))
    return "idle";
  if (isOutsideWindows(facts)) return countOf(facts, "rewound") > 0 ? "rewound" : "ok";
  const behind = findBehind(facts, settings);
  if (behind !== null && behind !== "catching_up") return behind;
  if (countOf(facts, "rewound") > 0) return "rewound";
  if (behind !== null) return behind;
  if (facts.lateUnknown > 0) return "unknown";
  if (countOf(facts, "idle") > 0 && countOf(facts, "ok") === 0 && facts.totalLag === 0) return "idle";
  return "ok";
}

/** Outside of every batch window of its policy: whatever waits is expected to. */
export function isOutsideWindows({ expectation }: GroupFacts): boolean {
  return expectation?.ageSeconds === Number.POSITIVE_INFINITY;
}

function isAllExpected({ expectation, worst }: GroupFacts): boolean {
  const age = expectation?.ageSeconds ?? 0;
  return age === Number.POSITIVE_INFINITY || (worst !== null && worst.timeLag <= age);
}

function findBehind(facts: GroupFacts, settings: Settings): Verdict | null {
  if (facts.totalLag < facts.policy.lag_floor) return null;
  const rewound = countOf(facts, "rewound");
  const lateNow = facts.late - facts.lateUnknown;
  if (lateNow > 0) {
    if (facts.lateShrinking === lateNow) return "catching_up";
    // The rewound ones are late because they went back; they are not slow.
    if (rewound >= lateNow - facts.lateShrinking) return null;
    return isConcentrated(facts) ? "hot_partition" : "falling_behind";
  }
  if (facts.growingMs < settings.forecastMs || facts.breachIn > settings.breachHorizonSeconds || rewound > 0)
    return null;
  return facts.known >= 3 && facts.maxLag >= MOST * facts.totalLag ? "hot_partition" : "falling_behind";
}

/** Rates are smoothed: a consumer within three per cent of its producer keeps up. */
const KEEPS_UP = 0.97;

/** Few partitions hold most of the lag while the others are within the objective. */
function isConcentrated(facts: GroupFacts): boolean {
  const few = Math.max(1, Math.floor(facts.known * FEW));
  return facts.known >= 3 && facts.late <= few && facts.lateLag >= MOST * facts.totalLag;
}

/** Growth over the trend window beyond what the age of end offsets can pretend. */
export function isGrowing(facts: GroupFacts, slope: Slope, settings: Settings): boolean {
  if (Number.isNaN(slope.perSecond) || slope.spanSeconds * 1000 < settings.trendMs * 0.5) return false;
  // Between two commits of a slow committer lag grows too; its rates tell that it keeps up.
  if (!(facts.velocity > 0) || facts.consumeRate > KEEPS_UP * facts.produceRate) return false;
  const noise = ((facts.produceRate || 0) * settings.refreshMs) / 1000;
  return slope.perSecond * slope.spanSeconds > Math.max(noise, facts.policy.lag_floor / 2);
}
