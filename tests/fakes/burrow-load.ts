/** Fills a fake Burrow with a large cluster: groups × partitions with full windows, topics × partitions. */
import type { FakeBurrow, FakePartition } from "./fake-burrow.ts";

export type LoadOptions = {
  readonly cluster: string;
  readonly groups: number;
  readonly partitionsPerGroup: number;
  readonly topics: number;
  readonly partitionsPerTopic: number;
  /** Time of the newest commits, epoch ms. */
  readonly nowMs: number;
  /** Messages that every partition received, and every group consumed, since the first filling; 0 by default. */
  readonly produced?: number;
};

export function fillBurrow(burrow: FakeBurrow, load: LoadOptions): void {
  const topics = new Map<string, number[]>();
  for (let topic = 0; topic < load.topics; topic += 1) {
    topics.set(
      topicName(topic),
      Array.from({ length: load.partitionsPerTopic }, (_, partition) => endOffset(load, topic, partition)),
    );
  }
  const groups = new Map<string, FakePartition[]>();
  for (let group = 0; group < load.groups; group += 1) {
    groups.set(
      `service-${String(group).padStart(4, "0")}`,
      Array.from({ length: load.partitionsPerGroup }, (_, partition) =>
        makePartition(load, group, partition),
      ),
    );
  }
  burrow.setCluster(load.cluster, { topics, groups });
}

function makePartition(load: LoadOptions, group: number, partition: number): FakePartition {
  const topic = group % Math.max(load.topics, 1);
  const end = endOffset(load, topic, partition);
  const lag = (group * 7 + partition * 13) % 50;
  const committedAt = load.nowMs - 2000 - ((group + partition) % 3000);
  return {
    topic: topicName(topic),
    partition,
    owner: `/10.0.${group % 250}.${partition % 8}`,
    client_id: `service-${group}-${partition % 8}`,
    status: "OK",
    start: commit(end - lag - 4500, committedAt - 90_000, 12),
    end: commit(end - lag, committedAt, lag),
    current_lag: lag,
    complete: 1,
  };
}

function endOffset({ produced = 0 }: LoadOptions, topic: number, partition: number): number {
  return 1_000_000 + topic * 1000 + partition + produced;
}

function commit(offset: number, timestamp: number, lag: number) {
  return { offset, timestamp, observedAt: Math.ceil(timestamp / 1000) * 1000, lag };
}

function topicName(topic: number): string {
  return `events-${String(topic).padStart(3, "0")}`;
}
