/**
 * A Kafka in virtual time, one second a step: producers append, consumers read and commit. It knows the truth the
 * analysis has to find: when every message was appended.
 */
export type Commit = { readonly atMs: number; readonly offset: number };

export class SimPartition {
  /** End offset after each second since the start: the ground truth of append times. */
  readonly heads: number[] = [];
  #exact = 0;
  rate: number;

  constructor(rate: number, head: number) {
    this.rate = rate;
    this.#exact = head;
  }

  get head(): number {
    return Math.floor(this.#exact);
  }

  step(): void {
    this.#exact += this.rate;
    this.heads.push(this.head);
  }

  /** Deleted and made anew: offsets start at 0. */
  recreate(): void {
    this.#exact = 0;
    this.heads.fill(0);
  }

  /** Second in which message `offset` was appended; -1 when before the start, undefined when not yet. */
  appendedAt(offset: number): number | undefined {
    let low = 0;
    let high = this.heads.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.heads[middle] ?? 0) >= offset + 1) high = middle;
      else low = middle + 1;
    }
    if (low === this.heads.length) return undefined;
    return low === 0 ? -1 : low;
  }
}

export type SimGroupOptions = {
  readonly name: string;
  readonly topic: string;
  readonly hosts: readonly string[];
  /** Messages per second one partition can be handled with. */
  readonly capacity: number;
  readonly commitSeconds: number;
  /** Commit even when nothing was handled (Java's auto commit) or only on progress. */
  readonly commitAlways?: boolean;
  /** First second of life. */
  readonly startsAt?: number;
  readonly lagAtStart?: number;
};

export class SimGroup {
  readonly name: string;
  readonly topic: string;
  hosts: readonly string[];
  capacity: number;
  commitSeconds: number;
  commitAlways: boolean;
  running: boolean;
  readonly startsAt: number;
  readonly lagAtStart: number;
  /** Owners erased by reading too early, or a protocol whose owners Burrow cannot decode. */
  ownersHidden = false;
  deleted = false;
  readonly position: number[] = [];
  readonly committed: number[] = [];
  readonly capacityOf = new Map<number, number>();
  /** Partitions whose position cannot move, and whether their offset is committed again and again. */
  readonly poisoned = new Map<number, "commits" | "silent">();
  /** Partitions nobody reads although the group lives. */
  readonly unassigned = new Set<number>();
  /** Rebalancing until this second: nobody reads. */
  pausedUntil = 0;
  readonly hung = new Set<string>();

  constructor(options: SimGroupOptions) {
    this.name = options.name;
    this.topic = options.topic;
    this.hosts = options.hosts;
    this.capacity = options.capacity;
    this.commitSeconds = options.commitSeconds;
    this.commitAlways = options.commitAlways ?? true;
    this.startsAt = options.startsAt ?? 0;
    this.lagAtStart = options.lagAtStart ?? 0;
    this.running = true;
  }

  ownerOf(partition: number): string | null {
    if (!this.running || this.hosts.length === 0 || this.unassigned.has(partition)) return null;
    return this.hosts[partition % this.hosts.length] ?? null;
  }
}

export type CommitListener = (group: SimGroup, partition: number, commit: Commit) => void;

export class SimKafka {
  readonly topics = new Map<string, SimPartition[]>();
  readonly groups = new Map<string, SimGroup>();
  /** Brokers unreachable: nobody produces, reads or commits. */
  down = false;
  second = 0;
  readonly #startMs: number;
  readonly #onCommit: CommitListener;

  constructor(startMs: number, onCommit: CommitListener) {
    this.#startMs = startMs;
    this.#onCommit = onCommit;
  }

  topic(name: string, rates: readonly number[], head = 1_000_000): SimPartition[] {
    const partitions = rates.map((rate) => new SimPartition(rate, head));
    this.topics.set(name, partitions);
    return partitions;
  }

  group(options: SimGroupOptions): SimGroup {
    const group = new SimGroup(options);
    this.groups.set(options.name, group);
    return group;
  }

  partitions(topic: string): SimPartition[] {
    return this.topics.get(topic) ?? [];
  }

  nowMs(): number {
    return this.#startMs + this.second * 1000;
  }

  step(): void {
    for (const partitions of this.topics.values()) {
      for (const partition of partitions) {
        if (this.down) partition.heads.push(partition.head);
        else partition.step();
      }
    }
    this.second++;
    if (this.down) return;
    for (const group of this.groups.values()) this.#consume(group);
  }

  /** Commits as an administrator does: no member needed. */
  resetOffsets(group: SimGroup, to: (partition: SimPartition, index: number) => number): void {
    for (const [index, partition] of this.partitions(group.topic).entries()) {
      group.position[index] = to(partition, index);
      this.#commit(group, index);
    }
  }

  #consume(group: SimGroup): void {
    if (group.deleted || this.second < group.startsAt) return;
    for (const [index, partition] of this.partitions(group.topic).entries()) {
      group.position[index] ??= Math.max(0, partition.head - group.lagAtStart);
      const owner = group.ownerOf(index);
      if (owner === null || this.second < group.pausedUntil || group.hung.has(owner)) continue;
      const poison = group.poisoned.get(index);
      if (poison === undefined) {
        const capacity = group.capacityOf.get(index) ?? group.capacity;
        const exact = (group.position[index] ?? 0) + capacity;
        group.position[index] = Math.min(partition.head, exact);
      }
      if ((this.second + index) % group.commitSeconds !== 0) continue;
      const moved = Math.floor(group.position[index] ?? 0) !== group.committed[index];
      if (poison === "silent" || (!moved && !group.commitAlways && poison === undefined)) continue;
      this.#commit(group, index);
    }
  }

  #commit(group: SimGroup, index: number): void {
    const offset = Math.floor(group.position[index] ?? 0);
    group.committed[index] = offset;
    this.#onCommit(group, index, { atMs: this.nowMs() - 400, offset });
  }
}
