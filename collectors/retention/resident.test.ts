/** The hourly loop: it outlives every failure, and knows when its own clock was set. */
import { describe, expect, test } from "vitest";
import { Health } from "./health.ts";
import { createRetentionMetrics } from "./metrics.ts";
import { keepRetention } from "./resident.ts";
import type { RunResult } from "./run.ts";

const START = Date.parse("2026-11-21T10:00:00Z");
const HOUR_MS = 3_600_000;

const result = (about: Partial<RunResult> = {}): RunResult => ({
  state: "done",
  deleted: 0,
  opened: 0,
  due: 0,
  indices: 12,
  held: null,
  warnings: [],
  oldestMs: START - HOUR_MS,
  coveredUntilMs: null,
  ...about,
});

/** Runs until so many turns are over; time passes only while it waits. */
async function play(
  turns: number,
  about: {
    readonly run: (turn: number) => RunResult;
    /** The clock is set by this before that turn. */
    readonly set?: Readonly<Record<number, number>>;
    readonly random?: number;
  },
) {
  const now = { wallMs: START, monotonicMs: 5_000 };
  const stop = new AbortController();
  const waits: number[] = [];
  const steady: (number | null)[] = [];
  const said: string[] = [];
  const health = new Health({ ...now });
  await keepRetention({
    run: async ({ steadySinceMs }) => {
      steady.push(steadySinceMs);
      return about.run(steady.length);
    },
    health,
    clock: () => ({ ...now }),
    random: () => about.random ?? 0.5,
    signal: stop.signal,
    say: {
      done: () => said.push("done"),
      failed: (reason) => said.push(reason),
      clockJumped: () => said.push("clock"),
    },
    wait: async (ms) => {
      waits.push(ms);
      if (waits.length === turns) stop.abort();
      now.wallMs += ms + (about.set?.[waits.length + 1] ?? 0);
      now.monotonicMs += ms;
    },
  });
  return { waits, steady, said, health, now };
}

function fails(sentence: string): never {
  throw new Error(sentence);
}

describe("the loop", () => {
  test("tries again with longer and longer pauses, and after a success once an hour", async () => {
    const { waits, said } = await play(9, { run: (turn) => (turn < 8 ? fails("away") : result()) });
    expect(waits.map((ms) => ms / 1000)).toEqual([30, 60, 120, 240, 480, 900, 900, 3600, 3600]);
    expect(said.slice(-3)).toEqual(["away", "done", "done"]);
  });

  test("comes a little earlier or later each time", async () => {
    expect((await play(1, { run: () => result(), random: 0 })).waits).toEqual([3_240_000]);
    expect((await play(1, { run: () => result(), random: 1 })).waits).toEqual([3_960_000]);
  });

  test("looks each minute until the first document is there", async () => {
    const { waits } = await play(2, { run: (turn) => result({ state: turn === 1 ? "empty" : "done" }) });
    expect(waits).toEqual([60_000, 3_600_000]);
  });

  test("notices that the clock was set, forward or back, and remembers when", async () => {
    const { steady, said } = await play(4, { run: () => result(), set: { 3: 30 * 24 * HOUR_MS } });
    expect(steady).toEqual([
      null,
      null,
      START + 2 * HOUR_MS + 30 * 24 * HOUR_MS,
      START + 2 * HOUR_MS + 30 * 24 * HOUR_MS,
    ]);
    expect(said.filter((word) => word === "clock")).toHaveLength(1);
    const back = await play(3, { run: () => result(), set: { 2: -2 * HOUR_MS } });
    expect(back.steady[1]).toBe(START - HOUR_MS);
    const small = await play(3, { run: () => result(), set: { 2: 5 * 60_000 } });
    expect(small.steady).toEqual([null, null, null]);
  });
});

describe("health", () => {
  test("is ready until a day without a good run has passed, and says since when and why", async () => {
    const { health, now } = await play(1, { run: () => result() });
    const doneMs = health.lastSuccessMs ?? 0;
    health.failed("Elasticsearch cannot be reached.");
    expect(health.readiness(doneMs + 23 * HOUR_MS)).toEqual({ ready: true, reasons: [] });
    expect(health.readiness(doneMs + 25 * HOUR_MS)).toEqual({
      ready: false,
      reasons: [
        "Retention has not run since 2026-11-21T10:00Z. The last failure: Elasticsearch cannot be reached.",
      ],
    });
    expect(health.liveness(now.monotonicMs).ready).toBe(true);
    expect(health.liveness(now.monotonicMs + HOUR_MS).reasons[0]).toContain("late by 60 min");
  });

  test("is not ready when no run was good in the first ten minutes", async () => {
    const { health } = await play(1, { run: () => fails("refused") });
    expect(health.readiness(START + 60_000).ready).toBe(true);
    expect(health.readiness(START + 700_000).reasons[0]).toBe(
      "Retention has not run since the start at 2026-11-21T10:00Z. The last failure: refused",
    );
  });

  test("has metrics that add up, and none for what is not known", async () => {
    const { health } = await play(3, {
      run: (turn) => (turn === 2 ? fails("away") : result({ deleted: 2, opened: 1, due: 3 })),
    });
    const text = await (await createRetentionMetrics(health)).render();
    for (const line of [
      'lagline_retention_runs_total{result="done"} 2',
      'lagline_retention_runs_total{result="failed"} 1',
      "lagline_retention_deleted_indices_total 4",
      "lagline_retention_opened_indices_total 2",
      "lagline_retention_indices 12",
      "lagline_retention_due_indices 3",
      `lagline_retention_oldest_timestamp_seconds ${(START - HOUR_MS) / 1000}`,
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).not.toMatch(/^lagline_retention_covered_until_timestamp_seconds \d/m);
  });
});
