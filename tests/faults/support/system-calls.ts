/** Every system call that a spool writer makes on its own files, found by watching one run that is not disturbed. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runWriter } from "../../fakes/spool-history.ts";

/** `nth` counts the calls of one thread, as strace's `when` does. */
export type CrashPoint = { readonly call: string; readonly nth: number };

/** All that change something on disk or take a name; what only reads cannot lose anything. */
const CALLS = [
  "openat",
  "write",
  "pwrite64",
  "ftruncate",
  "fdatasync",
  "fsync",
  "rename",
  "link",
  "unlink",
  "rmdir",
  "mkdir",
  "bind",
  "close",
];

export function hasStrace(): boolean {
  return spawnSync("strace", ["-V"]).status === 0;
}

export async function findCrashPoints(directory: string, appends: number): Promise<readonly CrashPoint[]> {
  const log = join(directory, "..", "calls.log");
  const wrapper = ["strace", "-f", "-qq", "-y", "-o", log, "-e", `trace=${CALLS.join(",")}`];
  await runWriter({ directory, first: 0, appends, wrapper });
  const counts = new Map<string, number>();
  const points: CrashPoint[] = [];
  for (const line of readFileSync(log, "utf8").split("\n")) {
    const found = /^(\d+) +(\w+)\(/.exec(line);
    if (found === null) continue;
    const [, thread = "", call = ""] = found;
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    if (line.includes(directory)) points.push({ call, nth });
  }
  // Two threads may give the same point; one run stands for both.
  return [...new Map(points.map((point) => [`${point.call} ${point.nth}`, point])).values()];
}

export function killAt({ call, nth }: CrashPoint): readonly string[] {
  const inject = `inject=${call}:signal=KILL:when=${nth}`;
  return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
}
