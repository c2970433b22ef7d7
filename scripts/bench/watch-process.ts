/** Watches a running process from outside (Linux): CPU, memory and open files over time, the same way for any program. */
import { readFileSync, readdirSync } from "node:fs";

export type Sample = {
  /** Seconds since the watch began. */
  readonly atSeconds: number;
  /** User and system time of the process and all its threads. */
  readonly cpuSeconds: number;
  readonly residentMegabytes: number;
  readonly openFiles: number;
};

export type ProcessSummary = {
  /** CPU time ÷ time: 100 is one core. */
  readonly cpuPercent: number;
  readonly residentMegabytes: { readonly mean: number; readonly highest: number };
  /** Means of the five equal parts of the watch: flat memory goes up and down, a leak only up. */
  readonly residentByFifth: readonly number[];
  /** Straight line through all samples. */
  readonly growthMegabytesPerHour: number;
  readonly openFiles: { readonly first: number; readonly last: number; readonly highest: number };
};

const TICKS_PER_SECOND = 100;
const KILOBYTES = 1024;

/** @throws Error when there is no such process. */
export function sample(pid: number, startedMs: number): Sample {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Fields count from behind the closing bracket of the name: utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    atSeconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentMegabytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / KILOBYTES,
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** What the samples say together; at least two are needed. */
export function summarise(samples: readonly Sample[]): ProcessSummary {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 2) {
    throw new RangeError(`Two samples are needed, got ${samples.length}.`);
  }
  const resident = samples.map(({ residentMegabytes }) => residentMegabytes);
  return {
    cpuPercent: (100 * (last.cpuSeconds - first.cpuSeconds)) / (last.atSeconds - first.atSeconds),
    residentMegabytes: { mean: mean(resident), highest: Math.max(...resident) },
    residentByFifth: fifths(resident),
    growthMegabytesPerHour:
      3600 *
      slope(
        samples.map(({ atSeconds }) => atSeconds),
        resident,
      ),
    openFiles: {
      first: first.openFiles,
      last: last.openFiles,
      highest: Math.max(...samples.map(({ openFiles }) => openFiles)),
    },
  };
}

function fifths(values: readonly number[]): readonly number[] {
  const edge = (part: number): number => Math.floor((part * values.length) / 5);
  return [0, 1, 2, 3, 4].flatMap((part) => {
    const some = values.slice(edge(part), edge(part + 1));
    return some.length === 0 ? [] : [Math.round(mean(some) * 10) / 10];
  });
}

/** Least squares. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const [x0, y0] = [mean(xs), mean(ys)];
  let over = 0;
  let under = 0;
  for (const [index, x] of xs.entries()) {
    over += (x - x0) * ((ys[index] ?? y0) - y0);
    under += (x - x0) ** 2;
  }
  return over / under;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
