/**
 * Which waiting batch is handed out next. Live batches and backlog take turns, each oldest first; batches that were
 * given back go to the front, batches that must not be sent yet wait aside.
 */

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
  /** True once it was handed out: when it comes back, it goes to the front. */
  handedOut: boolean;
  notBeforeMs: number;
  readFailures: number;
  state: "waiting" | "leased" | "gone";
};

/** First in, first out, with a way back to the front; both ends cost O(1). */
class Lane {
  readonly #front: Entry[] = [];
  #queue: Entry[] = [];
  #head = 0;

  push(entry: Entry): void {
    this.#queue.push(entry);
  }

  unshift(entry: Entry): void {
    this.#front.push(entry);
  }

  /** Oldest entry that still waits; entries that are gone are forgotten on the way. */
  peek(): Entry | undefined {
    for (;;) {
      const entry = this.#front.at(-1) ?? this.#queue[this.#head];
      if (entry === undefined || entry.state === "waiting") return entry;
      this.shift();
    }
  }

  shift(): void {
    if (this.#front.pop() !== undefined) return;
    this.#head += 1;
    // Half of the array is used up: give it back.
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
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
    } else this.#live.unshift(entry);
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
      if (entry.handedOut) this.#backlog.unshift(entry);
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
    // The front is a stack: youngest in first, so that the oldest comes out first.
    for (const entry of waiting.toReversed()) {
      if (entry.notBeforeMs > nowMs) continue;
      entry.notBeforeMs = 0;
      this.#live.unshift(entry);
    }
  }
}
