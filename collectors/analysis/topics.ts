/** End offsets of topics: keeps their history, writes their documents. */
import type { LagDocument } from "../../model/documents.ts";
import type { TopicReading } from "../../model/snapshot.ts";
import { round, type Stamp } from "./documents.ts";
import { isSteady, shiftActivity } from "./gates.ts";
import type { HeadHistory } from "./head-history.ts";
import type { Settings } from "./settings.ts";

export type TopicState = {
  readonly topic: string;
  /** Ring of end offsets by partition number. */
  readonly slots: number[];
  /** Sortable labels by partition number; widened when the topic grows past a power of ten. */
  readonly labels: string[];
  seenMs: number;
  /** Ticks with movement, newest in bit 0. */
  activity: number;
  movedInTick: boolean;
};

export class Topics {
  readonly #topics = new Map<string, TopicState>();
  readonly #history: HeadHistory;
  /** Rings that started anew in this tick because the end offset went back. */
  readonly resets = new Set<number>();

  constructor(history: HeadHistory) {
    this.#history = history;
  }

  get(topic: string, nowMs: number): TopicState {
    const known = this.#topics.get(topic);
    if (known !== undefined) {
      known.seenMs = nowMs;
      return known;
    }
    const state = { topic, slots: [], labels: [], seenMs: nowMs, activity: 0, movedInTick: false };
    this.#topics.set(topic, state);
    return state;
  }

  all(): ReadonlyMap<string, TopicState> {
    return this.#topics;
  }

  slot(state: TopicState, partition: number): number {
    const known = state.slots[partition];
    if (known !== undefined && known >= 0) return known;
    const slot = this.#history.allocate();
    for (let index = state.slots.length; index < partition; index++) state.slots[index] = -1;
    state.slots[partition] = slot;
    return slot;
  }

  label(state: TopicState, partition: number): string {
    const known = state.labels[partition];
    if (known !== undefined) return known;
    for (let index = state.labels.length; index < partition; index++) {
      state.labels[index] = labelOf(state.topic, index);
    }
    return (state.labels[partition] = labelOf(state.topic, partition));
  }

  /** Takes the end offsets of one topic; `learn` is false while they are known to be frozen. */
  read(reading: TopicReading, nowMs: number, learn: boolean): TopicState {
    const state = this.get(reading.topic, nowMs);
    if (!reading.assignable) return state;
    for (const [partition, offset] of reading.endOffsets.entries()) {
      if (offset === undefined || offset < 0) continue;
      const slot = this.slot(state, partition);
      const before = this.#history.newestOffset(slot);
      if (offset !== before) state.movedInTick = true;
      else if (!learn) continue;
      if (!this.#history.record(slot, nowMs, offset)) this.resets.add(slot);
    }
    return state;
  }

  documents(
    reading: TopicReading,
    state: TopicState,
    context: { stamp: Stamp; settings: Settings },
  ): LagDocument[] {
    const { stamp, settings } = context;
    const documents: LagDocument[] = [];
    let sum = 0;
    let rateSum = 0;
    let rates = 0;
    let highest = 0;
    if (reading.assignable) {
      for (const [partition, offset] of reading.endOffsets.entries()) {
        if (offset === undefined || offset < 0) continue;
        const rate = this.#history.rate(this.slot(state, partition), settings.produceWindowMs);
        documents.push(this.#partitionDocument({ stamp, state, partition, offset, rate }));
        sum += offset;
        if (Number.isNaN(rate)) continue;
        rateSum += rate;
        rates++;
        highest = Math.max(highest, rate);
      }
    }
    documents.push({
      "@timestamp": stamp.timestamp,
      record: "topic",
      cluster: stamp.cluster,
      topic: reading.topic,
      topic_rollup: 1,
      partition_count: Math.max(reading.endOffsets.length, state.slots.length),
      ...(documents.length > 0 && { log_end_offset: sum }),
      ...(rates > 0 && { produce_rate: round(rateSum) }),
      ...(rateSum > 0 && { skew: round((highest * rates) / rateSum) }),
    });
    return documents;
  }

  #partitionDocument(of: {
    stamp: Stamp;
    state: TopicState;
    partition: number;
    offset: number;
    rate: number;
  }): LagDocument {
    const document: LagDocument = {
      "@timestamp": of.stamp.timestamp,
      record: "topic",
      cluster: of.stamp.cluster,
      topic: of.state.topic,
      partition: String(of.partition),
      partition_number: of.partition,
      partition_label: this.label(of.state, of.partition),
      topic_rollup: 0,
      log_end_offset: of.offset,
    };
    if (!Number.isNaN(of.rate)) document.produce_rate = round(of.rate);
    return document;
  }

  /** Closes the tick for topics: what moved, what is steady. Returns whether anything moved and how many are steady. */
  endTick(): { moved: boolean; steady: number } {
    let moved = false;
    let steady = 0;
    for (const state of this.#topics.values()) {
      if (isSteady(state.activity)) steady++;
      if (state.movedInTick) moved = true;
      state.activity = shiftActivity(state.activity, state.movedInTick);
      state.movedInTick = false;
    }
    this.resets.clear();
    return { moved, steady };
  }

  anyMoved(): boolean {
    for (const state of this.#topics.values()) if (state.movedInTick) return true;
    return false;
  }

  /** Drops topics that neither Burrow nor a group named for long. */
  forget(beforeMs: number): void {
    for (const [topic, state] of this.#topics) {
      if (state.seenMs >= beforeMs) continue;
      for (const slot of state.slots) if (slot >= 0) this.#history.release(slot);
      this.#topics.delete(topic);
    }
  }
}

/** Padded to six digits: Kafka's practical limit of partitions per topic is far below a million. */
function labelOf(topic: string, partition: number): string {
  return `${topic}/${String(partition).padStart(6, "0")}`;
}
