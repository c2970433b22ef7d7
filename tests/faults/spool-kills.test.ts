/** The spool in real processes on a real disk: killed at random moments and before every system call of its own. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Promises, runWriter } from "../fakes/spool-history.ts";
import { BOUNDS, isRequired } from "./support/bounds.ts";
import { findCrashPoints, hasStrace, killAt } from "./support/system-calls.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-processes-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const KILLS = BOUNDS.kills;
const NOTHING_LOST = { lost: [], doubled: 0, unknown: 0, damagedBytes: 0, saidToBeLost: 0 };

test(`loses nothing over ${KILLS} kills at random moments`, { timeout: 60_000 + KILLS * 3_000 }, async () => {
  const promises = new Promises();
  let killed = 0;
  for (let run = 0; run < KILLS; run += 1) {
    const history = await runWriter({ directory, first: promises.next, killAfterMs: Math.random() * 60 });
    killed += history.killed ? 1 : 0;
    promises.add(history);
    expect({ run, ...(await promises.check(directory)) }).toEqual({ run, ...NOTHING_LOST });
  }
  expect(killed).toBe(KILLS);
  expect(promises.accepted).toBeGreaterThan(KILLS * 10);
});

describe("killed before every system call of its own", () => {
  const traced = hasStrace();

  test("strace is here, or its absence is said", () => {
    const said = traced
      ? ""
      : "SKIPPED 1 test: no strace (apt-get install strace), crash points not enumerated.\n";
    process.stderr.write(said);
    expect(traced || !isRequired("strace")).toBe(true);
  });

  test.runIf(traced)("loses nothing and doubles nothing at any of them", { timeout: 600_000 }, async () => {
    const watched = join(directory, "watched");
    await mkdir(watched);
    const points = await findCrashPoints(watched, 9);
    const calls = new Map<string, number>();
    let killed = 0;
    for (const point of points) {
      const folder = join(directory, `${point.call}-${point.nth}`);
      await mkdir(folder);
      const history = await runWriter({ directory: folder, first: 0, appends: 9, wrapper: killAt(point) });
      const promises = new Promises();
      promises.add(history);
      const found = await promises.check(folder);
      expect({ point, ...found }).toEqual({ point, ...NOTHING_LOST });
      if (history.lines.at(-1) === "closed") continue;
      killed += 1;
      calls.set(point.call, (calls.get(point.call) ?? 0) + 1);
      await rm(folder, { recursive: true });
    }
    const byCall = [...calls].map(([call, count]) => `${call} ${count}`).join(", ");
    process.stderr.write(`${killed} of ${points.length} crash points killed the writer: ${byCall}.\n`);
    expect(killed).toBeGreaterThan(100);
    expect([...calls.keys()]).toEqual(
      expect.arrayContaining(["openat", "pwrite64", "fdatasync", "fsync", "rename", "unlink", "close"]),
    );
  });
});
