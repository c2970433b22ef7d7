/** The scenes of `network.test.ts`; run by `own-network.ts`, one per process. Prints a report as its last line. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { type FakeElasticsearch, startFakeElasticsearch } from "../../fakes/fake-elasticsearch.ts";
import { type CollectorUnderTest, startCollector } from "./collector-under-test.ts";
import { startNameServer } from "./name-server.ts";
import type { SceneReport } from "./own-network.ts";
import { reconcile } from "./reconcile.ts";
import { startWorld, until } from "./world.ts";

const INTERVAL_MS = 30_000;
/** Far above what a busy machine needs on loopback, and what a filtered request has to wait out. */
const REQUEST_TIMEOUT_MS = 1500;
const RETRY = "LAGLINE_ELASTICSEARCH_RETRY";

type Play = {
  readonly ports: { readonly burrow: string; readonly elasticsearch: string };
  /** One tick with work in it; gives the reason when Burrow could not be read. */
  readonly tick: () => Promise<string | null>;
  /** Ticks until a further sentence about a refusal says this. */
  readonly untilRefused: (why?: string) => Promise<void>;
  readonly untilDelivered: () => Promise<void>;
  readonly notes: Record<string, number>;
};

async function play(
  names: { readonly burrow: string; readonly elasticsearch: string },
  act: (play: Play) => Promise<void>,
): Promise<void> {
  const world = await startWorld({ groups: 3, partitions: 4 });
  const elasticsearch = await startFakeElasticsearch();
  const collector = await startCollector({
    burrow: { ...world.burrow, url: world.burrow.url.replace("127.0.0.1", names.burrow) },
    elasticsearch: { url: elasticsearch.url.replace("127.0.0.1", names.elasticsearch) },
    settings: { request_timeout_seconds: REQUEST_TIMEOUT_MS / 1000 },
    timing: { requestTimeoutMs: REQUEST_TIMEOUT_MS, backOff: { baseMs: 20, maxMs: 200 } },
  });
  const failures: string[] = [];
  const notes: Record<string, number> = {};
  const tick = async (): Promise<string | null> => {
    world.live(collector.nowMs() + INTERVAL_MS);
    const { failure } = await collector.tick();
    if (failure !== null) failures.push(failure.detail);
    return failure?.detail ?? null;
  };
  await act({
    ports: { burrow: new URL(world.burrow.url).port, elasticsearch: String(elasticsearch.port) },
    tick,
    notes,
    untilRefused: async (why = "") => {
      const before = collector.said(RETRY).length;
      const isSaid = () =>
        collector
          .said(RETRY)
          .slice(before)
          .some(({ message }) => message.includes(why));
      const untilMs = performance.now() + 60_000;
      // Sentences of a kind come once per interval of the collector's own clock, and the first may be about a try that
      // was under way.
      while (!isSaid()) {
        if (performance.now() > untilMs) throw new Error(`Waited in vain for a refusal that says ${why}.`);
        const heard = collector.said(RETRY).length;
        collector.advance(10 * INTERVAL_MS);
        await tick();
        await until("a refusal", () => collector.said(RETRY).length > heard, 60_000);
      }
    },
    untilDelivered: async () => {
      const began = performance.now();
      await until("an empty spool", async () => (await collector.account()).waiting === 0, 60_000);
      notes["delivered_ms"] = Math.round(performance.now() - began);
    },
  });
  await print({ collector, elasticsearch, failures, notes });
  process.exit(0);
}

async function print(end: {
  readonly collector: CollectorUnderTest;
  readonly elasticsearch: FakeElasticsearch;
  readonly failures: readonly string[];
  readonly notes: Record<string, number>;
}): Promise<void> {
  const { collector, elasticsearch, failures, notes } = end;
  const { waiting, deadLettered, lost, duplicate } = await collector.account();
  const { lost: gone, doubled, letIn } = await reconcile(collector, elasticsearch);
  const report: SceneReport = {
    // One that lasts is said again after a while, which on a busy machine is soon.
    refusals: collector
      .said(RETRY)
      .map(({ message }) => message)
      .filter((message, index, all) => message !== all[index - 1]),
    recoveries: collector.said("LAGLINE_ELASTICSEARCH_RECOVERED").length,
    failures: [...failures],
    read: collector.read.size,
    waiting,
    deadLettered,
    lost,
    duplicate,
    reconciliation: { lost: [...gone], doubled: [...doubled], letIn: [...letIn] },
    auditFaults: [...collector.auditor.faults],
    notes,
  };
  if (!process.stdout.write(`\n${JSON.stringify(report)}\n`)) await once(process.stdout, "drain");
}

/** Packets to and from these ports, as the words of the filter have it. The lock of the command is that of the host: an engine may hold it. */
function filter(action: "-A" | "-F", rule: readonly string[] = []): void {
  const done = spawnSync("iptables", ["-w", "10", action, "INPUT", ...rule], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`iptables: ${done.stderr}`);
}

const drop = (direction: "--dport" | "--sport", port: string, share?: number): void => {
  const random =
    share === undefined ? [] : ["-m", "statistic", "--mode", "random", "--probability", String(share)];
  filter("-A", ["-p", "tcp", direction, port, ...random, "-j", "DROP"]);
};

/** Packets that matched a rule so far. */
function droppedPackets(): number {
  const { stdout } = spawnSync("iptables", ["-w", "10", "-L", "INPUT", "-v", "-x", "-n"], {
    encoding: "utf8",
  });
  return [...stdout.matchAll(/^\s*(\d+)\s+\d+\s+DROP/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

const LOOPBACK = { burrow: "127.0.0.1", elasticsearch: "127.0.0.1" };

/** A name that nobody resolves, then one that does not exist, then silence, then an address. */
async function elasticsearchByName({ tick, untilRefused, untilDelivered }: Play): Promise<void> {
  await tick();
  await untilRefused("EAI_AGAIN");
  const names = await startNameServer("unknown");
  await untilRefused("ENOTFOUND");
  names.mood = "silent";
  await untilRefused("EAI_AGAIN");
  await tick();
  names.mood = "known";
  await untilDelivered();
  names.close();
}

async function burrowByName({ tick, untilDelivered, notes }: Play): Promise<void> {
  await tick();
  const names = await startNameServer("unknown");
  await tick();
  names.mood = "silent";
  const began = performance.now();
  await tick();
  notes["silent_tick_ms"] = Math.round(performance.now() - began);
  names.mood = "known";
  await tick();
  await tick();
  await untilDelivered();
  names.close();
}

/** Requests that vanish, on kept connections and on new ones. */
async function droppedRequests({ tick, ports, untilRefused, untilDelivered }: Play): Promise<void> {
  await tick();
  await untilDelivered();
  drop("--dport", ports.elasticsearch);
  await untilRefused();
  await tick();
  filter("-F");
  await untilDelivered();
}

/** Requests that arrive and whose answers vanish: stored, and sent again. */
async function droppedAnswers({ tick, ports, untilRefused, untilDelivered }: Play): Promise<void> {
  await tick();
  await untilDelivered();
  drop("--sport", ports.elasticsearch);
  await untilRefused();
  await tick();
  filter("-F");
  await untilDelivered();
}

async function droppedBurrow({ tick, ports, untilDelivered, notes }: Play): Promise<void> {
  await tick();
  drop("--sport", ports.burrow);
  const began = performance.now();
  await tick();
  notes["dropped_tick_ms"] = Math.round(performance.now() - began);
  filter("-F");
  await tick();
  await tick();
  await untilDelivered();
}

/** Every third packet in both directions at both ends: slow, and nothing else. */
async function lossyNetwork({ tick, ports, untilDelivered, notes }: Play): Promise<void> {
  for (const port of Object.values(ports)) {
    drop("--dport", port, 0.3);
    drop("--sport", port, 0.3);
  }
  for (let count = 0; count < 8; count += 1) await tick();
  notes["dropped_packets"] = droppedPackets();
  filter("-F");
  await tick();
  await untilDelivered();
}

const NAMED = ".lagline.test";
const scenes: Readonly<Record<string, () => Promise<void>>> = {
  "elasticsearch-by-name": async () =>
    play({ ...LOOPBACK, elasticsearch: `search${NAMED}` }, elasticsearchByName),
  "burrow-by-name": async () => play({ ...LOOPBACK, burrow: `burrow${NAMED}` }, burrowByName),
  "dropped-requests": async () => play(LOOPBACK, droppedRequests),
  "dropped-answers": async () => play(LOOPBACK, droppedAnswers),
  "dropped-burrow": async () => play(LOOPBACK, droppedBurrow),
  "lossy-network": async () => play(LOOPBACK, lossyNetwork),
};

const scene = scenes[process.argv[2] ?? ""];
if (scene === undefined) throw new Error(`Known scenes are ${Object.keys(scenes).join(", ")}.`);
await scene();
