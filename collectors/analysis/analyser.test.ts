import { describe, expect, it } from "vitest";
import type { LagDocument } from "../../model/documents.ts";
import type { GroupReading, PartitionReading } from "../../model/snapshot.ts";
import { TEST_POLICY } from "../../tests/support/policy.ts";
import { createAnalyser } from "./index.ts";

const T0 = Date.UTC(2026, 10, 21, 12);

function partition(of: {
  committed: number;
  head: number;
  commitMs: number;
  partition?: number;
}): PartitionReading {
  const commit = {
    offset: of.committed,
    timestampMs: of.commitMs,
    observedAtMs: of.commitMs,
    lag: of.head - of.committed,
  };
  return {
    topic: "orders",
    partition: of.partition ?? 0,
    status: "OK",
    owner: "10.0.0.1",
    clientId: "c-1",
    start: {
      ...commit,
      offset: of.committed - 100,
      timestampMs: of.commitMs - 90_000,
      observedAtMs: of.commitMs - 90_000,
    },
    end: commit,
    currentLag: of.head - of.committed,
    complete: 1,
  };
}

function run(ticks: number, at: (tick: number, nowMs: number) => PartitionReading[]): LagDocument[][] {
  const analyser = createAnalyser({
    cluster: "local",
    intervalSeconds: 30,
    minimumComplete: 1,
    resolvePolicy: () => TEST_POLICY,
  });
  const all: LagDocument[][] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const nowMs = T0 + tick * 30_000;
    const partitions = at(tick, nowMs);
    const reading: GroupReading = {
      group: "billing",
      status: "OK",
      complete: 1,
      partitionCount: partitions.length,
      totalLag: partitions.reduce((sum, p) => sum + p.currentLag, 0),
      partitions,
    };
    const analysis = analyser.beginTick({
      tickMs: nowMs,
      nowMs,
      listedGroups: ["billing"],
      listComplete: true,
      burrow: { server: "b", ready: true, selfLag: 0, offsetRefreshSeconds: 10, clockSkewMs: 0, host: "b" },
    });
    const heads = partitions.map((p) => (p.end?.offset ?? 0) + p.currentLag);
    all.push([
      ...analysis.addTopic({ topic: "orders", endOffsets: heads, assignable: true }),
      ...analysis.addGroup(reading),
      ...analysis.finish(),
    ]);
  }
  return all;
}

function groupOf(documents: readonly LagDocument[] | undefined): LagDocument {
  const found = documents?.find((document) => document.record === "group");
  if (found === undefined) throw new Error("no group document");
  return found;
}

describe("createAnalyser", () => {
  it("calls a group that stopped committing stopped, with the time and the lag in the sentence", () => {
    const ticks = run(12, (tick, nowMs) => [
      partition({
        committed: 1000 + Math.min(tick, 5) * 300,
        head: 1000 + tick * 300,
        commitMs: Math.min(nowMs, T0 + 150_000),
      }),
    ]);
    const last = groupOf(ticks.at(-1));
    expect(last.verdict).toBe("stopped");
    expect(last.cause).toContain("No commit for 3 min");
    expect(last.cause).toContain("1,800 messages wait");
    expect(last.total_lag).toBe(1800);
  });

  /** 10 messages a second are handled for some ticks, then 2. */
  const slowing = (tick: number, nowMs: number, slowFrom: number) => [
    partition({
      committed: 1000 + Math.min(tick, slowFrom) * 300 + Math.max(0, tick - slowFrom) * 60,
      head: 1000 + tick * 300,
      commitMs: nowMs,
    }),
  ];

  it("says what changed against half an hour in which all was well", () => {
    const last = groupOf(run(80, (tick, nowMs) => slowing(tick, nowMs, 60)).at(-1));
    expect(last.verdict).toBe("falling_behind");
    expect(last.cause).toMatch(/the consumer slowed from (10|9\.\d)\/s to 2\/s, the producer is at 10\/s/);
  });

  it("claims no change of a group that it has only begun to watch", () => {
    const last = groupOf(run(24, (tick, nowMs) => slowing(tick, nowMs, 4)).at(-1));
    expect(last.verdict).toBe("falling_behind");
    expect(last.cause).toContain("produced 10/s, consumed 2/s");
  });

  it("finds seconds late between two observed end offsets", () => {
    const ticks = run(10, (tick, nowMs) => [
      partition({ committed: 1000 + Math.max(0, tick - 2) * 300, head: 1000 + tick * 300, commitMs: nowMs }),
    ]);
    const last = groupOf(ticks.at(-1));
    expect(last.time_lag_method).toBe("interpolated");
    expect(last.time_lag_seconds).toBeGreaterThan(55);
    expect(last.time_lag_seconds).toBeLessThan(70);
    expect(last.time_lag_error_seconds).toBeLessThanOrEqual(40);
  });

  it("leaves a group that keeps up alone", () => {
    const ticks = run(10, (tick, nowMs) => [
      partition({ committed: 1000 + tick * 300, head: 1000 + tick * 300, commitMs: nowMs }),
    ]);
    expect(groupOf(ticks.at(-1)).verdict).toBe("ok");
    expect(ticks.at(-1)?.find((document) => document.record === "cluster")?.groups_ok).toBe(1);
  });
});
