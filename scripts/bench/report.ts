/** What the benchmark prints: medians of each program, and the collector's share of what the others need. */
import process from "node:process";
import { type Measurement, median } from "./measure.ts";

export type Row = Pick<Measurement, "wallSeconds" | "cpuSeconds" | "peakMegabytes"> & {
  readonly documents: number;
  readonly bytes: number;
  readonly connections: number;
};
export type Program = { readonly name: string; readonly rows: readonly Row[] };

/** The first program is Lagline; each of its runs is compared with the other's beside it, so that a busy moment hits both. */
export function report(programs: readonly Program[], json: boolean): void {
  const [lagline, ...others] = programs;
  if (lagline === undefined) return;
  const summaries = programs.map(summarise);
  const ratios = others.map(({ name, rows }) => {
    const percent = (of: (row: Row) => number): number =>
      round(median(rows.map((row, run) => of(lagline.rows[run] ?? row) / of(row))) * 100);
    return {
      to: name,
      cpu_percent: percent((row) => row.cpuSeconds),
      memory_percent: percent((row) => row.peakMegabytes),
      wall_percent: percent((row) => row.wallSeconds),
    };
  });
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ node: process.version, runs: lagline.rows.length, summaries, ratios })}\n`,
    );
    return;
  }
  console.table(Object.fromEntries(summaries.map(({ name, ...numbers }) => [name, numbers])));
  for (const { to, cpu_percent: cpu, memory_percent: memory, wall_percent: wall } of ratios) {
    process.stdout.write(
      `Lagline needs ${cpu} % of the CPU, ${memory} % of the memory and ${wall} % of the time of ${to} (medians of ${lagline.rows.length} pairs).\n`,
    );
  }
}

function summarise({ name, rows }: Program) {
  const of = (value: (row: Row) => number): number => median(rows.map(value));
  return {
    name,
    documents: of((row) => row.documents),
    megabytes_sent: round(of((row) => row.bytes) / 1e6),
    connections: of((row) => row.connections),
    wall_seconds: round(of((row) => row.wallSeconds)),
    cpu_seconds: round(of((row) => row.cpuSeconds)),
    cpu_us_per_document: round((of((row) => row.cpuSeconds) * 1e6) / of((row) => row.documents)),
    peak_megabytes: round(of((row) => row.peakMegabytes)),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
