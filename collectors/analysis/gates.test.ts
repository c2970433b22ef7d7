import { describe, expect, it } from "vitest";
import type { LagDocument } from "../../model/documents.ts";
import type { BurrowState, GroupReading } from "../../model/snapshot.ts";
import { TEST_POLICY } from "../../tests/support/policy.ts";
import { createAnalyser } from "./index.ts";

const T0 = Date.UTC(2026, 10, 21);
const BURROW: BurrowState = {
  server: "b",
  ready: true,
  selfLag: 0,
  offsetRefreshSeconds: 10,
  clockSkewMs: 0,
  host: "b-1",
};

function reading(group: string, of: { nowMs: number; committed: number; lag: number }): GroupReading {
  const commit = {
    offset: of.committed,
    timestampMs: of.nowMs - 2000,
    observedAtMs: of.nowMs - 2000,
    lag: of.lag,
  };
  return {
    group,
    status: "OK",
    complete: 1,
    partitionCount: 1,
    totalLag: of.lag,
    partitions: [
      {
        topic: `topic-of-${group}`,
        partition: 0,
        status: "OK",
        owner: "10.0.0.1",
        clientId: "c",
        start: commit,
        end: commit,
        currentLag: of.lag,
        complete: 1,
      },
    ],
  };
}

type Step = {
  readonly groups: readonly string[];
  /** Listed, but its answer does not come. */
  readonly unreadable?: string;
  readonly burrow?: Partial<BurrowState>;
  readonly lag?: number;
};

/** Plays ticks of 30 s in which every named group moves on; returns the documents of the last one. */
function playSteps(steps: readonly Step[]): LagDocument[][] {
  const analyser = createAnalyser({
    cluster: "c",
    intervalSeconds: 30,
    minimumComplete: 1,
    resolvePolicy: () => TEST_POLICY,
  });
  return steps.map((step, index) => {
    const nowMs = T0 + index * 30_000;
    const tick = analyser.beginTick({
      tickMs: nowMs,
      nowMs,
      listedGroups: step.groups,
      listComplete: true,
      burrow: { ...BURROW, ...step.burrow },
    });
    const documents: LagDocument[] = [];
    for (const group of step.groups) {
      if (group === step.unreadable) {
        tick.addUnreadable(group, {
          kind: "timeout",
          scope: "group",
          name: group,
          detail: "no answer in 5 s.",
        });
        continue;
      }
      documents.push(
        ...tick.addGroup(reading(group, { nowMs, committed: 1000 + index * 300, lag: step.lag ?? 0 })),
      );
    }
    return [...documents, ...tick.finish()];
  });
}

const FOUR = ["a", "b", "c", "d"];
const many = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
const clusterOf = (documents: readonly LagDocument[] | undefined) =>
  documents?.find((document) => document.record === "cluster");
const verdictsOf = (documents: readonly LagDocument[] | undefined) =>
  documents
    ?.filter((document) => document.record === "group")
    .map((document) => `${document.group} ${document.verdict}`);

describe("while the monitoring cannot be trusted", () => {
  it("a Burrow that is not ready makes the cluster suspect, and its groups keep their last verdict", () => {
    const ticks = playSteps([
      ...many(25, { groups: FOUR }),
      ...many(6, { groups: [], burrow: { ready: false } }),
    ]);
    expect(clusterOf(ticks.at(-1))?.suspect_reason).toContain("not ready");
    expect(verdictsOf(ticks.at(-1))).toEqual(FOUR.map((group) => `${group} suspect_data`));
  });

  it("a group whose answer could not be read keeps its last verdict and says why", () => {
    const ticks = playSteps([...many(5, { groups: FOUR }), { groups: FOUR, unreadable: "b" }]);
    const held = ticks.at(-1)?.find((document) => document.record === "group" && document.group === "b");
    expect(held?.verdict).toBe("suspect_data");
    expect(held?.verdict_code).toBe(0);
    expect(held?.cause).toBe(
      "Burrow's answer for this group could not be read: no answer in 5 s. Last trusted verdict: ok.",
    );
    expect(clusterOf(ticks.at(-1))?.groups_unreadable).toBe(1);
  });

  it("thousands of unread records make it suspect and a handful does not", () => {
    const behind = playSteps([...many(5, { groups: FOUR }), { groups: FOUR, burrow: { selfLag: 23_271 } }]);
    expect(clusterOf(behind.at(-1))?.suspect_reason).toContain("23,271 records behind");
    const busy = playSteps([...many(5, { groups: FOUR }), { groups: FOUR, burrow: { selfLag: 40 } }]);
    expect(clusterOf(busy.at(-1))?.suspect).toBe(0);
  });

  it("a list that shrinks at once keeps the missing groups on their last verdict", () => {
    const ticks = playSteps([...many(25, { groups: FOUR }), ...many(6, { groups: ["a"] })]);
    const last = ticks.at(-1);
    expect(clusterOf(last)?.suspect_reason).toContain("shrank from 4 to 1");
    expect(verdictsOf(last)).toEqual([
      "a suspect_data",
      "b suspect_data",
      "c suspect_data",
      "d suspect_data",
    ]);
    expect(
      last?.filter((document) => document.record === "group").map((document) => document.verdict_code),
    ).toEqual([0, 0, 0, 0]);
  });

  it("lag that jumps in all groups in one tick blames nobody", () => {
    const ticks = playSteps([...many(10, { groups: FOUR }), { groups: FOUR, lag: 5_000_000 }]);
    expect(clusterOf(ticks.at(-1))?.suspect_reason).toContain("Lag jumped in 4 of 4 groups");
    expect(verdictsOf(ticks.at(-1))).toEqual(FOUR.map((group) => `${group} suspect_data`));
  });
});

describe("groups that are gone", () => {
  it("one of four missing is vanished after two minutes, with an event, and keeps a document per tick", () => {
    const rest = FOUR.slice(1);
    const ticks = playSteps([...many(25, { groups: FOUR }), ...many(8, { groups: rest })]);
    const events = ticks.flat().filter((document) => document.event_kind === "group_vanished");
    expect(events).toHaveLength(1);
    expect(events[0]?.event_text).toContain("a is gone");
    expect(verdictsOf(ticks.at(-1))).toContain("a vanished");
    expect(verdictsOf(ticks[26])).toContain("a ok");
  });

  it("a group that comes back says after how long", () => {
    const ticks = playSteps([
      ...many(25, { groups: FOUR }),
      ...many(8, { groups: FOUR.slice(1) }),
      ...many(3, { groups: FOUR }),
    ]);
    const back = ticks.flat().find((document) => document.event_kind === "group_appeared");
    expect(back?.event_text).toBe("a is back after 4 min.");
    expect(verdictsOf(ticks.at(-1))).toContain("a ok");
  });

  it("a group known for a few minutes leaves without an alarm", () => {
    const ticks = playSteps([
      ...many(10, { groups: FOUR }),
      ...many(3, { groups: [...FOUR, "console"] }),
      ...many(10, { groups: FOUR }),
    ]);
    expect(verdictsOf(ticks.at(-1))).toEqual(FOUR.map((group) => `${group} ok`));
    expect(ticks.flat().filter((document) => document.verdict === "vanished")).toEqual([]);
  });
});
