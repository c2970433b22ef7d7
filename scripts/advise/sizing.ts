/**
 * How many consumers and partitions a group needs, from what was observed. Pure.
 *
 * A consumer that keeps up consumes what is produced, so its limit shows only while messages wait for it: capacity is the
 * rate of consumers with a backlog. Where there never was one it is only known to be at least what they handled.
 * consumers = ⌈produce rate ÷ (capacity × load)⌉; a partition feeds at most one consumer, so partitions ≥ consumers.
 */

/** Median, 95th percentile and highest value of samples over the time looked at, messages per second. */
export type Rates = { readonly median: number; readonly p95: number; readonly max: number };

export type ObservedPartition = {
  readonly topic: string;
  readonly partition: number;
  /** Who owns it now: host and client id. Null where Burrow does not know. */
  readonly consumer: string | null;
  readonly produce: Rates | null;
  readonly consume: Rates | null;
  /** Consume rate over the ticks with a backlog and progress, median; null where there were none. */
  readonly busyConsume: number | null;
};

/** Consumers of the group by Kafka's own word, and how many of them own no partition. */
export type Members = { readonly total: number; readonly idle: number };

/** What the stored documents tell. */
export type StoredGroup = {
  readonly cluster: string;
  readonly group: string;
  readonly produce: Rates | null;
  readonly partitions: readonly ObservedPartition[];
};

export type ObservedGroup = StoredGroup & {
  /** Null where Kafka was not asked or did not say. */
  readonly members: Members | null;
};

export type Capacity = {
  /** Messages per second of one consumer. */
  readonly perConsumer: number;
  /** `measured`: under a backlog. `at_least`: it never had one, so it can do this and perhaps more. */
  readonly method: "measured" | "at_least";
  /** Consumers it was taken from. */
  readonly consumers: number;
};

export type Need = {
  readonly produceRate: number;
  readonly consumers: number;
};

export type HotPartition = {
  readonly topic: string;
  readonly partition: number;
  readonly produceRate: number;
  /** Of the group's messages. */
  readonly share: number;
};

/**
 * `enough`: the present consumers carry the peak. `add_consumers`: more of them help. `add_partitions`: every partition
 * has its consumer already. `spread_keys`: one partition carries more than one consumer can handle, more of anything does
 * not help. `spare`: half would do. `unknown`: too little was observed.
 */
export const ADVICE = [
  "spread_keys",
  "add_partitions",
  "add_consumers",
  "unknown",
  "spare",
  "enough",
] as const;
export type Advice = (typeof ADVICE)[number];

export type Sizing = {
  readonly cluster: string;
  readonly group: string;
  readonly advice: Advice;
  /** Consumers that own partitions; null where Burrow cannot know. */
  readonly consumers: number | null;
  readonly members: Members | null;
  readonly partitions: number;
  readonly produce: Rates | null;
  readonly capacity: Capacity | null;
  readonly atMedian: Need | null;
  readonly atPeak: Need | null;
  readonly hottest: HotPartition | null;
};

/** Share of its capacity a consumer should be used at: the rest catches up after a restart or a burst. */
export const TARGET_LOAD = 0.8;
/** A partition counts as carrying most from this share on. */
export const MOST = 0.5;
const MIN_RATE = 0.01;

export function sizeGroup(observed: ObservedGroup): Sizing {
  const consumers = groupByConsumer(observed.partitions);
  const capacity = findCapacity(consumers);
  const need = (rate: number | undefined): Need | null =>
    rate === undefined || capacity === null
      ? null
      : {
          produceRate: rate,
          consumers: Math.max(1, Math.ceil(rate / (capacity.perConsumer * TARGET_LOAD) - 1e-9)),
        };
  const found = {
    cluster: observed.cluster,
    group: observed.group,
    consumers: consumers.size === 0 ? null : consumers.size,
    members: observed.members,
    partitions: observed.partitions.length,
    produce: observed.produce,
    capacity,
    atMedian: need(observed.produce?.median),
    atPeak: need(observed.produce?.p95),
    hottest: findHottest(observed.partitions),
  };
  return { ...found, advice: advise(found) };
}

function groupByConsumer(
  partitions: readonly ObservedPartition[],
): ReadonlyMap<string, readonly ObservedPartition[]> {
  const consumers = new Map<string, ObservedPartition[]>();
  for (const partition of partitions) {
    if (partition.consumer === null) continue;
    const own = consumers.get(partition.consumer) ?? [];
    own.push(partition);
    consumers.set(partition.consumer, own);
  }
  return consumers;
}

function findCapacity(consumers: ReadonlyMap<string, readonly ObservedPartition[]>): Capacity | null {
  const owned = [...consumers.values()];
  const busy = owned
    .filter((partitions) => partitions.some(({ busyConsume }) => busyConsume !== null))
    .map((partitions) => sum(partitions, (each) => each.busyConsume ?? each.consume?.median ?? 0))
    .filter((rate) => rate >= MIN_RATE);
  if (busy.length > 0) return { perConsumer: medianOf(busy), method: "measured", consumers: busy.length };
  const quiet = owned
    .map((partitions) => sum(partitions, ({ consume }) => consume?.p95 ?? 0))
    .filter((rate) => rate >= MIN_RATE);
  if (quiet.length === 0) return null;
  // One consumer has shown that it can do this, so any of them can.
  return { perConsumer: Math.max(...quiet), method: "at_least", consumers: quiet.length };
}

function findHottest(partitions: readonly ObservedPartition[]): HotPartition | null {
  const total = sum(partitions, ({ produce }) => produce?.median ?? 0);
  if (total < MIN_RATE) return null;
  let hottest: HotPartition | null = null;
  for (const { topic, partition, produce } of partitions) {
    const rate = produce?.median ?? 0;
    if (hottest === null || rate > hottest.produceRate) {
      hottest = { topic, partition, produceRate: rate, share: rate / total };
    }
  }
  return hottest;
}

function advise(found: Omit<Sizing, "advice">): Advice {
  const { consumers, partitions, capacity, atPeak, hottest } = found;
  if (consumers === null || capacity === null || atPeak === null) return "unknown";
  if (hottest !== null && capacity.method === "measured" && hottest.produceRate > capacity.perConsumer)
    return "spread_keys";
  if (atPeak.consumers <= consumers) return atPeak.consumers * 2 <= consumers ? "spare" : "enough";
  // A capacity that is only a lower bound asks for too many: nothing has shown that the present ones do not suffice.
  if (capacity.method === "at_least") return "enough";
  return atPeak.consumers > partitions ? "add_partitions" : "add_consumers";
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
