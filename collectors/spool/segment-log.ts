/**
 * The segment files as one log: appends go to the active segment, a disk error gives that segment up. After a failed
 * fdatasync the kernel may call the same page clean, so a second sync of the same file proves nothing; the data is
 * written again, to a new file.
 */
import { LaglineError } from "../../model/errors.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { errorCode, writeFully } from "./disk.ts";
import type { Entry } from "./ready-queue.ts";
import { encodeFileHeader, FILE_HEADER_BYTES } from "./record.ts";

export type Segment = {
  readonly number: number;
  readonly name: string;
  size: number;
  /** Batches that are not settled yet; a closed segment without any is removed. */
  readonly entries: Set<Entry>;
};

type ActiveSegment = { readonly segment: Segment; readonly file: DiskFile; durableName: boolean };

export type Group = {
  readonly records: readonly Buffer[];
  /** Numbers of the first record, for the header of a new segment. */
  readonly first: { readonly sequence: number; readonly document: number };
};

export type PlacedGroup = { readonly segment: Segment; readonly offsets: readonly number[] };

/** `full`: no room on the disk; `failed`: anything else. Nothing of the group is in a segment that is still used. */
export class DiskFailure extends Error {
  override readonly name = "DiskFailure";
  readonly kind: "full" | "failed";

  constructor(kind: "full" | "failed", cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.kind = kind;
  }
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, "0")}.seg`;
}

/** The number in a segment's file name; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  const match = /^(\d{10})\.seg$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

export class SegmentLog {
  readonly #disk: Disk;
  readonly #segmentBytes: number;
  readonly #onAbandoned: (segment: string, error: Error) => void;
  readonly #segments: Map<number, Segment>;
  #nextNumber: number;
  #active: ActiveSegment | undefined;

  constructor(options: {
    readonly disk: Disk;
    readonly segmentBytes: number;
    readonly segments: readonly Segment[];
    readonly nextNumber: number;
    readonly onAbandoned: (segment: string, error: Error) => void;
  }) {
    this.#disk = options.disk;
    this.#segmentBytes = options.segmentBytes;
    this.#onAbandoned = options.onAbandoned;
    this.#segments = new Map(options.segments.map((segment) => [segment.number, segment]));
    this.#nextNumber = options.nextNumber;
  }

  get bytes(): number {
    let sum = 0;
    for (const segment of this.#segments.values()) sum += segment.size;
    return sum;
  }

  get count(): number {
    return this.#segments.size;
  }

  get(number: number): Segment | undefined {
    return this.#segments.get(number);
  }

  /** The oldest segment that holds anything; the active one is closed first when it is the only one. */
  async oldest(): Promise<Segment | undefined> {
    const oldest = [...this.#segments.values()].find((segment) => segment.size > FILE_HEADER_BYTES);
    if (oldest !== undefined && oldest === this.#active?.segment) await this.rotate();
    return oldest;
  }

  /** Closed segments in which nothing waits any more. */
  finished(): readonly Segment[] {
    return [...this.#segments.values()].filter(
      (segment) => segment.entries.size === 0 && segment !== this.#active?.segment,
    );
  }

  /**
   * Writes the records one after the other into one segment and syncs it.
   * Returns the segment and the offset of each record. @throws DiskFailure
   */
  async append(group: Group): Promise<PlacedGroup> {
    const bytes =
      group.records.length === 1 && group.records[0] ? group.records[0] : Buffer.concat(group.records);
    const active = await this.#segmentFor(bytes.length, group);
    const { segment, file } = active;
    const start = segment.size;
    await this.#write(active, bytes);
    try {
      await file.datasync();
      if (!active.durableName) await this.#disk.syncDirectory();
    } catch (error) {
      segment.size += bytes.length;
      await this.#abandon(active, error);
      throw failure(error);
    }
    active.durableName = true;
    segment.size += bytes.length;
    let offset = start;
    const offsets = group.records.map((record) => {
      const place = offset;
      offset += record.length;
      return place;
    });
    return { segment, offsets };
  }

  /** Ends the active segment; the next append starts a new one. */
  async rotate(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    await active?.file.close();
  }

  /** A file that cannot be removed is only forgotten: what is in it is settled, and the next start removes it. */
  async remove(segment: Segment): Promise<void> {
    this.#segments.delete(segment.number);
    await this.#disk.remove(segment.name).catch(() => undefined);
  }

  async #segmentFor(length: number, group: Group): Promise<ActiveSegment> {
    const active = this.#active;
    if (active !== undefined && active.segment.size + length <= this.#segmentBytes) return active;
    await this.rotate();
    return this.#start(group);
  }

  async #start(group: Group): Promise<ActiveSegment> {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const name = segmentName(number);
    let file: DiskFile;
    try {
      file = await this.#disk.create(name);
    } catch (error) {
      throw failure(error);
    }
    const segment: Segment = { number, name, size: 0, entries: new Set() };
    const active: ActiveSegment = { segment, file, durableName: false };
    this.#segments.set(number, segment);
    this.#active = active;
    await this.#write(active, encodeFileHeader(group.first.sequence, group.first.document));
    segment.size = FILE_HEADER_BYTES;
    return active;
  }

  async #write(active: ActiveSegment, bytes: Buffer): Promise<void> {
    try {
      await writeFully(active.file, bytes, active.segment.size);
    } catch (error) {
      const reason = failure(error);
      if (reason.kind === "failed" || active.segment.size === 0 || !(await this.#takeBack(active))) {
        await this.#abandon(active, error);
      }
      throw reason;
    }
  }

  /** Cuts off what a failed write left behind; false when the disk refuses that too. */
  async #takeBack(active: ActiveSegment): Promise<boolean> {
    try {
      await active.file.truncate(active.segment.size);
      return true;
    } catch {
      return false;
    }
  }

  /** Gives the segment up for writing. What was synced into it earlier is durable and stays readable. */
  async #abandon(active: ActiveSegment, error: unknown): Promise<void> {
    this.#active = undefined;
    const { segment, file } = active;
    this.#onAbandoned(segment.name, error instanceof Error ? error : new Error(String(error)));
    await file.close().catch(() => undefined);
    if (segment.entries.size > 0) return;
    await this.remove(segment);
  }
}

function failure(error: unknown): DiskFailure {
  const code = errorCode(error);
  return new DiskFailure(code === "ENOSPC" || code === "EDQUOT" ? "full" : "failed", error);
}

/** What the caller of an append is told. */
export function describeFailure(reason: DiskFailure): LaglineError {
  const full = reason.kind === "full";
  return new LaglineError({
    code: full ? "LAGLINE_SPOOL_DISK_FULL" : "LAGLINE_SPOOL_WRITE_FAILED",
    message: `The documents could not be written to the spool: ${reason.message}.`,
    hint: `${full ? "Free space on" : "Look at"} the disk of spool_directory; the collector goes on by itself.`,
    retryable: true,
    cause: reason,
  });
}
