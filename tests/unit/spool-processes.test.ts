/** The spool in real processes on a real disk: killed at random, killed at every system call, two at once. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSpool } from "../../collectors/spool/open.ts";
import { Promises, runWriter } from "../fakes/spool-history.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-processes-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Where the machine is known to have a tool (`CI_REQUIRE=strace,tmpfs`), its absence is a failure, not a skip. */
function isRequired(tool: string): boolean {
  return (process.env["CI_REQUIRE"] ?? "").split(",").includes(tool);
}

const KILLS = Number(process.env["LAGLINE_KILLS"] ?? 25);

test(`loses nothing over ${KILLS} kills at random moments`, { timeout: 60_000 + KILLS * 2_000 }, async () => {
  const promises = new Promises();
  let killed = 0;
  for (let run = 0; run < KILLS; run += 1) {
    const history = await runWriter({ directory, first: promises.next, killAfterMs: Math.random() * 60 });
    killed += history.killed ? 1 : 0;
    promises.add(history);
    const { lost, doubled, unknown, damagedBytes } = await promises.check(directory);
    expect({ run, lost, doubled, unknown, damagedBytes }).toEqual({
      run,
      lost: [],
      doubled: 0,
      unknown: 0,
      damagedBytes: 0,
    });
  }
  expect(killed).toBe(KILLS);
  expect(promises.accepted).toBeGreaterThan(KILLS * 10);
});

describe("killed at every system call of its own", () => {
  const hasStrace = spawnSync("strace", ["-V"]).status === 0;

  test("strace is here, or its absence is said", () => {
    const said = hasStrace
      ? ""
      : "SKIPPED 1 test: no strace (apt-get install strace), crash points not enumerated.\n";
    process.stderr.write(said);
    expect(hasStrace || !isRequired("strace")).toBe(true);
  });

  test.runIf(hasStrace)("loses nothing at any of them", { timeout: 300_000 }, async () => {
    const calls = ["pwrite64", "fdatasync", "fsync", "rename", "unlink,unlinkat,rmdir"];
    let points = 0;
    for (const call of calls) {
      for (let nth = 1; ; nth += 1) {
        const folder = join(directory, `${call}-${nth}`);
        await mkdir(folder);
        const wrapper = [
          "strace",
          "-f",
          "-qq",
          "-o",
          "/dev/null",
          "-e",
          `trace=${call}`,
          "-e",
          `inject=${call}:signal=KILL:when=${nth}`,
        ];
        const history = await runWriter({ directory: folder, first: 0, appends: 9, wrapper });
        const promises = new Promises();
        promises.add(history);
        const found = await promises.check(folder);
        expect({ call, nth, ...found }).toEqual({
          call,
          nth,
          lost: [],
          doubled: 0,
          unknown: 0,
          damagedBytes: 0,
        });
        if (history.lines.at(-1) === "closed") break;
        points += 1;
      }
    }
    process.stderr.write(`${points} crash points enumerated over ${calls.join(", ")}.\n`);
    expect(points).toBeGreaterThan(20);
  });
});

describe("two processes on one spool", () => {
  test("the second refuses to start and says who holds it", async () => {
    const { spool } = await openSpool({ directory, version: "test" });
    const { lines, exitCode } = await runWriter({ directory, first: 0, appends: 1 });
    expect(lines.join("\n")).toContain(
      `error LAGLINE_SPOOL_LOCKED The spool ${directory} is in use by the process with pid ${process.pid}.`,
    );
    expect(exitCode).toBe(1);
    await spool.close();
    expect((await runWriter({ directory, first: 0, appends: 1 })).lines.at(-1)).toBe("closed");
  });

  test("of many that start at once after a crash, exactly one gets it", async () => {
    await runWriter({ directory, first: 0, killAfterMs: 5 });
    const histories = await Promise.all(
      Array.from({ length: 6 }, async (_, index) =>
        // Long enough for the slowest to have started: one that comes after the winner's end would rightly win too.
        runWriter({ directory, first: 1_000 * index, killAfterMs: 8_000 }),
      ),
    );
    const winners = histories.filter(({ lines }) => lines[0]?.startsWith("open"));
    const losers = histories.filter(({ lines }) => lines[0]?.startsWith("error LAGLINE_SPOOL_LOCKED"));
    expect({ winners: winners.length, losers: losers.length }).toEqual({ winners: 1, losers: 5 });
    expect(winners[0]?.lines[0]).toMatch(/"brokeLockOf":"pid \d+"/);
  });

  test("a lock of an earlier boot, of a reused pid or without sense is broken", async () => {
    const { spool } = await openSpool({ directory, version: "test" });
    const path = join(directory, "lock");
    const own: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
    await spool.close();
    const stale = [
      { ...own, bootId: "another boot" },
      { ...own, startTicks: "1" },
      { ...own, pid: 4_194_303 },
    ].map((holder) => JSON.stringify(holder));
    for (const text of [...stale, "", "garbage", "{}"]) {
      await writeFile(path, text);
      const again = await openSpool({ directory, version: "test" });
      expect({ text, broke: typeof again.brokeLockOf }).toEqual({ text, broke: "string" });
      await again.spool.close();
    }
  });

  test("a holder in another pid namespace is found by its socket", async () => {
    const { spool } = await openSpool({ directory, version: "test" });
    const path = join(directory, "lock");
    const own: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
    const foreign = JSON.stringify({ ...own, pid: 4_194_303, pidNamespace: "pid:[1]" });
    await writeFile(path, foreign);
    await expect(openSpool({ directory, version: "test" })).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_LOCKED",
    });
    await spool.close();
    await writeFile(path, foreign);
    const again = await openSpool({ directory, version: "test" });
    expect(again.brokeLockOf).toBe("pid 4194303");
    await again.spool.close();
  });

  test("works in a directory whose path is longer than a socket address", async () => {
    const long = join(directory, "x".repeat(120));
    const { spool } = await openSpool({ directory: long, version: "test" });
    await expect(openSpool({ directory: long, version: "test" })).rejects.toMatchObject({
      code: "LAGLINE_SPOOL_LOCKED",
    });
    await spool.close();
  });
});

/** Mounting needs root. */
function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), "lagline-tmpfs-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", probe]).status === 0;
  if (mounted) execFileSync("umount", [probe]);
  rmdirSync(probe);
  return mounted;
}

describe("a disk that is really full", () => {
  const mounted = canMount();

  test("a small tmpfs can be mounted, or that is said", () => {
    const said = mounted
      ? ""
      : "SKIPPED 1 test: mounting a tmpfs needs root, a really full disk is not tried.\n";
    process.stderr.write(said);
    expect(mounted || !isRequired("tmpfs")).toBe(true);
  });

  test.runIf(mounted)("drops the oldest, keeps the newest, and goes on", { timeout: 60_000 }, async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", directory]);
    try {
      const { lines } = await runWriter({ directory, first: 0, appends: 400 });
      expect(lines.at(-1)).toBe("closed");
      const stats: Record<string, unknown> = JSON.parse(lines.at(-2)?.slice("stats ".length) ?? "{}");
      expect(stats["rejected"]).toBe(0);
      expect(Number(Object(stats["droppedBy"]).disk_full)).toBeGreaterThan(0);
      const { spool } = await openSpool({ directory, version: "test" });
      const ids: number[] = [];
      for (let lease = await spool.take(); lease !== undefined; lease = await spool.take()) {
        for (const [, id] of lease.ndjson.toString("utf8").matchAll(/"id":(\d+)/g)) ids.push(Number(id));
      }
      expect(Math.max(...ids)).toBe(400 * 40 - 1);
      await spool.close();
    } finally {
      execFileSync("umount", [directory]);
    }
  });
});
