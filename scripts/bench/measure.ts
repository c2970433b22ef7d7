/** Runs a program and measures it from outside, the same way for every program: CPU, wall time, peak memory (Linux). */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export type Measurement = {
  readonly exitCode: number;
  readonly wallSeconds: number;
  /** User and system time of the process and all its threads. */
  readonly cpuSeconds: number;
  /** High-water mark of the resident set, kept by the kernel. */
  readonly peakMegabytes: number;
  readonly stderr: string;
};

/** Often enough that what happens after the last look does not matter; CPU time has a resolution of 10 ms anyway. */
const SAMPLE_MS = 5;
const TICKS_PER_SECOND = 100;

export async function measure(command: string, args: readonly string[], cwd: string): Promise<Measurement> {
  const started = performance.now();
  const child = spawn(command, [...args], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  let last = { cpuSeconds: 0, peakMegabytes: 0 };
  const timer = setInterval(() => {
    last = (child.pid === undefined ? null : readUsage(child.pid)) ?? last;
  }, SAMPLE_MS);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      resolve(code ?? 1);
    });
  }).finally(() => {
    clearInterval(timer);
  });
  return { exitCode, wallSeconds: (performance.now() - started) / 1000, ...last, stderr };
}

export function readUsage(pid: number): { cpuSeconds: number; peakMegabytes: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields count from behind the closing bracket of the name: utime and stime are the 12th and 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return peak === undefined
      ? null
      : { cpuSeconds: ticks / TICKS_PER_SECOND, peakMegabytes: Number(peak) / 1024 };
  } catch {
    return null;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
