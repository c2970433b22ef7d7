/** What the benchmarks of a cycle share: their options, and the programs run one after the other, in turns. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, type Task, floorContender, telegrafContenders } from "./contenders.ts";
import { type Row, report } from "./report.ts";
import { type Servers, loadOf, startServers } from "./serving.ts";

export const LOAD_OPTIONS = {
  groups: { type: "string", default: "500" },
  partitions: { type: "string", default: "100" },
  topics: { type: "string", default: "100" },
  "topic-partitions": { type: "string", default: "100" },
  documents: { type: "string" },
  runs: { type: "string", default: "3" },
  telegraf: { type: "string" },
  floor: { type: "boolean", default: false },
  gzip: { type: "boolean", default: false },
  shape: { type: "string", default: "native" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Values = Parameters<typeof loadOf>[0] & {
  readonly runs: string;
  readonly telegraf?: string | undefined;
  readonly floor: boolean;
  readonly gzip: boolean;
  readonly shape: string;
  readonly json: boolean;
};

export type Turns = {
  readonly values: Values;
  /** Seconds between two cycles; null: one cycle. */
  readonly intervalSeconds: number | null;
  /** The collector's command for the run of this number. */
  readonly lagline: (task: Task, run: string) => Promise<Command>;
  readonly measure: (servers: Servers, command: Command, directory: string) => Promise<Row>;
};

/** Each of its runs is followed by one of every other program, so that a busy moment hits all of them; prints the report. */
export async function runInTurns({ values, intervalSeconds, lagline, measure }: Turns): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "lagline-bench-"));
  const servers = await startServers(loadOf(values));
  const { gzip, shape } = values;
  const task: Task = { directory, ...servers, gzip, shape, intervalSeconds };
  try {
    const others = [
      ...(await telegrafContenders(task, values.telegraf)),
      ...(values.floor ? [await floorContender(task)] : []),
    ].map((contender) => Object.assign(contender, { rows: [] as Row[] }));
    const rows: Row[] = [];
    for (let run = 0; run < Number(values.runs); run += 1) {
      rows.push(await measure(servers, await lagline(task, String(run)), directory));
      for (const contender of others) contender.rows.push(await measure(servers, contender, directory));
    }
    report([{ name: "lagline", rows }, ...others], values.json);
  } finally {
    servers.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
