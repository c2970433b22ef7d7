/** Runs `spool-writer.ts` processes and checks their histories against what is on disk afterwards. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { openSpool } from "../../collectors/spool/open.ts";

const WRITER = join(import.meta.dirname, "spool-writer.ts");

export type History = {
  readonly lines: readonly string[];
  readonly killed: boolean;
  readonly exitCode: number | null;
};

export type WriterRun = {
  readonly directory: string;
  readonly first: number;
  readonly appends?: number;
  readonly maxBytes?: number;
  /** SIGKILL after this time. */
  readonly killAfterMs?: number;
  /** Put before the command, such as strace with its options. */
  readonly wrapper?: readonly string[];
};

export async function runWriter(run: WriterRun): Promise<History> {
  const own = [process.execPath, WRITER, run.directory, String(run.first), String(run.appends ?? 0)];
  if (run.maxBytes !== undefined) own.push(String(run.maxBytes));
  const [command = "", ...args] = [...(run.wrapper ?? []), ...own];
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "ignore"],
    // strace counts system calls per thread; with one thread for files the count is the process's.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString("utf8");
    // The clock runs from the moment the spool is open, so that kills fall into its work.
    if (run.killAfterMs !== undefined && output.startsWith("open") && timer === undefined) {
      timer = setTimeout(() => child.kill("SIGKILL"), run.killAfterMs);
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const [exitCode, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on("close", (code, name) => {
      resolve([code, name]);
    });
  });
  clearTimeout(timer);
  // A line that was cut off was not said.
  const lines = output.split("\n").slice(0, -1);
  return { lines, killed: signal === "SIGKILL" || exitCode === 137, exitCode };
}

/** What all processes so far have promised. */
export class Promises {
  readonly #accepted = new Set<number>();
  readonly #settled = new Set<number>();
  /** Highest number that a process may have written. */
  next = 0;

  add(history: History): void {
    for (const line of history.lines) {
      const added = /^\+(\d+)-(\d+)$/.exec(line);
      const [from, to] = [Number(added?.[1]), Number(added?.[2])];
      for (let id = from; id <= to; id += 1) this.#accepted.add(id);
      if (line.startsWith("-")) for (const id of line.slice(1).split(",")) this.#settled.add(Number(id));
    }
    this.next = Math.max(this.next, ...[...this.#accepted].slice(-1).map((id) => id + 1)) + 1_000;
  }

  get accepted(): number {
    return this.#accepted.size;
  }

  /** Opens the spool and compares. Everything is given back; the directory can be used again. */
  async check(directory: string): Promise<{
    lost: readonly number[];
    doubled: number;
    unknown: number;
    damagedBytes: number;
    /** What the spool itself says is lost. */
    saidToBeLost: number;
  }> {
    const { spool, recovery } = await openSpool({ directory, version: "test", segmentBytes: 4_096 });
    const found: number[] = [];
    for (let lease = await spool.take(); lease !== undefined; lease = await spool.take()) {
      for (const [, id] of lease.ndjson.toString("utf8").matchAll(/"id":(\d+)/g)) found.push(Number(id));
    }
    await spool.close();
    const waiting = new Set(found);
    const lost = [...this.#accepted].filter((id) => !waiting.has(id) && !this.#settled.has(id));
    // An append that was cut off after its sync is there without having been promised: from now on it is promised.
    const unknown = found.filter((id) => !this.#accepted.has(id));
    for (const id of unknown) this.#accepted.add(id);
    return {
      lost,
      doubled: found.length - waiting.size,
      unknown: unknown.length % 40,
      damagedBytes: recovery.damagedBytes,
      saidToBeLost: recovery.lostDocuments,
    };
  }
}
