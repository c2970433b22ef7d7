/** Starts the servers of a benchmark in a process of their own, so that their cost is not counted. */
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What the fake Burrow lists under the cluster `bench`. */
export type Load = {
  readonly groups: number;
  readonly partitionsPerGroup: number;
  readonly topics: number;
  readonly partitionsPerTopic: number;
};

/** What Telegraf makes of 500 groups and 100 topics of 100 partitions: a document per group partition, topic partition and group. */
const BASE_DOCUMENTS = 60_500;

/** The load that a command line asks for; `documents` sets how many groups and topics there are. */
export function loadOf(values: {
  readonly groups: string;
  readonly partitions: string;
  readonly topics: string;
  readonly "topic-partitions": string;
  readonly documents?: string | undefined;
}): Load {
  const factor = values.documents === undefined ? 1 : Number(values.documents) / BASE_DOCUMENTS;
  return {
    groups: Math.round(Number(values.groups) * factor),
    partitionsPerGroup: Number(values.partitions),
    topics: Math.round(Number(values.topics) * factor),
    partitionsPerTopic: Number(values["topic-partitions"]),
  };
}

const portsSchema = z.object({ burrow: z.int(), elasticsearch: z.int() });
const countsSchema = z.object({
  documents: z.int(),
  bytes: z.int(),
  connections: z.int(),
  /** Burrow was asked since the last `refresh`. */
  isAsked: z.boolean(),
  /** From the first question to Burrow since then to the last document. */
  busySeconds: z.number(),
});
export type Counts = z.output<typeof countsSchema>;

export type Servers = {
  readonly burrowPort: number;
  readonly elasticsearchPort: number;
  /**
   * What the sink received so far; `refresh` also moves Burrow's offsets and commits on to now, `trouble` makes the sink
   * turn bulk requests away for so many ms.
   */
  ask(command: "counts" | "refresh" | `trouble ${number}`): Promise<Counts>;
  stop(): void;
};

export async function startServers(load: Load): Promise<Servers> {
  const program = fileURLToPath(new URL("servers.ts", import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify({ cluster: "bench", ...load })], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? "null");
  const ports = portsSchema.parse(await next());
  let before: Promise<unknown> = Promise.resolve();
  return {
    burrowPort: ports.burrow,
    elasticsearchPort: ports.elasticsearch,
    async ask(command) {
      // One question at a time: answers carry no name.
      const turn = before;
      const answer = (async () => {
        await turn;
        child.stdin.write(`${command}\n`);
        return countsSchema.parse(await next());
      })();
      before = Promise.allSettled([answer]);
      return answer;
    },
    stop() {
      child.stdin.end();
    },
  };
}
