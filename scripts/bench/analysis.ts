/**
 * Cost of the analysis alone: CPU per partition and tick, and bytes kept per partition.
 * `node --expose-gc scripts/bench/analysis.ts --groups 500 --partitions 200 --topics 100 --ticks 80`
 */
import { parseArgs } from "node:util";
import { createAnalyser } from "../../collectors/analysis/index.ts";
import type { ResolvedPolicy } from "../../model/policy.ts";
import type { GroupReading, PartitionReading, TopicReading } from "../../model/snapshot.ts";

const HELP = `Measures CPU and memory of the lag analysis on generated readings.

Options: --groups N (500)  --partitions N per group (200)  --topics N (500)  --ticks N (80)
         --lagging SHARE of partitions that lag (0.05)  --json
Example: node --expose-gc scripts/bench/analysis.ts --groups 500 --partitions 200 --topics 100
`;

const { values } = parseArgs({
  options: {
    groups: { type: "string", default: "500" },
    partitions: { type: "string", default: "200" },
    topics: { type: "string", default: "500" },
    ticks: { type: "string", default: "80" },
    lagging: { type: "string", default: "0.05" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const groups = Number(values.groups);
const partitions = Number(values.partitions);
const topics = Number(values.topics);
const ticks = Number(values.ticks);
const lagging = Number(values.lagging);
const INTERVAL_MS = 30_000;
const START = Date.UTC(2026, 10, 21);

const policy: ResolvedPolicy = {
  name: "bench",
  tier: "standard",
  team: "bench",
  objective_seconds: 60,
  lag_floor: 100,
  expected_idle: false,
  runbook: null,
  slack_channel: null,
};

function head(tick: number, partition: number): number {
  return 1_000_000 + tick * (300 + (partition % 7) * 50);
}

function topicReading(topic: number, tick: number): TopicReading {
  const endOffsets = Array.from({ length: partitions }, (_, partition) => head(tick, partition));
  return { topic: `topic-${topic}`, endOffsets, assignable: true };
}

function partitionReading(of: {
  topic: number;
  partition: number;
  tick: number;
  group: number;
}): PartitionReading {
  const { topic, partition, tick, group } = of;
  const nowMs = START + tick * INTERVAL_MS;
  const end = head(tick, partition);
  const lag =
    (group * 31 + partition * 7) % 1000 < lagging * 1000 ? Math.min(end, 400 + tick * 20) : partition % 3;
  const commit = { offset: end - lag, timestampMs: nowMs - 3000, observedAtMs: nowMs - 2000, lag };
  return {
    topic: `topic-${topic}`,
    partition,
    status: "OK",
    owner: `10.0.${group % 250}.${partition % 10}`,
    clientId: `client-${group}-${partition % 10}`,
    start: { offset: end - lag - 900, timestampMs: nowMs - 93_000, observedAtMs: nowMs - 93_000, lag },
    end: commit,
    currentLag: lag,
    complete: 1,
  };
}

function groupReading(group: number, tick: number): GroupReading {
  const topic = group % topics;
  const list = Array.from({ length: partitions }, (_, partition) =>
    partitionReading({ topic, partition, tick, group }),
  );
  return {
    group: `group-${group}`,
    status: "OK",
    complete: 1,
    partitionCount: partitions,
    totalLag: list.reduce((sum, partition) => sum + partition.currentLag, 0),
    partitions: list,
  };
}

const collect = globalThis.gc;
const settle = () => {
  collect?.();
  return process.memoryUsage();
};

const before = settle();
const analyser = createAnalyser({
  cluster: "bench",
  intervalSeconds: 30,
  minimumComplete: 1,
  resolvePolicy: () => policy,
});
const listedGroups = Array.from({ length: groups }, (_, group) => `group-${group}`);
const spent: number[] = [];
let documents = 0;
for (let tick = 0; tick < ticks; tick++) {
  const nowMs = START + tick * INTERVAL_MS;
  let micros = 0;
  // Readings are generated between the measured parts: only the analysis is counted.
  const measure = (work: () => number) => {
    const cpu = process.cpuUsage();
    const count = work();
    const used = process.cpuUsage(cpu);
    micros += used.user + used.system;
    return count;
  };
  const analysis = analyser.beginTick({
    tickMs: nowMs,
    nowMs,
    listedGroups,
    listComplete: true,
    burrow: {
      server: "bench",
      ready: true,
      selfLag: 0,
      offsetRefreshSeconds: 10,
      clockSkewMs: 0,
      host: "bench",
    },
  });
  documents = 0;
  for (let topic = 0; topic < topics; topic++) {
    const reading = topicReading(topic, tick);
    documents += measure(() => analysis.addTopic(reading).length);
  }
  for (let group = 0; group < groups; group++) {
    const reading = groupReading(group, tick);
    documents += measure(() => analysis.addGroup(reading).length);
  }
  documents += measure(() => analysis.finish().length);
  spent.push(micros);
}
const after = settle();
const total = groups * partitions;
const steady = spent.slice(Math.min(10, ticks - 1)).toSorted((a, b) => a - b);
const median = steady[Math.floor(steady.length / 2)] ?? 0;
const kept = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
const history = analyser.exportHistory();
const result = {
  group_partitions: total,
  topic_partitions: topics * partitions,
  documents_per_tick: documents,
  cpu_ms_per_tick_median: Math.round(median / 1000),
  cpu_ms_first_tick: Math.round((spent[0] ?? 0) / 1000),
  cpu_us_per_partition: Number((median / total).toFixed(2)),
  cpu_us_per_document: Number((median / documents).toFixed(2)),
  bytes_per_partition: Math.round(kept / total),
  history_bytes_per_partition: Math.round(history.byteLength / total),
  gc: collect === undefined ? "not forced: run with --expose-gc" : "forced",
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(result)}\n`
    : `${Object.entries(result)
        .map(([name, value]) => `${name.padEnd(30)} ${value}`)
        .join("\n")}\n`,
);
