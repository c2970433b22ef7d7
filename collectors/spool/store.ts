/**
 * Everything that waits, and where it is on disk: writes batches, reads them back, forgets them, and keeps the bound.
 * All methods that touch the disk must run one at a time; the spool sees to that.
 */
import { LaglineError } from "../../model/errors.ts";
import { Acknowledger } from "./acknowledger.ts";
import type { SequenceSet } from "./acknowledgements.ts";
import { decompress } from "./compression.ts";
import type { DropReason, Settlement, SpoolBatch, SpoolEvents } from "./contract.ts";
import type { Disk } from "./disk.ts";
import { errorCode } from "./disk.ts";
import type { Draft } from "./draft.ts";
import { encodeGroup } from "./draft.ts";
import { FreshPayloads } from "./fresh-payloads.ts";
import type { Account } from "./ledger.ts";
import { Ledger } from "./ledger.ts";
import type { Entry } from "./ready-queue.ts";
import { readBack } from "./read-back.ts";
import { FILE_HEADER_BYTES } from "./record.ts";
import type { Recovery } from "./recover.ts";
import type { Group, PlacedGroup, Segment } from "./segment-log.ts";
import { describeFailure, DiskFailure, SegmentLog } from "./segment-log.ts";

export type StoreOptions = {
  readonly disk: Disk;
  readonly recovery: Recovery;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly acknowledgeIntervalMs: number;
  /** Of the batches written last, kept in memory until they are first read. */
  readonly freshBytes: number;
  readonly events: SpoolEvents;
  /** Runs a task while no other operation of the spool runs. */
  readonly exclusive: (task: () => Promise<void>) => Promise<void>;
};

/** `later`: the disk could not be read now; `damaged`: it never will be. */
export type ReadResult = SpoolBatch | "later" | "damaged";

export class EntryStore {
  readonly #options: StoreOptions;
  readonly #log: SegmentLog;
  readonly #ledger: Ledger;
  readonly #done: SequenceSet;
  readonly #acknowledger: Acknowledger;
  readonly #fresh: FreshPayloads;
  /** Everything that is not settled, leased batches included. */
  readonly #entries = new Set<Entry>();
  #nextSequence: number;
  #nextDocument: number;
  #abandoned = 0;

  constructor(options: StoreOptions, restored: readonly Entry[]) {
    const { recovery, events } = options;
    this.#options = options;
    this.#done = recovery.done;
    this.#nextSequence = recovery.nextSequence;
    this.#nextDocument = recovery.nextDocument;
    this.#ledger = new Ledger(recovery.report);
    this.#fresh = new FreshPayloads(options.freshBytes);
    const segments = new Map<number, Segment>(
      recovery.segments.map((segment) => [segment.number, { ...segment, entries: new Set<Entry>() }]),
    );
    for (const entry of restored) {
      this.#entries.add(entry);
      segments.get(entry.segment)?.entries.add(entry);
    }
    this.#log = new SegmentLog({
      disk: options.disk,
      segmentBytes: options.segmentBytes,
      segments: [...segments.values()],
      nextNumber: recovery.nextNumber,
      onAbandoned: (segment, error) => {
        this.#abandoned += 1;
        events.segmentAbandoned?.(segment, error);
      },
    });
    this.#acknowledger = new Acknowledger({
      disk: options.disk,
      intervalMs: options.acknowledgeIntervalMs,
      exclusive: options.exclusive,
      state: () => ({
        done: this.#done,
        nextSequence: this.#nextSequence,
        nextDocument: this.#nextDocument,
        waitingDocuments: this.stats().documents,
      }),
      onFailed: (error) => events.acknowledgementsNotWritten?.(error),
    });
  }

  /** Writes the drafts as one group and returns their entries. @throws LaglineError, see `Spool.append` */
  async write(drafts: readonly Draft[]): Promise<readonly Entry[]> {
    const first = { sequence: this.#nextSequence, document: this.#nextDocument };
    const { records, bytes, nextDocument } = encodeGroup(drafts, first);
    // Numbers of a failed append are not used again: its bytes may still be on the disk.
    this.#nextSequence += drafts.length;
    try {
      await this.#makeRoom(bytes + FILE_HEADER_BYTES);
      const placed = await this.#append({ records, first });
      this.#nextDocument = nextDocument;
      // How much waits is written down as well, so that a start can tell what is missing.
      this.#acknowledger.mark();
      return this.#enter(drafts, { placed, firstSequence: first.sequence });
    } catch (error) {
      for (const index of drafts.keys()) this.#done.add(first.sequence + index);
      this.#acknowledger.mark();
      throw error instanceof DiskFailure ? describeFailure(error) : error;
    }
  }

  accept(documents: number): void {
    this.#ledger.accept(documents);
  }

  reject(documents: number): void {
    this.#ledger.reject(documents);
  }

  async read(entry: Entry): Promise<ReadResult> {
    const name = this.#log.get(entry.segment)?.name ?? "";
    try {
      const found = this.#fresh.take(entry.sequence) ?? (await readBack(this.#options.disk, name, entry));
      if (found === undefined) return "damaged";
      const { documents, minTimestampMs, maxTimestampMs } = found;
      const ndjson = decompress(found.codec, found.payload, found.rawLength);
      return { ndjson, documents, minTimestampMs, maxTimestampMs };
    } catch (error) {
      this.#options.events.readFailed?.(name, error instanceof Error ? error : new Error(String(error)));
      // A missing file does not come back; anything else may (too many open files, a busy disk).
      return errorCode(error) === "ENOENT" ? "damaged" : "later";
    }
  }

  /** True while the batch's segment is still there. */
  holds(entry: Entry): boolean {
    return this.#log.get(entry.segment)?.entries.has(entry) === true;
  }

  async settle(entry: Entry, settlement: Settlement): Promise<void> {
    this.#ledger.settle(settlement);
    this.#forget(entry);
    // A dead letter is written once only if the batch is known as settled right after.
    if (settlement.deadLetters.length > 0) await this.#acknowledger.flush();
    await this.removeFinished();
  }

  drop(entry: Entry, reason: DropReason): void {
    this.#forget(entry);
    this.#ledger.drop(reason, entry.documents);
    this.#options.events.dropped?.(reason, entry.documents);
  }

  /** After a start: what was lost is counted once, so the list must say what there is now. */
  async tidy(): Promise<void> {
    if (this.#options.recovery.report.lostDocuments > 0) this.#acknowledger.mark();
    await this.#acknowledger.flush();
    await this.removeFinished();
  }

  /** Removes closed segments in which nothing waits any more. */
  async removeFinished(): Promise<void> {
    for (const segment of this.#log.finished()) await this.#remove(segment);
  }

  stats(): Account & {
    documents: number;
    batches: number;
    bytes: number;
    segments: number;
    freshBytes: number;
    oldestMs: number | null;
    abandonedSegments: number;
  } {
    let documents = 0;
    let oldestMs: number | null = null;
    for (const entry of this.#entries) {
      documents += entry.documents;
      oldestMs = Math.min(oldestMs ?? entry.acceptedAtMs, entry.acceptedAtMs);
    }
    return {
      ...this.#ledger.account(),
      documents,
      oldestMs,
      batches: this.#entries.size,
      bytes: this.#log.bytes,
      segments: this.#log.count,
      freshBytes: this.#fresh.bytes,
      abandonedSegments: this.#abandoned,
    };
  }

  async close(): Promise<void> {
    await this.#log.rotate();
    await this.removeFinished();
    await this.#acknowledger.flush();
    this.#acknowledger.stop();
  }

  #enter(
    drafts: readonly Draft[],
    where: { readonly placed: PlacedGroup; readonly firstSequence: number },
  ): readonly Entry[] {
    const { segment, offsets } = where.placed;
    this.#fresh.keepOnly(where.firstSequence, drafts);
    return drafts.map((draft, index) => {
      const entry: Entry = {
        sequence: where.firstSequence + index,
        segment: segment.number,
        offset: offsets[index] ?? 0,
        payloadLength: draft.payload.length,
        documents: draft.documents,
        acceptedAtMs: draft.acceptedAtMs,
        bornMs: draft.bornMs,
        attempts: draft.attempts,
        refusedSinceMs: draft.refusedSinceMs,
        handedOut: false,
        notBeforeMs: 0,
        readFailures: 0,
        fileDroppedFor: null,
        state: "waiting",
      };
      segment.entries.add(entry);
      this.#entries.add(entry);
      return entry;
    });
  }

  async #append(group: Group): Promise<PlacedGroup> {
    let failures = 0;
    for (;;) {
      try {
        return await this.#log.append(group);
      } catch (error) {
        if (!(error instanceof DiskFailure)) throw error;
        if (error.kind === "full" && (await this.#dropOldest("disk_full"))) continue;
        failures += 1;
        if (error.kind === "full" || failures > 1) throw error;
      }
    }
  }

  async #makeRoom(needed: number): Promise<void> {
    const { maxBytes } = this.#options;
    if (needed > maxBytes) {
      throw new LaglineError({
        code: "LAGLINE_SPOOL_APPEND_TOO_LARGE",
        message: `An append of ${needed} bytes does not fit into a spool of ${maxBytes} bytes.`,
        hint: "Raise the size of the spool in lagline.yaml.",
      });
    }
    while (this.#log.bytes + needed > maxBytes) {
      if (!(await this.#dropOldest("size"))) return;
    }
  }

  /** Drops the oldest segment; false when there is none. Leased batches live on in the hands of the shipper. */
  async #dropOldest(reason: DropReason): Promise<boolean> {
    const segment = await this.#log.oldest();
    if (segment === undefined) return false;
    for (const entry of segment.entries) {
      if (entry.state === "waiting") this.drop(entry, reason);
      else entry.fileDroppedFor = reason;
    }
    segment.entries.clear();
    await this.#remove(segment);
    return true;
  }

  /** What is settled is written down before its file goes; only a full disk has no room for that before. */
  async #remove(segment: Segment): Promise<void> {
    await this.#acknowledger.flush();
    await this.#log.remove(segment);
  }

  /** The batch is done, whatever became of its documents. */
  #forget(entry: Entry): void {
    entry.state = "gone";
    this.#fresh.take(entry.sequence);
    this.#done.add(entry.sequence);
    this.#entries.delete(entry);
    this.#log.get(entry.segment)?.entries.delete(entry);
    this.#acknowledger.mark();
  }
}
