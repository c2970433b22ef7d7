/** What must hold for any readings, however odd: checked on generated histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnalyser } from "../../collectors/analysis/index.ts";
import type { Analyser } from "../../collectors/analysis/index.ts";
import type { LagDocument } from "../../model/documents.ts";
import type { CommitReading, GroupReading, PartitionReading } from "../../model/snapshot.ts";
import { play } from "../simulator/run.ts";
import { SCENARIOS } from "../simulator/scenarios.ts";
import { TEST_POLICY } from "../support/policy.ts";

const START = Date.UTC(2026, 10, 21);

const commit = (nowMs: number): fc.Arbitrary<CommitReading> =>
  fc.record({
    offset: fc.oneof(fc.integer({ min: -1, max: 100_000 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    timestampMs: fc.oneof(
      fc.integer({ min: nowMs - 10_000_000, max: nowMs + 5_000_000 }),
      fc.constantFrom(0, -1, 7_854_277_757_146_842_000),
    ),
    observedAtMs: fc.option(fc.integer({ min: nowMs - 10_000_000, max: nowMs + 5_000_000 })),
    lag: fc.option(fc.nat(100_000)),
  });

const partition = (index: number, nowMs: number): fc.Arbitrary<PartitionReading> =>
  fc.record({
    topic: fc.constantFrom("a", "b"),
    partition: fc.constant(index),
    status: fc.constantFrom("OK", "WARN", "STOP", "STALL", "REWIND", "UNKNOWN"),
    owner: fc.option(fc.constantFrom("h1", "h2", "h3")),
    clientId: fc.option(fc.constantFrom("c1", "c2")),
    start: fc.option(commit(nowMs)),
    end: fc.option(commit(nowMs), { freq: 10 }),
    currentLag: fc.nat(1_000_000),
    complete: fc.double({ min: 0, max: 1, noNaN: true }),
  });

type Tick = {
  readonly partitions: readonly PartitionReading[];
  readonly heads: readonly (number | undefined)[];
  readonly ready: boolean;
  readonly selfLag: number | null;
  readonly listed: boolean;
};

const history: fc.Arbitrary<Tick[]> = fc
  .array(fc.constant(null), { minLength: 1, maxLength: 12 })
  .chain((ticks) =>
    fc.tuple(
      ...ticks.map((_, tick) =>
        fc.record({
          partitions: fc.tuple(...[0, 1, 2, 3].map((index) => partition(index, START + tick * 30_000))),
          heads: fc.array(fc.option(fc.nat(2_000_000), { nil: undefined }), { minLength: 4, maxLength: 4 }),
          ready: fc.boolean(),
          selfLag: fc.option(fc.nat(2000)),
          listed: fc.boolean(),
        }),
      ),
    ),
  );

function make(): Analyser {
  return createAnalyser({
    cluster: "p",
    intervalSeconds: 30,
    minimumComplete: 1,
    resolvePolicy: () => ({ ...TEST_POLICY, lag_floor: 10 }),
  });
}

function feed(analyser: Analyser, tick: Tick, at: { index: number; reverse: boolean }): LagDocument[] {
  const nowMs = START + at.index * 30_000;
  const partitions = at.reverse ? tick.partitions.toReversed() : tick.partitions;
  const reading: GroupReading = {
    group: "g",
    status: "OK",
    complete: 1,
    partitionCount: partitions.length,
    totalLag: partitions.reduce((sum, p) => sum + p.currentLag, 0),
    partitions,
  };
  const analysis = analyser.beginTick({
    tickMs: nowMs,
    nowMs,
    listedGroups: tick.listed ? ["g"] : [],
    listComplete: true,
    burrow: {
      server: "s",
      ready: tick.ready,
      selfLag: tick.selfLag,
      offsetRefreshSeconds: 10,
      clockSkewMs: 0,
      host: null,
    },
  });
  const documents = [...analysis.addTopic({ topic: "a", endOffsets: tick.heads, assignable: true })];
  if (tick.listed) documents.push(...analysis.addGroup(reading));
  documents.push(...analysis.finish());
  return documents;
}

const MAY_BE_NEGATIVE = new Set(["lag_velocity", "committed_offset", "window_start_offset"]);

function damaged(documents: readonly LagDocument[]): string[] {
  return documents.flatMap((document) =>
    Object.entries(document).flatMap(([name, value]) => {
      if (typeof value === "string")
        return /NaN|Infinity|undefined|Invalid/u.test(value) ? [`${name}: ${value}`] : [];
      if (typeof value !== "number") return [];
      return !Number.isFinite(value) || (value < 0 && !MAY_BE_NEGATIVE.has(name))
        ? [`${name}: ${value}`]
        : [];
    }),
  );
}

/** Documents without regard to their order. */
function asSet(documents: readonly LagDocument[]): string[] {
  return documents
    .map((document) => JSON.stringify(Object.entries(document).toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .toSorted();
}

describe("for any readings", () => {
  it("no number is infinite, not a number, or negative where it cannot be", () => {
    fc.assert(
      fc.property(history, (ticks) => {
        const analyser = make();
        expect(
          ticks.flatMap((tick, index) => damaged(feed(analyser, tick, { index, reverse: false }))),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("the order of partitions does not matter", () => {
    fc.assert(
      fc.property(history, (ticks) => {
        const forward = make();
        const backward = make();
        for (const [index, tick] of ticks.entries()) {
          expect(asSet(feed(backward, tick, { index, reverse: true }))).toEqual(
            asSet(feed(forward, tick, { index, reverse: false })),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it("history that went through bytes gives the same documents as history that stayed", () => {
    fc.assert(
      fc.property(history, fc.nat(11), (ticks, at) => {
        const stayed = make();
        let moved = make();
        for (const [index, tick] of ticks.entries()) {
          if (index === at) {
            const bytes = moved.exportHistory();
            moved = make();
            if (!moved.importHistory(bytes)) throw new Error("History was refused.");
          }
          const kept = feed(
            stayed,
            { ...tick, ready: true, selfLag: 0, listed: true },
            { index, reverse: false },
          );
          const restored = feed(
            moved,
            { ...tick, ready: true, selfLag: 0, listed: true },
            { index, reverse: false },
          );
          expect(asSet(restored)).toEqual(asSet(kept));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("bytes that were cut or changed are refused and the past is empty", () => {
    const analyser = make();
    const bytes = analyser.exportHistory();
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = bytes.slice();
        broken[at] = (broken[at] ?? 0) ^ change;
        expect(make().importHistory(broken)).toBe(false);
        expect(make().importHistory(bytes.slice(0, at))).toBe(false);
      }),
    );
  });
});

describe("when ticks are missed", () => {
  it("the stated error of a time lag still holds the truth, and only grows", () => {
    const slow = SCENARIOS.find((scenario) => scenario.name === "slow consumer");
    if (slow === undefined) throw new Error("The scenario is gone.");
    const whole = play(slow).samples.filter((sample) => sample.method === "interpolated");
    const holes = play({
      ...slow,
      script: (simulation, second) => {
        slow.script?.(simulation, second);
        simulation.collectorDown = second % 300 > 100;
      },
    }).samples.filter((sample) => sample.method === "interpolated");
    const mean = (samples: typeof whole) =>
      samples.reduce((sum, sample) => sum + (sample.bound ?? 0), 0) / samples.length;
    expect(mean(holes)).toBeGreaterThan(mean(whole));
    expect(holes.filter((sample) => Math.abs(sample.said - sample.truth) > (sample.bound ?? 0) + 2)).toEqual(
      [],
    );
  });
});
