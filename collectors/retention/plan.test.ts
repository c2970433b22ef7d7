/** What a run of retention decides, case by case; what must hold for any sequence of runs is in properties.test.ts. */
import { describe, expect, test } from "vitest";
import { MOST_REMOVALS, planRetention, type PlanInput } from "./plan.ts";
import type { StoredIndex } from "./types.ts";
import type { Span } from "../elasticsearch/windows.ts";
import { DAY_MS, firstWindow } from "../elasticsearch/windows.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");
const at = (text: string): number => Date.parse(text.includes("T") ? text : `${text}T00:00:00Z`);
const ago = (days: number): number => NOW - days * DAY_MS;
const span = (start: string, end: string): Span => ({ startMs: at(start), endMs: at(end) });

function stored(name: string, about: Partial<StoredIndex>): StoredIndex {
  return { name, createdMs: ago(0.1), span: null, isWriteIndex: false, isOurs: true, ...about };
}

/** Windows of three days that touch, the first as given, each made 21 days before it begins. */
function windows(first: string, count: number): StoredIndex[] {
  return Array.from({ length: count }, (_, number) => {
    const startMs = at(first) + number * 3 * DAY_MS;
    return stored(`w${number + 1}`, {
      span: { startMs, endMs: startMs + 3 * DAY_MS },
      createdMs: Math.min(startMs - 21 * DAY_MS, ago(0.1)),
      isWriteIndex: number === count - 1,
    });
  });
}

function plan(about: Partial<PlanInput>) {
  return planRetention({
    mode: "time_series",
    nowMs: NOW,
    retentionDays: 30,
    indices: [],
    template: null,
    daysOfName: 1,
    steadySinceMs: null,
    ...about,
  });
}
const names = (removals: readonly { name: string }[]): string[] => removals.map(({ name }) => name);
const days = (spans: readonly Span[]): string[] =>
  spans.map(({ startMs, endMs }) =>
    [startMs, endMs].map((ms) => new Date(ms).toISOString().slice(5, 10)).join(" to "),
  );

describe("deletes nothing", () => {
  // From 1 October: seven windows have ended by 22 October.
  const old = windows("2026-10-01", 26);

  test("when the clock is earlier than the newest index", () => {
    const [ahead, ...rest] = windows("2026-10-01", 26).toReversed();
    const indices = [
      ...rest,
      stored("made-later", { ...ahead, name: "made-later", createdMs: NOW + DAY_MS }),
    ];
    const { remove, due, held } = plan({ indices });
    expect(remove).toEqual([]);
    expect(due).toBeGreaterThan(0);
    expect(held).toContain("the index made-later was made at 2026-11-22T10:00Z");
  });

  test("when daily documents are from after the clock's tomorrow", () => {
    const indices = [
      stored("d-2026.10.01", { span: span("2026-10-01", "2026-10-02") }),
      stored("d-2026.11.23", { span: span("2026-11-23", "2026-11-24") }),
    ];
    expect(plan({ mode: "daily", indices }).held).toContain(
      "d-2026.11.23 has documents of 2026-11-23T00:00Z",
    );
  });

  test("on the day after the clock was set", () => {
    expect(plan({ indices: old, steadySinceMs: ago(0.9) }).held).toContain("The clock was set at");
    expect(plan({ indices: old, steadySinceMs: ago(1.1) }).remove).not.toEqual([]);
  });

  test("when no index was made for long: a standstill and a jump of the clock look alike", () => {
    const stopped = old.map((index) => ({ ...index, createdMs: index.createdMs - 40 * DAY_MS }));
    const { remove, due, held } = plan({ indices: stopped });
    expect({ remove, isDue: due > 0 }).toEqual({ remove: [], isDue: true });
    expect(held).toContain("either everything stood still, or the clock jumped");
  });

  test("on the first day after such a pause, and something after it", () => {
    const resumed = (agoDays: number) =>
      plan({
        indices: old.map((index, number) => ({
          ...index,
          createdMs: number < 20 ? ago(60) : ago(agoDays),
        })),
      });
    expect(resumed(0.5).held).toContain("Nothing is deleted before new indices have come for a day");
    expect(names(resumed(1.5).remove)).toEqual(["w1", "w2", "w3", "w4", "w5", "w6", "w7"]);
  });

  test("that does not carry the mark of the template, and says so", () => {
    const { remove, due, warnings } = plan({ indices: old.map((index) => ({ ...index, isOurs: false })) });
    expect({ remove, due }).toEqual({ remove: [], due: 0 });
    expect(warnings[0]).toMatch(
      /^7 indices are older than 30 days and do not carry the mark.*w1, w2, w3 and 4 more/,
    );
  });

  test("that is the write index, however old", () => {
    const indices = [stored("only", { span: span("2026-09-01", "2026-10-01"), isWriteIndex: true })];
    expect(plan({ indices }).remove).toEqual([]);
  });

  test("whose times are not known", () => {
    const indices = [...old, stored("unknown", { span: null, createdMs: ago(1) })];
    expect(names(plan({ indices }).remove)).not.toContain("unknown");
  });

  test("whose newest possible document is younger than the retention, to the millisecond", () => {
    const end = ago(30);
    const index = (endMs: number) => [
      stored("edge", { span: { startMs: ago(33), endMs } }),
      ...windows("2026-11-01", 14),
    ];
    expect(names(plan({ indices: index(end) }).remove)).toEqual(["edge"]);
    expect(plan({ indices: index(end + 1) }).remove).toEqual([]);
  });
});

describe("a time series", () => {
  test("gets bounds for its first document from the template, which are brought up to date until it comes", () => {
    const first = { startMs: at("2026-10-22"), endMs: at("2026-11-25") };
    expect(firstWindow(NOW, 30)).toEqual(first);
    expect(plan({ template: first }).first).toBeNull();
    expect(plan({ template: { ...first, endMs: at("2026-11-22") } }).first).toEqual(first);
    expect(plan({ template: { ...first, startMs: at("2026-11-22") } }).first).toEqual(first);
    // As a setup without retention leaves it.
    expect(plan({ template: { ...first, endMs: at("2027-11-21") } }).first).toEqual(first);
  });

  test("is opened for 21 days after its first index, in windows of a tenth of the retention", () => {
    const indices = [stored("first", { span: firstWindow(NOW, 30), isWriteIndex: true })];
    const { open, coveredUntilMs, first } = plan({ indices });
    expect(days(open)).toEqual([
      "11-25 to 11-28",
      "11-28 to 12-01",
      "12-01 to 12-04",
      "12-04 to 12-07",
      "12-07 to 12-10",
      "12-10 to 12-13",
    ]);
    expect({ coveredUntilMs, first }).toEqual({ coveredUntilMs: at("2026-12-13"), first: null });
  });

  test("needs nothing at the second run", () => {
    const indices = windows("2026-10-22", 18);
    expect(plan({ indices })).toMatchObject({ open: [], remove: [], due: 0, held: null, warnings: [] });
  });

  test("is opened again after a standstill, with the days that lie back", () => {
    const indices = windows("2026-09-01", 5).map((index) => ({ ...index, createdMs: at("2026-09-01") }));
    const { open, remove } = plan({ indices });
    expect(days(open).slice(0, 2)).toEqual(["10-23 to 10-26", "10-26 to 10-29"]);
    expect(open.at(-1)?.endMs).toBeGreaterThanOrEqual(NOW + 21 * DAY_MS);
    expect(remove).toEqual([]);
  });

  test("fills a gap between windows without overlapping them", () => {
    const indices = [
      stored("before", { span: span("2026-10-22", "2026-11-20") }),
      stored("after", { span: span("2026-11-24T06:00:00Z", "2026-12-20"), isWriteIndex: true }),
    ];
    expect(plan({ indices }).open).toEqual([
      span("2026-11-20", "2026-11-23"),
      span("2026-11-23", "2026-11-24T06:00:00Z"),
    ]);
  });

  test("with the one wide index of an older setup goes on, and says when that is deleted", () => {
    const wide = stored("wide", {
      span: span("2026-10-22", "2027-11-21"),
      isWriteIndex: true,
      createdMs: ago(40),
    });
    const { open, warnings, remove } = plan({ indices: [wide] });
    expect({ open, remove }).toEqual({ open: [], remove: [] });
    expect(warnings[0]).toContain(
      "its end cannot be lowered, and it is deleted whole after 2027-12-21T00:00Z",
    );
    const later = plan({ indices: [wide], nowMs: at("2027-11-05") });
    expect(days(later.open)[0]).toBe("11-21 to 11-24");
  });

  test("names windows that overlap, and one that was made while a clock was ahead", () => {
    const indices = [
      ...windows("2026-10-22", 18),
      stored("twin", { span: span("2026-11-21", "2026-11-22") }),
    ];
    expect(plan({ indices }).warnings[0]).toMatch(/^The time bounds of w\d+ and twin overlap/);
    const far = [...windows("2026-10-22", 18), stored("far", { span: span("2036-01-01", "2036-01-04") })];
    expect(plan({ indices: far }).warnings[0]).toContain("it was made while a clock was wrong");
  });

  test.each([
    [1, 1, 22],
    [19, 1, 40],
    [30, 3, 17],
    [3650, 365, 1],
  ])(
    "of %i days has windows of %i days, and at most %i of them are missing at once",
    (retentionDays, length, count) => {
      const stale = [stored("stale", { span: span("2001-01-01", "2001-01-02"), isWriteIndex: true })];
      const { open } = plan({ retentionDays, indices: stale });
      expect(open.length).toBe(count);
      expect(Math.max(...open.map(({ startMs, endMs }) => endMs - startMs))).toBe(length * DAY_MS);
    },
  );
});

describe("a plain data stream", () => {
  test("rolls over when Elasticsearch finds it due, and loses indices by when the next one was made", () => {
    const made = (name: string, from: number, to: number): StoredIndex =>
      stored(name, {
        createdMs: ago(from),
        span: { startMs: ago(from), endMs: to === 0 ? Number.POSITIVE_INFINITY : ago(to) },
        isWriteIndex: to === 0,
      });
    const indices = Array.from({ length: 33 }, (_, number) =>
      made(`i${33 - number}`, 33 - number, 32 - number),
    );
    const { rollOver, open, remove } = plan({ mode: "data_stream", indices });
    expect({ rollOver, open, removed: names(remove) }).toEqual({
      rollOver: true,
      open: [],
      removed: ["i33", "i32", "i31"],
    });
  });

  test("that does not exist yet is left alone", () => {
    expect(plan({ mode: "data_stream" })).toMatchObject({ rollOver: false, remove: [], oldestMs: null });
  });
});

describe("daily indices", () => {
  const day = (number: number): StoredIndex => {
    const startMs = at("2026-11-21") - number * DAY_MS;
    return stored(`d${number}`, {
      span: { startMs, endMs: startMs + DAY_MS },
      createdMs: Math.min(startMs, NOW),
    });
  };

  test("go by their names, at most so many in one run", () => {
    const indices = Array.from({ length: 40 }, (_, number) => day(number));
    const { remove, oldestMs, rollOver, open } = plan({ mode: "daily", indices });
    expect(names(remove)).toEqual(["d39", "d38", "d37", "d36", "d35", "d34", "d33", "d32", "d31"]);
    expect({ oldestMs, rollOver, open }).toEqual({ oldestMs: at("2026-10-22"), rollOver: false, open: [] });
    const many = Array.from({ length: 200 }, (_, number) => day(number));
    const bounded = plan({ mode: "daily", indices: many });
    expect({ removed: bounded.remove.length, due: bounded.due }).toEqual({
      removed: MOST_REMOVALS,
      due: 169,
    });
  });

  test("stay while no new ones come", () => {
    const indices = Array.from({ length: 30 }, (_, number) => day(number + 10));
    expect(plan({ mode: "daily", indices }).held).toContain("stood still");
  });
});
