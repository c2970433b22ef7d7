/** A member's reading positions and what it may read and must commit next. Pure; `member.ts` talks to Kafka. */
import type { Phase } from "./types.ts";

type PartitionState = {
  /** Offset of the next message to handle. */
  position: bigint;
  /** Messages it may handle now. */
  allowance: number;
};

/** A member that was held up catches up on at most this many seconds of its capacity at once. */
const MAX_BURST_SECONDS = 2;

export type Wanted = { readonly partition: number; readonly offset: bigint; readonly atMost: number };
export type Commit = { readonly partition: number; readonly offset: bigint };

/** Partitions owned by one member between two rebalances. */
export class Reading {
  readonly #partitions: Map<number, PartitionState>;

  /** `committed` holds every owned partition; the beginning is 0 where nothing was committed yet. */
  constructor(committed: ReadonlyMap<number, bigint>) {
    this.#partitions = new Map(
      [...committed].map(([partition, offset]) => [partition, { position: offset, allowance: 0 }]),
    );
  }

  get partitions(): readonly number[] {
    return [...this.#partitions.keys()];
  }

  /** Adds the allowance of `seconds` and tells what to fetch. */
  want(phase: Phase, seconds: number): readonly Wanted[] {
    const wanted: Wanted[] = [];
    for (const [partition, state] of this.#partitions) {
      const most = phase.capacity * MAX_BURST_SECONDS;
      state.allowance = Math.min(most, state.allowance + phase.capacity * seconds);
      const atMost = Math.floor(state.allowance);
      if (atMost < 1 || partition === phase.stuckPartition) continue;
      wanted.push({ partition, offset: state.position, atMost });
    }
    return wanted;
  }

  /**
   * Handles messages found in a fetch, oldest first: those before the position and beyond the allowance are left.
   * Returns how many were handled.
   */
  handle(partition: number, offsets: readonly bigint[]): number {
    const state = this.#partitions.get(partition);
    if (state === undefined) return 0;
    const fresh = offsets.filter((offset) => offset >= state.position);
    const taken = fresh.slice(0, Math.floor(state.allowance));
    const last = taken.at(-1);
    if (last === undefined) return 0;
    state.position = last + 1n;
    state.allowance -= taken.length;
    return taken.length;
  }

  /** Goes on at another offset, after a rewind or where the log no longer has the position. */
  moveTo(partition: number, offset: bigint): void {
    const state = this.#partitions.get(partition);
    if (state !== undefined) state.position = offset;
  }

  /** Goes back by a number of messages, at most to the beginning. */
  rewind(partition: number, messages: number): void {
    const state = this.#partitions.get(partition);
    if (state === undefined) return;
    const target = state.position - BigInt(messages);
    state.position = target < 0n ? 0n : target;
  }

  /** What is to be committed: every position, moved or not, as the Java client's automatic commit does. */
  positions(): readonly Commit[] {
    return [...this.#partitions].map(([partition, { position }]) => ({ partition, offset: position }));
  }
}
