/** The deployment under test: how to order it about and what to ask it. */
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { clientSettings } from "../../../collectors/elasticsearch/connection.ts";
import { loadConfig } from "../../../config/load.ts";
import type { LagDocument } from "../../../model/documents.ts";
import { dataStreamName } from "../../../model/documents.ts";
import { plainHttp } from "../../support/elasticsearch.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
export const CONFIG_FILE = join(ROOT, "tests", "integration", "lagline.yaml");
export const { config } = loadConfig(CONFIG_FILE);
export const CLUSTER = "shop";
export const INTERVAL_MS = config.collector.interval_seconds * 1000;
export const STREAM = dataStreamName(config.environment);

export function containerName(thing: string): string {
  return `lagline-${config.environment}-${thing}`;
}

export type Finished = { readonly exitCode: number; readonly output: string; readonly seconds: number };

/** Runs the `lagline` command as a user would, its output copied to the test's. */
export async function lagline(...given: readonly string[]): Promise<Finished> {
  const start = performance.now();
  const result = await execa(
    join(ROOT, "node_modules", ".bin", "node"),
    ["scripts/lagline.ts", ...given, "--config", CONFIG_FILE],
    {
      cwd: ROOT,
      all: true,
      reject: false,
      stdin: "ignore",
      stdout: ["inherit", "pipe"],
      stderr: ["inherit", "pipe"],
      env: { FORCE_COLOR: "0", PATH: `${join(ROOT, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}` },
    },
  );
  return { exitCode: result.exitCode ?? 1, output: result.all, seconds: (performance.now() - start) / 1000 };
}

export async function docker(...given: readonly string[]): Promise<string> {
  const { stdout } = await execa("docker", given, { stdin: "ignore" });
  return stdout;
}

/** Everything a container has said, on both streams. */
export async function logOf(name: string): Promise<string> {
  const { all } = await execa("docker", ["logs", name], { stdin: "ignore", all: true });
  return all;
}

export type ContainerState = {
  readonly pid: number;
  readonly startedAt: Date;
  readonly status: string;
  readonly restarts: number;
};

export async function stateOf(thing: string): Promise<ContainerState> {
  const [pid = "0", startedAt = "", status = "", restarts = "0"] = (
    await docker(
      "inspect",
      "--format",
      "{{.State.Pid}} {{.State.StartedAt}} {{.State.Status}} {{.RestartCount}}",
      containerName(thing),
    )
  ).split(" ");
  return { pid: Number(pid), startedAt: new Date(startedAt), status, restarts: Number(restarts) };
}

/**
 * Ends the container's first process with SIGKILL, as a crash would. `docker kill` would not do: the engine takes it for
 * an order and does not restart the container.
 */
export async function crash(thing: string): Promise<void> {
  process.kill((await stateOf(thing)).pid, "SIGKILL");
}

/** Asks again until the answer is not undefined, or fails with the sentence. */
export async function eventually<T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  let last = "";
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) {
        return answer;
      }
    } catch (error) {
      last = error instanceof Error ? ` Last failure: ${error.message}` : "";
    }
    if (performance.now() > end) {
      throw new Error(`Within ${seconds} s: ${what} did not come true.${last}`);
    }
    await sleep(500);
  }
}

type SearchAnswer = {
  readonly hits: {
    readonly hits: readonly { readonly _source: LagDocument; readonly sort: readonly unknown[] }[];
  };
};

async function request<T>(path: string, body?: object): Promise<T> {
  // Made for each request: the files appear with the deployment, and a test rotates them.
  const http = plainHttp(clientSettings(config, "operator"));
  const { status, data } = await http.request<T>({
    url: path,
    validateStatus: () => true,
    ...(body === undefined ? {} : { method: "POST", data: body }),
  });
  if (status !== 200) {
    throw new Error(`Elasticsearch answered ${status} to ${path}: ${JSON.stringify(data).slice(0, 300)}`);
  }
  return data;
}

export async function refresh(): Promise<void> {
  await request(`/${STREAM}/_refresh`);
}

export async function count(query: object = { match_all: {} }): Promise<number> {
  return (await request<{ count: number }>(`/${STREAM}/_count`, { query })).count;
}

/** Every document that matches, page by page. */
export async function readAll(filter: readonly object[]): Promise<LagDocument[]> {
  const size = 5000;
  const documents: LagDocument[] = [];
  let after: readonly unknown[] | undefined;
  for (;;) {
    const answer = await request<SearchAnswer>(`/${STREAM}/_search`, {
      size,
      query: { bool: { filter } },
      sort: [{ "@timestamp": "asc" }, "record", "group", "topic", "partition", "_doc"],
      ...(after === undefined ? {} : { search_after: after }),
    });
    documents.push(...answer.hits.hits.map((hit) => hit._source));
    if (answer.hits.hits.length < size) {
      return documents;
    }
    after = answer.hits.hits.at(-1)?.sort;
  }
}

/** Newest document of a kind per key, over the last minute. */
export async function newest(
  record: LagDocument["record"],
  key: (document: LagDocument) => string,
): Promise<Map<string, LagDocument>> {
  const documents = await readAll([{ term: { record } }, { range: { "@timestamp": { gte: "now-1m" } } }]);
  return new Map(documents.map((document) => [key(document), document]));
}

export const repositoryRoot = ROOT;
export const secretsDirectory = dirname(config.alerts.slack?.webhook_file ?? ROOT);
