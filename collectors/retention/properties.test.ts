/** What holds for every sequence of runs, with any gaps between them and any jumps of the clock. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { steadySince } from "./clock.ts";
import { MOST_REMOVALS, planRetention } from "./plan.ts";
import type { StoredIndex } from "./types.ts";
import type { Span } from "../elasticsearch/windows.ts";
import { coveredUntil, DAY_MS, firstWindow } from "../elasticsearch/windows.ts";

const BIRTH = Date.parse("2026-11-21T10:00:00Z");
const HOUR_MS = 3_600_000;

type Step = {
  /** Real time since the last run. */
  readonly pauseMs: number;
  /** What the clock is wrong by from now on; null: as before. */
  readonly setMs: number | null;
  /** A new process knows nothing of the run before. */
  readonly restart: boolean;
};

const pause = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: HOUR_MS, max: 26 * HOUR_MS }) },
  { weight: 2, arbitrary: fc.integer({ min: DAY_MS, max: 7 * DAY_MS }) },
  { weight: 1, arbitrary: fc.integer({ min: 7 * DAY_MS, max: 200 * DAY_MS }) },
);
const jump = fc.oneof(
  { weight: 8, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: -400, max: 4000 }).map((days) => days * DAY_MS) },
  { weight: 1, arbitrary: fc.integer({ min: -30, max: 30 }).map((hours) => hours * HOUR_MS) },
);
const step: fc.Arbitrary<Step> = fc.record({
  pauseMs: pause,
  setMs: jump,
  restart: fc.boolean(),
});

/** As Elasticsearch keeps them; its clock is the host's, and so is wrong together with ours. */
class Series {
  readonly retentionDays: number;
  indices: StoredIndex[] = [];
  #made = 0;

  constructor(retentionDays: number, nowMs: number) {
    this.retentionDays = retentionDays;
    this.#add(firstWindow(nowMs, retentionDays), nowMs);
  }

  #add(span: Span, nowMs: number): void {
    for (const other of this.indices) {
      const isApart =
        other.span === null || other.span.endMs <= span.startMs || span.endMs <= other.span.startMs;
      if (!isApart) throw new Error(`${JSON.stringify(span)} overlaps ${other.name}`);
    }
    this.#made += 1;
    this.indices = [
      ...this.indices.map((index) => ({ ...index, isWriteIndex: false })),
      { name: `w${this.#made}`, createdMs: nowMs, span, isWriteIndex: true, isOurs: true },
    ];
  }

  run(nowMs: number, steadySinceMs: number | null) {
    const { retentionDays, indices } = this;
    const plan = planRetention({
      mode: "time_series",
      nowMs,
      retentionDays,
      indices,
      template: null,
      daysOfName: 1,
      steadySinceMs,
    });
    const gone = indices.filter(({ name }) => plan.remove.some((removal) => removal.name === name));
    for (const span of plan.open) this.#add(span, nowMs);
    this.indices = this.indices.filter(({ name }) => !gone.some((index) => index.name === name));
    return { plan, gone };
  }

  spans(): readonly Span[] {
    return this.indices.flatMap(({ span }) => span ?? []);
  }
}

type World = { realMs: number; offMs: number; steadySinceMs: number | null; before: number };

function play(
  retentionDays: number,
  steps: readonly Step[],
  check: (series: Series, world: World, done: ReturnType<Series["run"]>) => void,
): void {
  const series = new Series(retentionDays, BIRTH);
  const world: World = { realMs: BIRTH, offMs: 0, steadySinceMs: null, before: BIRTH };
  series.run(BIRTH, null);
  for (const { pauseMs, setMs, restart } of steps) {
    const realBefore = world.realMs;
    world.realMs += pauseMs;
    world.offMs = setMs ?? world.offMs;
    const nowMs = world.realMs + world.offMs;
    world.steadySinceMs = restart
      ? null
      : steadySince(
          world.steadySinceMs,
          { wallMs: world.before, monotonicMs: realBefore },
          { wallMs: nowMs, monotonicMs: world.realMs },
        );
    world.before = nowMs;
    check(series, world, series.run(nowMs, world.steadySinceMs));
  }
}

const retention = fc.oneof(fc.integer({ min: 1, max: 120 }), fc.constantFrom(365, 3650));

test("by the clock of the run nothing young is deleted, windows never overlap, the horizon is kept, and so is the write index", () => {
  fc.assert(
    fc.property(retention, fc.array(step, { maxLength: 40 }), (retentionDays, steps) => {
      play(retentionDays, steps, (series, { realMs, offMs }, { gone }) => {
        const nowMs = realMs + offMs;
        expect(gone.length).toBeLessThanOrEqual(MOST_REMOVALS);
        for (const { span, isWriteIndex } of gone) {
          expect(isWriteIndex).toBe(false);
          expect((span?.endMs ?? nowMs) + retentionDays * DAY_MS).toBeLessThanOrEqual(nowMs);
        }
        expect(coveredUntil(series.spans(), nowMs) ?? 0).toBeGreaterThanOrEqual(nowMs + 21 * DAY_MS);
        // Yesterday, tomorrow, and what covers all documents that are young enough.
        const from = nowMs - Math.min(30, retentionDays) * DAY_MS + DAY_MS;
        expect(coveredUntil(series.spans(), Math.min(from, nowMs)) ?? 0).toBeGreaterThan(nowMs);
        expect(series.run(nowMs, null).plan).toMatchObject({ open: [] });
      });
    }),
    { numRuns: 500 },
  );
});

test("after a week without a run there are still fourteen days ahead", () => {
  fc.assert(
    fc.property(retention, fc.array(step, { maxLength: 20 }), (retentionDays, steps) => {
      const calm = steps.map((each) => ({
        ...each,
        setMs: null,
        pauseMs: Math.min(each.pauseMs, 7 * DAY_MS),
      }));
      play(retentionDays, calm, (series, { realMs }) => {
        const laterMs = realMs + 7 * DAY_MS;
        expect(coveredUntil(series.spans(), laterMs) ?? 0).toBeGreaterThanOrEqual(laterMs + 14 * DAY_MS);
      });
    }),
    { numRuns: 300 },
  );
});

/** A wrong clock that the process saw change, and that is right again within a day. */
test("no jump of the clock that a process sees and that is mended within a day deletes a young document", () => {
  const episode = fc.record({
    calm: fc.array(fc.integer({ min: HOUR_MS, max: 26 * HOUR_MS }), { minLength: 1, maxLength: 60 }),
    offMs: fc.integer({ min: -4000, max: 4000 }).map((days) => days * DAY_MS),
    wrong: fc.array(fc.integer({ min: HOUR_MS / 2, max: 2 * HOUR_MS }), { minLength: 1, maxLength: 10 }),
  });
  fc.assert(
    fc.property(retention, fc.array(episode, { maxLength: 4 }), (retentionDays, episodes) => {
      const steps = episodes.flatMap(({ calm, offMs, wrong }): Step[] => [
        ...calm.map((pauseMs, number): Step => ({ pauseMs, setMs: number === 0 ? 0 : null, restart: false })),
        ...wrong.map((pauseMs, number): Step => ({
          pauseMs,
          setMs: number === 0 ? offMs : null,
          restart: false,
        })),
      ]);
      play(retentionDays, steps, (_series, { realMs }, { gone }) => {
        for (const { span } of gone) {
          expect((span?.endMs ?? realMs) + retentionDays * DAY_MS).toBeLessThanOrEqual(realMs);
        }
      });
    }),
    { numRuns: 500 },
  );
});

test("without jumps everything that is too old goes within the next runs, and what is kept is bounded", () => {
  fc.assert(
    fc.property(retention, fc.integer({ min: 50, max: 400 }), (retentionDays, count) => {
      const steps = Array.from({ length: count }, () => ({ pauseMs: DAY_MS, setMs: null, restart: true }));
      play(retentionDays, steps, (series, { realMs }, { plan }) => {
        expect(plan.held).toBeNull();
        expect(plan.due).toBe(plan.remove.length);
        const old = series.spans().filter(({ endMs }) => endMs + retentionDays * DAY_MS <= realMs);
        expect(old).toEqual([]);
      });
    }),
    { numRuns: 60 },
  );
});
