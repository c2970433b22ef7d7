/**
 * Burrow in virtual time: windows of ten commits with `min-distance` merging, end offsets sampled every
 * `offset-refresh`, its evaluation rules, its answer cache, and what it does at a restart. Behaviour as measured on
 * Burrow 1.9.6.
 */
import type { BurrowStatus } from "../../model/statuses.ts";
import type {
  BurrowState,
  CommitReading,
  GroupReading,
  PartitionReading,
  TopicReading,
} from "../../model/snapshot.ts";
import type { Commit, SimGroup, SimKafka } from "./kafka.ts";

const INTERVALS = 10;
/** Commits that the offsets topic still holds: compaction keeps more than a window. */
const LOG_SECONDS = 3000;

type Slot = { offset: number; timestampMs: number; observedAtMs: number; lag: number };
type Logged = { group: SimGroup; partition: number; commit: Commit };

export type SimBurrowOptions = {
  readonly refreshSeconds: number;
  readonly minDistanceSeconds: number;
  readonly cacheSeconds: number;
  readonly minimumComplete: number;
  /** Second within the refresh at which end offsets are taken. */
  readonly phase: number;
};

export class SimBurrow {
  readonly options: SimBurrowOptions;
  /** Burrow's clock minus the true one, ms. */
  clockOffsetMs = 0;
  host = "burrow-1";
  ready = true;
  /** Commits are seen this many seconds late. */
  behindSeconds = 0;
  /** Does not talk to Kafka: nothing is refreshed and nothing seen. */
  cut = false;
  #heads = new Map<string, number[]>();
  #headWindow = new Map<string, number[][]>();
  #rings = new Map<string, Slot[][]>();
  #log: Logged[] = [];
  #queue: Logged[] = [];
  #replay: Logged[] = [];
  #cache = new Map<string, { second: number; reading: GroupReading | null }>();
  readonly #kafka: () => SimKafka;

  constructor(options: SimBurrowOptions, kafka: () => SimKafka) {
    this.options = options;
    this.#kafka = kafka;
  }

  commit(group: SimGroup, partition: number, commit: Commit): void {
    const entry = { group, partition, commit };
    this.#log.push(entry);
    this.#queue.push(entry);
  }

  step(): void {
    const kafka = this.#kafka();
    const { refreshSeconds, phase } = this.options;
    if (!kafka.down && !this.cut && kafka.second % refreshSeconds === phase % refreshSeconds) this.#refresh();
    if (this.#replay.length > 0) this.#replayStep();
    else if (!kafka.down && !this.cut) this.#drain();
    if (this.#log.length > 200_000) this.#log.splice(0, 100_000);
  }

  /** Forgets everything and reads the offsets topic again, in `seconds` seconds. */
  restart(seconds: number): void {
    const now = this.#kafka().nowMs();
    this.#rings.clear();
    this.#cache.clear();
    this.#refresh();
    this.#queue = [];
    this.#replay = this.#log.filter((entry) => entry.commit.atMs > now - LOG_SECONDS * 1000);
    this.#replayPerStep = Math.max(1, Math.ceil(this.#replay.length / seconds));
    this.#headWindow.clear();
  }
  #replayPerStep = 1;

  /** The groups reaper after a broker restart: all groups are gone. */
  reap(): void {
    this.#rings.clear();
    this.#cache.clear();
  }

  state(): BurrowState {
    return {
      server: "http://burrow",
      ready: this.ready,
      selfLag: this.#replay.length + (this.behindSeconds > 0 ? this.#queue.length : 0),
      offsetRefreshSeconds: this.options.refreshSeconds,
      clockSkewMs: Math.round(this.clockOffsetMs / 1000) * 1000,
      host: this.host,
    };
  }

  list(): string[] {
    if (!this.ready) return [];
    return [...this.#rings.keys()].filter((name) => this.#kafka().groups.get(name)?.deleted !== true);
  }

  topics(): TopicReading[] {
    if (!this.ready) return [];
    return [...this.#heads].map(([topic, endOffsets]) => ({ topic, endOffsets, assignable: true }));
  }

  read(name: string): GroupReading | null {
    const second = this.#kafka().second;
    const cached = this.#cache.get(name);
    if (cached !== undefined && second - cached.second < this.options.cacheSeconds) return cached.reading;
    const reading = this.#evaluate(name);
    this.#cache.set(name, { second, reading });
    return reading;
  }

  #refresh(): void {
    for (const [topic, partitions] of this.#kafka().topics) {
      const heads = partitions.map((partition) => partition.head);
      this.#heads.set(topic, heads);
      const window = this.#headWindow.get(topic) ?? [];
      window.push(heads);
      if (window.length > INTERVALS) window.shift();
      this.#headWindow.set(topic, window);
    }
  }

  #drain(): void {
    const until = this.#kafka().nowMs() - this.behindSeconds * 1000;
    let count = 0;
    for (const entry of this.#queue) {
      if (entry.commit.atMs > until) break;
      this.#store(entry);
      count++;
    }
    this.#queue.splice(0, count);
  }

  #replayStep(): void {
    for (const entry of this.#replay.splice(0, this.#replayPerStep)) this.#store(entry);
  }

  #store({ group, partition, commit }: Logged): void {
    const head = this.#heads.get(group.topic)?.[partition];
    if (head === undefined) return;
    const rings = this.#rings.get(group.name) ?? [];
    this.#rings.set(group.name, rings);
    const ring = (rings[partition] ??= []);
    const observedAtMs = Math.floor((this.#kafka().nowMs() + this.clockOffsetMs) / 1000) * 1000;
    const lag = Math.max(0, head - commit.offset);
    const last = ring.at(-1);
    if (last !== undefined && commit.atMs - last.timestampMs < this.options.minDistanceSeconds * 1000) {
      last.offset = commit.offset;
      last.lag = lag;
      last.observedAtMs = observedAtMs;
      return;
    }
    ring.push({ offset: commit.offset, timestampMs: commit.atMs, observedAtMs, lag });
    if (ring.length > INTERVALS) ring.shift();
  }

  #evaluate(name: string): GroupReading | null {
    const rings = this.#rings.get(name);
    const group = this.#kafka().groups.get(name);
    if (rings === undefined || group === undefined || group.deleted) return null;
    const partitions = this.#kafka()
      .partitions(group.topic)
      .map((_, index) => this.#partition(group, index, rings[index] ?? []));
    const worst = partitions.some((p) => p.status !== "OK" && p.status !== "WARN");
    const full = partitions.filter((p) => p.complete === 1).length;
    return {
      group: name,
      status: worst ? "ERR" : partitions.some((p) => p.status === "WARN") ? "WARN" : "OK",
      complete: partitions.length === 0 ? 0 : full / partitions.length,
      partitionCount: partitions.length,
      totalLag: partitions.reduce((sum, p) => sum + p.currentLag, 0),
      partitions,
    };
  }

  #partition(group: SimGroup, partition: number, ring: readonly Slot[]): PartitionReading {
    const owner = group.ownersHidden ? null : group.ownerOf(partition);
    const start = ring[0];
    const end = ring.at(-1);
    const head = this.#heads.get(group.topic)?.[partition] ?? 0;
    const currentLag = end === undefined ? 0 : Math.max(0, head - end.offset);
    const complete = ring.length / INTERVALS;
    return {
      topic: group.topic,
      partition,
      status: this.#status({ topic: group.topic, partition, ring, currentLag }),
      owner,
      clientId: owner === null ? null : `${group.name}-${owner}`,
      start: start === undefined ? null : toCommit(start),
      end: end === undefined ? null : toCommit(end),
      currentLag,
      complete: complete === 0 && owner !== null ? 0.1 : complete,
    };
  }

  /** The evaluator's rules in its order. */
  #status(of: { topic: string; partition: number; ring: readonly Slot[]; currentLag: number }): BurrowStatus {
    const { ring, currentLag } = of;
    const start = ring[0];
    const end = ring.at(-1);
    if (start === undefined || end === undefined || ring.length / INTERVALS < this.options.minimumComplete)
      return "OK";
    if (currentLag <= 0) return "OK";
    const now = this.#kafka().nowMs() + this.clockOffsetMs;
    const caughtUp = (this.#headWindow.get(of.topic) ?? []).some(
      (heads) => (heads[of.partition] ?? 0) <= end.offset,
    );
    if (now - end.timestampMs > end.timestampMs - start.timestampMs && !caughtUp) return "STOP";
    const dropped = ring.some(
      (slot, index) =>
        index > 0 &&
        slot.offset < (ring[index - 1]?.offset ?? 0) &&
        !ring.slice(index).some((later) => later.offset >= (ring[index - 1]?.offset ?? 0)),
    );
    if (dropped) return "REWIND";
    if (ring.some((slot) => slot.lag <= 0)) return "OK";
    if (ring.every((slot) => slot.offset === end.offset)) return "STALL";
    return ring.every((slot, index) => index === 0 || slot.lag >= (ring[index - 1]?.lag ?? 0))
      ? "WARN"
      : "OK";
  }
}

function toCommit(slot: Slot): CommitReading {
  return {
    offset: slot.offset,
    timestampMs: slot.timestampMs,
    observedAtMs: slot.observedAtMs,
    lag: slot.lag,
  };
}
