import { describe, expect, test } from "vitest";
import { CONSUMER_RULES } from "../consumer-rules.ts";
import { windowSeconds } from "../consumer-values.ts";
import { VERDICT_NAMES } from "../../model/verdicts.ts";
import type { Verdict } from "../../model/verdicts.ts";
import { freshnessMs, judgeAllClear } from "./sight.ts";
import type { GroupEvidence, Reading } from "./sight.ts";

const NOW = Date.UTC(2026, 0, 1);
const about = (alertName: string) => ({ alertName, nowMs: NOW, intervalSeconds: 30 });
const evidence = (verdict: Verdict, more: Partial<GroupEvidence> = {}): GroupEvidence => ({
  tickMs: NOW - 20_000,
  verdict,
  ...more,
});
const read = (group: GroupEvidence | null, clusterTickMs: number | null = NOW - 20_000): Reading => ({
  kind: "read",
  clusterTickMs,
  group,
});
const kindOf = (reading: Reading, alertName = "KafkaConsumerGroupStopped") =>
  judgeAllClear(reading, about(alertName)).kind;

describe("an all-clear is not believed", () => {
  test("when Elasticsearch cannot be read, whatever the rule, and the reason is kept", () => {
    for (const { name } of CONSUMER_RULES) {
      expect(judgeAllClear({ kind: "unreadable", reason: "connection refused" }, about(name))).toEqual({
        kind: "blind",
        reason: "connection refused",
      });
    }
  });

  test("when the collector is dead: the last document says ok, but it is old", () => {
    const tickMs = NOW - 121_000;
    const sight = judgeAllClear(read(evidence("ok", { tickMs }), tickMs), about("KafkaConsumerGroupStopped"));
    expect(sight).toEqual({
      kind: "blind",
      reason: "The newest trusted document of the cluster is 121 s old.",
    });
  });

  test("when the cluster has no trusted document at all", () => {
    expect(kindOf(read(null, null))).toBe("blind");
  });

  test("when the group is gone while its cluster is seen: that is no recovery", () => {
    expect(kindOf(read(null))).toBe("gone");
    expect(kindOf(read(evidence("ok", { tickMs: NOW - 200_000 })))).toBe("gone");
  });

  test("when the data still shows the problem, as after a reload of the rules", () => {
    expect(kindOf(read(evidence("stopped")))).toBe("still_true");
    expect(kindOf(read(evidence("ok", { partitions_stalled: 1 })), "KafkaConsumerPartitionStalled")).toBe(
      "still_true",
    );
    expect(kindOf(read(evidence("ok", { objective_ratio: 1.2 })), "KafkaConsumerObjectiveMissed")).toBe(
      "still_true",
    );
    expect(kindOf(read(evidence("falling_behind")), "KafkaConsumerLagGrowing")).toBe("still_true");
  });

  test("of any rule while nothing is consumed: the worse alert takes over, and nothing got well", () => {
    for (const { name } of CONSUMER_RULES) {
      for (const verdict of ["no_owner", "stopped", "vanished"] as const) {
        expect(kindOf(read(evidence(verdict, { objective_ratio: 0 })), name)).toBe("still_true");
      }
    }
  });
});

describe("an all-clear is believed", () => {
  test("when a fresh document shows the group well, whatever the rule", () => {
    for (const alertName of [...CONSUMER_RULES.map(({ name }) => name), "ARuleOfTomorrow"]) {
      expect(kindOf(read(evidence("ok", { objective_ratio: 0.2 })), alertName)).toBe("recovered");
    }
  });

  test("of a stopped group that consumes again, although it is still late", () => {
    expect(kindOf(read(evidence("catching_up", { objective_ratio: 9 })))).toBe("recovered");
  });

  test("by a document at the edge of fresh, and by a clock that is ahead", () => {
    const edge = NOW - freshnessMs(30);
    expect(kindOf(read(evidence("ok", { tickMs: edge }), edge))).toBe("recovered");
    expect(kindOf(read(evidence("ok", { tickMs: NOW + 5000 }), NOW + 5000))).toBe("recovered");
  });
});

test("an unknown rule is judged by the verdict's severity", () => {
  const bad = VERDICT_NAMES.filter((verdict) => kindOf(read(evidence(verdict)), "Other") === "still_true");
  expect(bad).toEqual([
    "rewound",
    "hot_partition",
    "falling_behind",
    "no_owner",
    "stalled",
    "stopped",
    "vanished",
  ]);
});

test("a document counts as old before the rules' window is empty, so that a dead collector is always noticed", () => {
  for (const interval of [1, 5, 10, 15, 30, 60, 120, 300]) {
    expect(freshnessMs(interval)).toBeLessThan(windowSeconds(interval) * 1000);
  }
});
