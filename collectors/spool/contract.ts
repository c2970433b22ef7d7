/**
 * What the durable queue promises to the pipeline (which appends) and to the shipper (which takes and settles).
 *
 * Conservation, true at every moment and for every instance:
 * `recovered + accepted = stored + duplicate + deadLettered + dropped + documents`, where `dropped` is the sum of
 * `droppedBy` and `documents` is what still waits, leased batches included.
 */

/** Document JSON lines, ready to be sent; the unit that is written, read, retried and settled. */
export type SpoolBatch = {
  /**
   * One JSON document per line, each line ended by `\n`; no bulk action lines. A generator given to `append` may use
   * the memory again as soon as it is asked for its next batch; `append` keeps none of it.
   */
  readonly ndjson: Buffer;
  /** Number of lines. */
  readonly documents: number;
  /** Smallest and largest `@timestamp` of the lines (epoch ms). */
  readonly minTimestampMs: number;
  readonly maxTimestampMs: number;
};

/**
 * A batch that was handed to the shipper. It stays in the spool, and nobody else gets it, until it is settled. Its bytes
 * are valid until it is settled or given back.
 */
export type LeasedBatch = SpoolBatch & {
  /** Number of the record; grows by one per batch, never used twice. */
  readonly sequence: number;
  /** When the documents were accepted first (epoch ms); kept when a batch is replaced by its remainder. */
  readonly acceptedAtMs: number;
  /** How often documents of the batch were answered for before, and this remainder was not done. */
  readonly attempts: number;
  /** When Elasticsearch first refused the timestamps as too new (epoch ms); null when it never did. */
  readonly refusedSinceMs: number | null;
};

/** What became of the documents of a leased batch. The numbers must add up to `lease.documents`. */
export type Settlement = {
  readonly stored: number;
  readonly duplicate: number;
  readonly deadLetters: readonly DeadLetter[];
  /** What has to be sent again; null when nothing is left. Durable before the rest of the batch is forgotten. */
  readonly remaining: SpoolBatch | null;
  /** Not handed out again before this time (epoch ms). Kept in memory only. */
  readonly notBeforeMs?: number;
  /** Kept with `remaining`. */
  readonly refusedSinceMs?: number | null;
};

/** A document that Elasticsearch will never take, with the reason. */
export type DeadLetter = {
  /** The JSON document, without line end. */
  readonly document: string;
  /** `error.type` of Elasticsearch, or a word of ours such as `too_large`. */
  readonly errorType: string;
  /** At most 512 characters are kept. */
  readonly reason: string;
  /** HTTP or item status; 0 when there was none. */
  readonly status: number;
  readonly firstSeenMs: number;
  readonly attempts: number;
};

/** Why documents left the spool without an answer of Elasticsearch. */
export const DROP_REASONS = ["size", "age", "disk_full", "corrupt"] as const;
export type DropReason = (typeof DROP_REASONS)[number];

export type SpoolStats = {
  /** Documents that wait, leased ones included. */
  readonly documents: number;
  readonly batches: number;
  /** Bytes of the segment files on disk. */
  readonly bytes: number;
  readonly segments: number;
  /** Compressed bytes of the last append that are also in memory. */
  readonly freshBytes: number;
  /** `acceptedAtMs` of the oldest batch that waits; null when the spool is empty. */
  readonly oldestMs: number | null;
  /** Documents found on disk when the spool was opened, damaged ones included. */
  readonly recovered: number;
  /** Documents appended since the spool was opened. */
  readonly accepted: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  readonly dropped: number;
  readonly droppedBy: Readonly<Record<DropReason, number>>;
  /** Documents of appends that failed; they were never accepted. */
  readonly rejected: number;
  /** Segments given up because the disk reported an error on write or sync. */
  readonly abandonedSegments: number;
  /** Files renamed to `*.unreadable` because nothing in them could be read. */
  readonly quarantinedFiles: number;
  /** Bytes that could not be read as records when the spool was opened. */
  readonly damagedBytes: number;
  readonly deadLetters: DeadLetterStats;
};

export type DeadLetterStats = {
  readonly documents: number;
  readonly bytes: number;
  /** Dead letters removed, oldest first, because the store reached its bound. */
  readonly dropped: number;
};

export type TakeOptions = {
  /** False keeps the backlog back (replay rate limit) and hands out live batches only. Default true. */
  readonly backlog?: boolean;
};

/** One durable queue in one directory, used by one process. */
export interface Spool {
  /**
   * Accepts documents: they are on disk (fdatasync) when the promise resolves, and the batches of one call become
   * visible to the reader together. Give a generator to keep one batch in memory at a time; when it throws, nothing of
   * the call is accepted. An empty call resolves at once.
   *
   * @throws LaglineError `LAGLINE_SPOOL_DISK_FULL`, `LAGLINE_SPOOL_WRITE_FAILED` (both retryable: nothing of the call
   * was accepted, the same call may succeed later), `LAGLINE_SPOOL_APPEND_TOO_LARGE`, `LAGLINE_SPOOL_CLOSED`.
   */
  append(batches: Iterable<SpoolBatch> | AsyncIterable<SpoolBatch>): Promise<void>;

  /**
   * Next batch, or undefined when none may be sent now. Live batches (younger than `liveWindowMs`) and backlog take
   * turns, each oldest first, so that fresh data is not starved after an outage.
   */
  take(options?: TakeOptions): Promise<LeasedBatch | undefined>;

  /**
   * Records what became of a leased batch; dead letters and the remainder are durable when it resolves. When it rejects
   * the batch is still leased, and nothing of it is counted.
   *
   * @throws LaglineError `LAGLINE_SPOOL_DEAD_LETTERS_FAILED`, `LAGLINE_SPOOL_DISK_FULL`, `LAGLINE_SPOOL_WRITE_FAILED`
   * (all retryable), `LAGLINE_SPOOL_SETTLEMENT_WRONG`, `LAGLINE_SPOOL_NOT_LEASED`, `LAGLINE_SPOOL_CLOSED`.
   */
  settle(lease: LeasedBatch, settlement: Settlement): Promise<void>;

  /** Gives a leased batch back unchanged, to be handed out again, not before `notBeforeMs` (epoch ms) when given. */
  release(lease: LeasedBatch, notBeforeMs?: number): void;

  /** Resolves when a batch may have become available, when `timeoutMs` has passed or when `signal` aborts. */
  wait(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void>;

  stats(): SpoolStats;

  /** Writes down what is settled, gives leased batches back and releases the lock. Idempotent. */
  close(): Promise<void>;
}

/** What a person or a counter should know about; every handler is optional and must not throw. */
export type SpoolEvents = {
  readonly dropped?: (reason: DropReason, documents: number) => void;
  readonly deadLettersDropped?: (documents: number) => void;
  /** The disk reported an error on write or sync of this file; its data was written again elsewhere. */
  readonly segmentAbandoned?: (segment: string, error: Error) => void;
  /** The list of settled batches could not be written; after a crash they are sent again and answered with 409. */
  readonly acknowledgementsNotWritten?: (error: Error) => void;
  /** A batch could not be read; it is tried again. */
  readonly readFailed?: (segment: string, error: Error) => void;
};
