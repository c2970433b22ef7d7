/** SIGHUP on a real collector process, between a fake Burrow and a fake Elasticsearch. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FakeBurrow } from "../tests/fakes/fake-burrow.ts";
import { startFakeBurrow } from "../tests/fakes/fake-burrow.ts";
import type { FakeElasticsearch } from "../tests/fakes/fake-elasticsearch.ts";
import { startFakeElasticsearch } from "../tests/fakes/fake-elasticsearch.ts";
import { freePort } from "../tests/support/free-port.ts";

const command = join(import.meta.dirname, "..", "scripts", "lagline.ts");
let directory: string;
let file: string;
let burrow: FakeBurrow;
let elasticsearch: FakeElasticsearch;
let child: ChildProcess | undefined;
let log: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "lagline-reload-"));
  file = join(directory, "lagline.yaml");
  burrow = await startFakeBurrow();
  burrow.setCluster("local", { topics: new Map([["orders", [5]]]), groups: new Map() });
  elasticsearch = await startFakeElasticsearch({ keep: "documents" });
  log = "";
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await burrow.close();
  await elasticsearch.stop();
  rmSync(directory, { recursive: true, force: true });
});

type Change = { readonly cluster?: string; readonly collector?: object };

async function write({ cluster = "local", collector = {} }: Change = {}): Promise<void> {
  const config = {
    environment: "test",
    clusters: { [cluster]: { burrow: { external: { servers: [burrow.url] } } } },
    elasticsearch: { external: { url: elasticsearch.url } },
    collector: {
      interval_seconds: 1,
      spool_directory: join(directory, "spool"),
      health_port: healthPort,
      stop_deadline_seconds: 2,
      sidecar_mode: "shared-network",
      ...collector,
    },
  };
  writeFileSync(file, JSON.stringify(config));
}

let healthPort = 0;
const exited = (): Promise<number | null> =>
  new Promise((resolve) => {
    child?.once("close", resolve);
  });

async function start(): Promise<void> {
  healthPort = await freePort();
  await write();
  child = spawn(process.execPath, [command, "collect", "--config", file, "--cluster", "local"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr?.on("data", (part: Buffer) => {
    log += part.toString();
  });
  await until("the first tick", () => ticks().size >= 2);
}

/** Ticks that are stored, by the collector's own documents. */
const ticks = (): ReadonlySet<number> =>
  new Set(
    [...elasticsearch.documents.values()]
      .filter((document) => document["record"] === "collector")
      .map((document) => Date.parse(String(document["@timestamp"]))),
  );

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}\n${log}`);
    await sleep(25);
  }
}

test("a file that is not valid leaves the collector as it is, with every problem said", async () => {
  await start();
  writeFileSync(file, "environment: X\nclusters: {}\n");
  child?.kill("SIGHUP");
  await until("the refusal", () => log.includes("LAGLINE_COLLECT_RELOAD_REFUSED"));
  expect(log).toMatch(/the old one stays: .*problems.*environment.*clusters/);
  const before = ticks().size;
  await until("further ticks", () => ticks().size >= before + 2);
});

test.each<[string, Change, RegExp]>([
  ["another spool directory", { collector: { spool_directory: "/nowhere" } }, /spool_directory cannot move/],
  ["a file without the cluster", { cluster: "other" }, /There is no cluster local/],
])("%s is refused", async (_name, change, expected) => {
  await start();
  await write(change);
  child?.kill("SIGHUP");
  await until("the refusal", () => log.includes("LAGLINE_COLLECT_RELOAD_REFUSED"));
  expect(log).toMatch(expected);
});

test("the same file again changes nothing", async () => {
  await start();
  child?.kill("SIGHUP");
  await until("the answer", () => log.includes("LAGLINE_COLLECT_RELOAD_UNCHANGED"));
  expect(log).not.toContain("LAGLINE_COLLECT_STOPPED");
});

test(
  "a new file is taken, what waits is delivered, and a signal still stops the collector",
  { timeout: 90_000 },
  async () => {
    await start();
    elasticsearch.always({ kind: "status", status: 503 });
    const before = ticks().size;
    await sleep(2500);
    await write({ collector: { log_level: "debug", interval_seconds: 2 } });
    child?.kill("SIGHUP");
    await until("the second start", () => log.split("LAGLINE_COLLECT_STARTED").length === 3);
    elasticsearch.always(null);
    await until("the ticks of the outage", () => ticks().size >= before + 4);
    const sorted = [...ticks()].toSorted((a, b) => a - b);
    const steps = sorted.slice(1).map((tick, index) => tick - (sorted[index] ?? 0));
    // Every other second from now on, whatever a busy machine skips.
    expect((steps.at(-1) ?? 1) % 2000).toBe(0);
    const ended = exited();
    child?.kill("SIGTERM");
    expect(await ended).toBe(0);
  },
);

test("a new file that cannot be started with gives way to the old one", { timeout: 90_000 }, async () => {
  await start();
  const server = createServer();
  const taken = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await write({ collector: { health_port: taken } });
  child?.kill("SIGHUP");
  await until("the return", () => log.includes("LAGLINE_COLLECT_RELOAD_FAILED"));
  const before = ticks().size;
  await until("further ticks", () => ticks().size >= before + 2);
  server.close();
  expect(log).toMatch(/goes back to the old one: Cannot serve health/);
});

test("documents in files are switched on, moved and off again, while Elasticsearch gets every tick", async () => {
  await start();
  const linesIn = (folder: string): readonly string[] => {
    const path = join(directory, folder, "local");
    if (!existsSync(path)) return [];
    const names = readdirSync(path).filter((name) => name.endsWith(".ndjson"));
    return names.flatMap((name) => readFileSync(join(path, name), "utf8").split("\n").slice(0, -1));
  };
  const switchTo = async (outputs: object): Promise<void> => {
    const before = log.split("LAGLINE_COLLECT_STARTED").length;
    await write({ collector: { outputs } });
    child?.kill("SIGHUP");
    await until("another start", () => log.split("LAGLINE_COLLECT_STARTED").length > before);
  };
  for (const folder of ["first", "second"]) {
    await switchTo({ file: { directory: join(directory, folder) } });
    await until(`lines in the ${folder} folder`, () => linesIn(folder).length >= 4);
  }
  await switchTo({});
  const [first, second] = [linesIn("first").length, linesIn("second").length];
  const known = ticks().size;
  await until("further ticks", () => ticks().size >= known + 2);
  expect([linesIn("first").length, linesIn("second").length]).toEqual([first, second]);
  // Nobody holds a folder any more.
  expect(readdirSync(join(directory, "second", "local")).filter((name) => name.startsWith("lock"))).toEqual(
    [],
  );
  expect(log).not.toContain("LAGLINE_FILE_OUTPUT_LOST");
  const texts = new Set([...elasticsearch.documents.values()].map((document) => JSON.stringify(document)));
  const lines = [...linesIn("first"), ...linesIn("second")];
  expect(lines.filter((line) => !texts.has(line))).toEqual([]);
}, 60_000);
