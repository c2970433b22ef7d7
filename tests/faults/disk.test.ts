/** A disk that is full, read-only or damaged, for real: the spool starts, keeps the good and counts the rest. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSpool } from "../../collectors/spool/open.ts";
import { runWriter } from "../fakes/spool-history.ts";
import { isRequired } from "./support/bounds.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lagline-processes-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
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
