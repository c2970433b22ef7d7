/**
 * Which waiting batch is handed out next. Live batches and backlog take turns, each oldest first, also those that
 * were given back; batches that must not be sent yet wait aside.
 */
import type { DropReason } from "./contract.ts";

/** What the spool knows of a record: where it is, never what is in it. */
export type Entry = {
  readonly sequence: number;
  readonly segment: number;
  readonly offset: number;
  readonly payloadLength: number;
  readonly documents: number;
  readonly acceptedAtMs: number;
  /** Monotonic time at which the batch was accepted, so that a jump of the wall clock drops nothing. */
  readonly bornMs: number;
  readonly attempts: number;
  readonly refusedSinceMs: number | null;
  /** True once it was handed out: it is no longer the youngest of its lane. */
  handedOut: boolean;
  notBeforeMs: number;
  readFailures: number;
  /** Why its file went while it was leased; null while the file is there. */
  fileDroppedFor: DropReason | null;
  state: "waiting" | "leased" | "gone";
};

/** Oldest first. New batches are the youngest; those that come back go where their age puts them. */
class Lane {
  /** Came back; oldest last. */
  readonly #returned: Entry[] = [];
  #queue: Entry[] = [];
  #head = 0;

  push(entry: Entry): void {
    this.#queue.push(entry);
  }

  /** Puts a batch that comes back among the others by its age. */
  insert(entry: Entry): void {
    let from = 0;
    let to = this.#returned.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = this.#returned[middle];
      if (other !== undefined && isOlder(entry, other)) from = middle + 1;
      else to = middle;
    }
    this.#returned.splice(from, 0, entry);
  }

  /** Oldest entry that still waits; entries that are gone are forgotten on the way. */
  peek(): Entry | undefined {
    for (;;) {
      const entry = this.#nextReturned() ?? this.#queue[this.#head];
      if (entry === undefined || entry.state === "waiting") return entry;
      this.shift();
    }
  }

  shift(): void {
    if (this.#nextReturned() !== undefined) {
      this.#returned.pop();
      return;
    }
    this.#head += 1;
    // Half of the array is used up: give it back.
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The oldest that came back, when none that did not is older. */
  #nextReturned(): Entry | undefined {
    const returned = this.#returned.at(-1);
    const queued = this.#queue[this.#head];
    return returned === undefined || queued === undefined || !isOlder(queued, returned)
      ? returned
      : undefined;
  }
}

function isOlder(one: Entry, other: Entry): boolean {
  return one.bornMs === other.bornMs ? one.sequence < other.sequence : one.bornMs < other.bornMs;
}

export class ReadyQueue {
  readonly #live = new Lane();
  readonly #backlog = new Lane();
  readonly #liveWindowMs: number;
  #delayed: Entry[] = [];
  #nextDueMs = Number.POSITIVE_INFINITY;
  #backlogTurn = false;

  constructor(options: { readonly liveWindowMs: number }) {
    this.#liveWindowMs = options.liveWindowMs;
  }

  /** A new batch, youngest of all. */
  add(entry: Entry): void {
    this.#live.push(entry);
  }

  /** A batch that comes back. */
  giveBack(entry: Entry): void {
    if (entry.notBeforeMs > 0) {
      this.#delayed.push(entry);
      this.#nextDueMs = Math.min(this.#nextDueMs, entry.notBeforeMs);
    } else this.#live.insert(entry);
  }

  /** Takes the next batch out of the queue. `now` is the wall clock, `monotonicMs` the clock of `bornMs`. */
  take(now: {
    readonly nowMs: number;
    readonly monotonicMs: number;
    readonly backlog: boolean;
  }): Entry | undefined {
    this.#wakeDelayed(now.nowMs);
    const oldest = this.#age(now.monotonicMs);
    const live = this.#live.peek();
    const old = now.backlog ? oldest : undefined;
    const takeOld = old !== undefined && (live === undefined || this.#backlogTurn);
    if (old !== undefined && live !== undefined) this.#backlogTurn = !this.#backlogTurn;
    const entry = takeOld ? old : live;
    if (entry === undefined) return undefined;
    (takeOld ? this.#backlog : this.#live).shift();
    return entry;
  }

  /** Oldest waiting batch that is born before `limitMs`; for the bound by age. */
  olderThan(limitMs: number, monotonicMs: number): Entry | undefined {
    const oldest = this.#age(monotonicMs) ?? this.#live.peek();
    return oldest !== undefined && oldest.bornMs < limitMs ? oldest : undefined;
  }

  /** When the next delayed batch may be sent (epoch ms); infinite when none is delayed. */
  get nextDueMs(): number {
    return this.#nextDueMs;
  }

  /** Moves what has left the live window to the backlog and returns the oldest of it. */
  #age(monotonicMs: number): Entry | undefined {
    for (;;) {
      const entry = this.#live.peek();
      if (entry === undefined || monotonicMs - entry.bornMs <= this.#liveWindowMs) break;
      this.#live.shift();
      if (entry.handedOut) this.#backlog.insert(entry);
      else this.#backlog.push(entry);
    }
    return this.#backlog.peek();
  }

  #wakeDelayed(nowMs: number): void {
    if (nowMs < this.#nextDueMs) return;
    const waiting = this.#delayed.filter((entry) => entry.state === "waiting");
    this.#delayed = waiting.filter((entry) => entry.notBeforeMs > nowMs);
    this.#nextDueMs = this.#delayed.reduce(
      (due, entry) => Math.min(due, entry.notBeforeMs),
      Number.POSITIVE_INFINITY,
    );
    for (const entry of waiting) {
      if (entry.notBeforeMs > nowMs) continue;
      entry.notBeforeMs = 0;
      this.#live.insert(entry);
    }
  }
}
