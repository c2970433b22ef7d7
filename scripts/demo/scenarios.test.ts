import { expect, test } from "vitest";
import { ratePerPartition } from "./produce-plan.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Scenario } from "./types.ts";
import { expectedVerdicts, verdictsShown } from "./timeline.ts";

const clockwork = { seed: 1, speed: 1 };

function lagAfterCycle(
  scenario: Scenario,
  of: { readonly rate: number; readonly partition: number },
): number {
  return scenario.phases.slice(scenario.repeatFrom).reduce((lag, phase) => {
    const idle = phase.members === 0 || phase.stuckPartition === of.partition;
    const growth = of.rate - (idle ? 0 : phase.capacity);
    return Math.max(0, lag + (phase.rewindMessages ?? 0) + growth * phase.seconds);
  }, 0);
}

test("groups and topics are unique and topics carry the demo's prefix", () => {
  expect(new Set(SCENARIOS.map(({ group }) => group)).size).toBe(SCENARIOS.length);
  expect(new Set(SCENARIOS.map(({ topic }) => topic)).size).toBe(SCENARIOS.length);
  expect(SCENARIOS.filter(({ topic }) => !topic.startsWith("demo-"))).toEqual([]);
});

test("all scenarios together stay below 300 messages per second", () => {
  const total = SCENARIOS.reduce((sum, { production }) => sum + production.ratePerSecond, 0);
  expect(total).toBeGreaterThan(100);
  expect(total).toBeLessThanOrEqual(300);
});

test("every verdict about a consumer is shown by some scenario", () => {
  expect(verdictsShown(SCENARIOS)).toEqual([
    "ok",
    "idle",
    "catching_up",
    "rewound",
    "hot_partition",
    "falling_behind",
    "stalled",
    "stopped",
  ]);
});

test("a group that should keep up has room to spare on every partition", () => {
  const tight = SCENARIOS.flatMap((scenario) => {
    const busiest = Math.max(...ratePerPartition(scenario));
    return scenario.phases
      .filter(({ expected, capacity }) => expected[0] === "ok" && capacity < busiest * 1.5)
      .map(({ says }) => `${scenario.group} ${says}`);
  });
  expect(tight).toEqual([]);
});

test("a group that should fall behind is slower than its producer on every partition, a hot one on one only", () => {
  const tooSlow = SCENARIOS.flatMap((scenario) =>
    scenario.phases.map(({ expected, capacity }) => ({
      verdict: expected[0],
      partitions: scenario.partitions,
      tooSlow: ratePerPartition(scenario).filter((rate) => rate > capacity).length,
    })),
  );
  expect(tooSlow.filter(({ verdict }) => verdict === "falling_behind")).toEqual([
    { verdict: "falling_behind", partitions: 4, tooSlow: 4 },
  ]);
  expect(tooSlow.filter(({ verdict }) => verdict === "hot_partition")).toEqual([
    { verdict: "hot_partition", partitions: 6, tooSlow: 1 },
  ]);
});

test("phases that repeat give back the lag they build up, so that the demo can run for days", () => {
  const left = SCENARIOS.filter(({ repeatFrom }) => repeatFrom !== undefined).flatMap((scenario) =>
    ratePerPartition(scenario).map((rate, partition) => ({
      group: scenario.group,
      partition,
      lag: lagAfterCycle(scenario, { rate, partition }),
    })),
  );
  expect(left.length).toBeGreaterThan(10);
  expect(left.filter(({ lag }) => lag > 0)).toEqual([]);
});

test("nothing is expected of a group before its phase has settled", () => {
  const early = SCENARIOS.filter((scenario) => expectedVerdicts(scenario, 10, clockwork) !== undefined);
  expect(early).toEqual([]);
});

test("after five and a half minutes every group shows the verdict that its name promises", () => {
  const shown = Object.fromEntries(
    SCENARIOS.map((scenario) => [scenario.group, expectedVerdicts(scenario, 330, clockwork)?.[0]]),
  );
  expect(shown).toEqual({
    "orders-healthy": "ok",
    "billing-falling-behind": "falling_behind",
    "payments-stopped": "stopped",
    "exports-hung": "stopped",
    "shipping-stuck-partition": "stalled",
    "search-catching-up": "catching_up",
    "ledger-rewound": "rewound",
    "clicks-hot-partition": "hot_partition",
    "archive-idle": "idle",
    "mails-rebalancing": "ok",
    "reports-too-many-consumers": "ok",
  });
});
