/** One run of `lagline keys` at a time per folder of keys, so that no two write the same file. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";

const NAME = ".lagline-keys.lock";
const holder = z.object({ pid: z.number(), host: z.string() });

/** @throws LaglineError `LAGLINE_KEYS_BUSY` naming who works there. */
export async function withKeyLock<T>(files: readonly string[], use: () => Promise<T>): Promise<T> {
  // Where there is no folder, there is no file that two could write.
  const folders = [...new Set(files.map((file) => dirname(file)))].filter((folder) => existsSync(folder));
  const paths = folders.map((folder) => join(folder, NAME)).toSorted();
  const held: string[] = [];
  try {
    for (const path of paths) {
      take(path);
      held.push(path);
    }
    return await use();
  } finally {
    for (const path of held) rmSync(path, { force: true });
  }
}

function take(path: string): void {
  const text = JSON.stringify({ pid: process.pid, host: hostname() });
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const other = readHolder(path);
  if (other !== undefined && !isGone(other)) {
    throw new LaglineError({
      code: "LAGLINE_KEYS_BUSY",
      message: `Process ${other.pid} on ${other.host} makes or rotates keys in ${dirname(path)} at this moment.`,
      hint: `Wait until it has ended. If there is no such process any more, delete ${path}.`,
      retryable: true,
    });
  }
  // Left by a process that was killed.
  rmSync(path, { force: true });
  writeFileSync(path, text, { flag: "wx", mode: 0o600 });
}

function readHolder(path: string): z.output<typeof holder> | undefined {
  try {
    return holder.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** What happens on another host cannot be seen from here. */
function isGone({ pid, host }: z.output<typeof holder>): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
