/** The durable queue: who gets which batch when, and what became of it. */
import { LaglineError } from "../../model/errors.ts";
import { bestCodec } from "./compression.ts";
import type {
  LeasedBatch,
  Settlement,
  Spool,
  SpoolBatch,
  SpoolEvents,
  SpoolStats,
  TakeOptions,
} from "./contract.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import type { Disk } from "./disk.ts";
import type { Draft } from "./draft.ts";
import { draftOf } from "./draft.ts";
import { createExclusive, Wakeup } from "./exclusive.ts";
import { free } from "./free.ts";
import type { Entry } from "./ready-queue.ts";
import { ReadyQueue } from "./ready-queue.ts";
import type { Recovery } from "./recover.ts";
import { EntryStore } from "./store.ts";

export type SpoolSettings = {
  /** Bound of the segment files. Above it the oldest segment is dropped. */
  readonly maxBytes: number;
  /** Batches older than this are dropped. */
  readonly maxAgeMs: number;
  readonly segmentBytes: number;
  /** Batches younger than this are live: they take turns with the backlog. */
  readonly liveWindowMs: number;
  readonly acknowledgeIntervalMs: number;
  readonly freshBytes: number;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly events: SpoolEvents;
};

export type SpoolParts = {
  readonly disk: Disk;
  readonly deadLetters: DeadLetterStore;
  readonly recovery: Recovery;
  readonly releaseLock: () => Promise<void>;
  readonly settings: SpoolSettings;
};

/** After this many failed reads of one batch it counts as damaged. */
const READ_ATTEMPTS = 10;
const READ_RETRY_MS = 5_000;

export class DiskSpool implements Spool {
  readonly #parts: SpoolParts;
  readonly #settings: SpoolSettings;
  readonly #store: EntryStore;
  readonly #ready: ReadyQueue;
  readonly #exclusive = createExclusive();
  readonly #wakeup = new Wakeup();
  readonly #leases = new Map<number, Entry>();
  readonly #codec = bestCodec();
  #closed = false;

  private constructor(parts: SpoolParts) {
    const { recovery, settings, disk } = parts;
    this.#parts = parts;
    this.#settings = settings;
    this.#ready = new ReadyQueue({ liveWindowMs: settings.liveWindowMs });
    const restored = restore(recovery, settings);
    this.#store = new EntryStore({ ...settings, disk, recovery, exclusive: this.#exclusive }, restored);
    for (const entry of restored) this.#ready.add(entry);
  }

  /** Opens the queue and removes files in which nothing waits any more. */
  static async open(parts: SpoolParts): Promise<DiskSpool> {
    const spool = new DiskSpool(parts);
    await spool.#store.tidy();
    return spool;
  }

  async append(batches: Iterable<SpoolBatch> | AsyncIterable<SpoolBatch>): Promise<void> {
    this.#assertOpen();
    const acceptedAtMs = this.#settings.now();
    const bornMs = this.#settings.monotonicMs();
    const origin = { acceptedAtMs, bornMs, attempts: 0, refusedSinceMs: null, replaces: 0 };
    const drafts: Draft[] = [];
    for await (const batch of batches) {
      if (batch.documents > 0) drafts.push(draftOf(batch, this.#codec, origin));
    }
    if (drafts.length === 0) return;
    await this.#exclusive(async () => {
      await this.#accept(drafts);
    });
    this.#wakeup.wake();
  }

  async take(options: TakeOptions = {}): Promise<LeasedBatch | undefined> {
    return this.#exclusive(async () => {
      if (this.#closed) return undefined;
      await this.#dropExpired();
      for (;;) {
        const entry = this.#ready.take({
          nowMs: this.#settings.now(),
          monotonicMs: this.#settings.monotonicMs(),
          backlog: options.backlog ?? true,
        });
        if (entry === undefined) return undefined;
        const lease = await this.#lease(entry);
        if (lease !== undefined) return lease;
      }
    });
  }

  async settle(lease: LeasedBatch, settlement: Settlement): Promise<void> {
    const { stored, duplicate, deadLetters, remaining } = settlement;
    const sum = stored + duplicate + deadLetters.length + (remaining?.documents ?? 0);
    if (sum !== lease.documents) {
      throw new LaglineError({
        code: "LAGLINE_SPOOL_SETTLEMENT_WRONG",
        message: `Batch ${lease.sequence} holds ${lease.documents} documents, but its settlement speaks of ${sum}.`,
      });
    }
    await this.#exclusive(async () => {
      const entry = this.#leased(lease);
      await this.#parts.deadLetters.append(deadLetters);
      if (remaining !== null) await this.#replace(entry, { remaining, settlement });
      this.#leases.delete(lease.sequence);
      await this.#store.settle(entry, settlement);
    });
    // Left to the garbage collector, batches of megabytes pile up until there are many.
    free(lease.ndjson);
    if (remaining !== null) this.#wakeup.wake();
  }

  release(lease: LeasedBatch, notBeforeMs = 0): void {
    if (this.#closed) return;
    const entry = this.#leased(lease);
    this.#leases.delete(lease.sequence);
    entry.state = "waiting";
    entry.notBeforeMs = notBeforeMs;
    if (this.#store.holds(entry)) this.#ready.giveBack(entry);
    // Its segment was dropped while it was leased.
    else this.#store.drop(entry, entry.fileDroppedFor ?? "size");
    free(lease.ndjson);
    this.#wakeup.wake();
  }

  async wait(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
    const untilDueMs = Math.max(0, this.#ready.nextDueMs - this.#settings.now());
    await this.#wakeup.wait({ ...options, timeoutMs: Math.min(options.timeoutMs, untilDueMs) });
  }

  stats(): SpoolStats {
    const { report } = this.#parts.recovery;
    return {
      ...this.#store.stats(),
      quarantinedFiles: report.quarantined.length,
      damagedBytes: report.damagedBytes,
      deadLetters: this.#parts.deadLetters.stats(),
    };
  }

  async close(): Promise<void> {
    await this.#exclusive(async () => {
      if (this.#closed) return;
      this.#closed = true;
      try {
        await this.#store.close();
      } finally {
        await this.#parts.releaseLock();
      }
    });
    this.#wakeup.wake();
  }

  async #accept(drafts: readonly Draft[]): Promise<void> {
    this.#assertOpen();
    await this.#dropExpired();
    const documents = drafts.reduce((sum, draft) => sum + draft.documents, 0);
    try {
      const entries = await this.#store.write(drafts);
      for (const entry of entries) this.#ready.add(entry);
      this.#store.accept(documents);
    } catch (error) {
      this.#store.reject(documents);
      throw error;
    }
  }

  /** Reads the batch and leases it; undefined when it cannot be read now or never. */
  async #lease(entry: Entry): Promise<LeasedBatch | undefined> {
    const batch = await this.#store.read(entry);
    if (batch === "damaged" || batch === "later") {
      entry.readFailures += 1;
      if (batch === "damaged" || entry.readFailures >= READ_ATTEMPTS) this.#store.drop(entry, "corrupt");
      else {
        entry.notBeforeMs = this.#settings.now() + READ_RETRY_MS;
        this.#ready.giveBack(entry);
      }
      return undefined;
    }
    const { sequence, acceptedAtMs, attempts, refusedSinceMs } = entry;
    entry.state = "leased";
    entry.handedOut = true;
    this.#leases.set(sequence, entry);
    return { ...batch, sequence, acceptedAtMs, attempts, refusedSinceMs };
  }

  async #replace(
    entry: Entry,
    what: { readonly remaining: SpoolBatch; readonly settlement: Settlement },
  ): Promise<void> {
    const { refusedSinceMs, notBeforeMs } = what.settlement;
    const { sequence: replaces, acceptedAtMs, bornMs, attempts } = entry;
    const refused = refusedSinceMs === undefined ? entry.refusedSinceMs : refusedSinceMs;
    const origin = { acceptedAtMs, bornMs, attempts: attempts + 1, replaces, refusedSinceMs: refused };
    for (const rest of await this.#store.write([draftOf(what.remaining, this.#codec, origin)])) {
      rest.handedOut = true;
      rest.notBeforeMs = notBeforeMs ?? 0;
      this.#ready.giveBack(rest);
    }
  }

  #leased(lease: LeasedBatch): Entry {
    this.#assertOpen();
    const entry = this.#leases.get(lease.sequence);
    if (entry !== undefined) return entry;
    throw new LaglineError({
      code: "LAGLINE_SPOOL_NOT_LEASED",
      message: `Batch ${lease.sequence} is not leased; it was settled or given back before.`,
    });
  }

  async #dropExpired(): Promise<void> {
    const monotonicMs = this.#settings.monotonicMs();
    const limitMs = monotonicMs - this.#settings.maxAgeMs;
    let entry = this.#ready.olderThan(limitMs, monotonicMs);
    if (entry === undefined) return;
    while (entry !== undefined) {
      this.#store.drop(entry, "age");
      entry = this.#ready.olderThan(limitMs, monotonicMs);
    }
    await this.#store.removeFinished();
  }

  #assertOpen(): void {
    if (!this.#closed) return;
    throw new LaglineError({ code: "LAGLINE_SPOOL_CLOSED", message: "The spool is closed." });
  }
}

/** Entries of what was found on disk, oldest first. */
function restore(recovery: Recovery, settings: SpoolSettings): readonly Entry[] {
  const nowMs = settings.now();
  const monotonicMs = settings.monotonicMs();
  const entries = recovery.records.map(({ segment, offset, header }) => ({
    sequence: header.sequence,
    segment,
    offset,
    payloadLength: header.payloadLength,
    documents: header.documents,
    acceptedAtMs: header.acceptedAtMs,
    bornMs: monotonicMs - Math.max(0, nowMs - header.acceptedAtMs),
    attempts: header.attempts,
    refusedSinceMs: header.refusedSinceMs,
    handedOut: false,
    notBeforeMs: 0,
    readFailures: 0,
    fileDroppedFor: null,
    state: "waiting" as const,
  }));
  // A remainder has a later number than its batch had, and is as old as that.
  return entries.toSorted((one, other) => one.bornMs - other.bornMs);
}
