/** One process per spool: real processes that start at once, after crashes, with stale and senseless locks. */
import { createHash, randomUUID } from "node:crypto";
import { copyFile, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSpool } from "../../collectors/spool/open.ts";
import { lockDirectory } from "../../collectors/spool/lock.ts";
import { runWriter } from "../fakes/spool-history.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-processes-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
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

/** A promise and the way to end it. */
function createGate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((end) => {
    resolve = end;
  });
  return { promise, resolve };
}

describe("a stale lock that several starters want", () => {
  /** Leaves a lock behind as a crash does, and gives its text. */
  async function leaveLock(): Promise<string> {
    const first = await lockDirectory(directory);
    const path = join(directory, "lock");
    const own: Record<string, unknown> = JSON.parse(await readFile(path, "utf8"));
    await first.release();
    const text = JSON.stringify({ ...own, startTicks: "1", id: randomUUID() });
    await writeFile(path, text);
    return text;
  }

  test("is left alone by one that judged it before another replaced it, also while a third starts", async () => {
    for (let round = 0; round < 50; round += 1) {
      await leaveLock();
      const judged = createGate();
      const goOn = createGate();
      const slow = lockDirectory(directory, {
        judged: async () => {
          judged.resolve();
          await goOn.promise;
        },
      });
      await judged.promise;
      const winner = await lockDirectory(directory);
      const held = await readFile(join(directory, "lock"), "utf8");
      goOn.resolve();
      const third = lockDirectory(directory);
      // The lock must never be away, not even for a moment: that is when a third one slips in.
      const seen = new Set<string>();
      const results = Promise.allSettled([slow, third]);
      const isDone = results.then(() => true);
      while (!(await Promise.race([isDone, setImmediate(false)]))) {
        seen.add(await readFile(join(directory, "lock"), "utf8").catch(() => "gone"));
      }
      expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect([...seen]).toEqual([held]);
      await winner.release();
    }
  });

  test("goes to exactly one of twenty in one process, fifty times", async () => {
    for (let round = 0; round < 50; round += 1) {
      await leaveLock();
      const all = await Promise.allSettled(Array.from({ length: 20 }, async () => lockDirectory(directory)));
      const winners = all.filter((result) => result.status === "fulfilled");
      expect({ round, winners: winners.length }).toEqual({ round, winners: 1 });
      await winners[0]?.value.release();
    }
    expect(await readdir(directory)).toEqual([]);
  });

  test("is replaced although the one that was about to replace it died", async () => {
    const text = await leaveLock();
    const judged = createGate();
    const never = lockDirectory(directory, {
      judged: async () => {
        judged.resolve();
        await new Promise(() => undefined);
      },
    });
    void never.catch(() => undefined);
    await judged.promise;
    // Its claim, as it would be if it had died right after it: made by a process that is no more.
    const { ino, mtimeMs } = await stat(join(directory, "lock"));
    const name = createHash("sha256").update(`${ino} ${mtimeMs} ${text}`).digest("hex").slice(0, 32);
    const claimant: Record<string, unknown> = JSON.parse(text);
    await writeFile(
      join(directory, `lock.break.${name}`),
      JSON.stringify({ ...claimant, id: "a dead claimant" }),
    );
    const lock = await lockDirectory(directory);
    expect(lock.broke).toMatch(/^pid \d+$/);
    expect((await readdir(directory)).filter((file) => file.startsWith("lock.break."))).toEqual([]);
    await lock.release();
  });

  test("is waited for while somebody alive is replacing it", async () => {
    const text = await leaveLock();
    const own = await lockDirectory(await mkdtemp(join(directory, "other-")));
    const { ino, mtimeMs } = await stat(join(directory, "lock"));
    const name = createHash("sha256").update(`${ino} ${mtimeMs} ${text}`).digest("hex").slice(0, 32);
    const [other = ""] = (await readdir(directory)).filter((file) => file.startsWith("other-")).slice(0, 1);
    await copyFile(join(directory, other, "lock"), join(directory, `lock.break.${name}`));
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: "LAGLINE_SPOOL_LOCKED" });
    expect(await readFile(join(directory, "lock"), "utf8")).toBe(text);
    await own.release();
  });
});
