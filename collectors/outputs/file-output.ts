/**
 * Documents into files beside the delivery to Elasticsearch. A cycle is in the files as a whole or not at all; what the
 * disk does never fails the cycle, and holds it up for a bounded time: after that the output is left alone until the disk
 * has answered.
 */
import { describeError, LaglineError } from "../../model/errors.ts";
import type { SpoolBatch } from "../spool/contract.ts";
import { errorCode, openDisk } from "../spool/disk.ts";
import { lockDirectory } from "../spool/lock.ts";
import { type Mark, openRotatingFiles, type RotatingFiles, type RotationBounds } from "./rotating-files.ts";

/** Why documents are missing in the files. */
export const LOSS_REASONS = ["disk_full", "unwritable", "in_use", "slow", "too_large"] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

export type FileOutputEvents = {
  readonly written: (documents: number) => void;
  readonly lost: (loss: {
    readonly reason: LossReason;
    readonly documents: number;
    readonly detail: string;
  }) => void;
  /** Documents go to the files again; so many are missing in them. */
  readonly recovered: (missing: number) => void;
};

export type FileOutputOptions = RotationBounds & {
  readonly directory: string;
  readonly events: FileOutputEvents;
  /** How long a cycle may wait for the disk, all its batches together. @default 5 s */
  readonly waitMs?: number;
  /** @default the folder, locked */
  readonly open?: (directory: string, bounds: RotationBounds) => Promise<OpenedFiles>;
};

export type OpenedFiles = { readonly files: RotatingFiles; readonly release: () => Promise<void> };

/** One cycle in the files. Nothing of it rejects. */
export interface OutputCycle {
  write(batch: SpoolBatch): Promise<void>;
  /** The cycle was accepted: it stays. Waits for nothing, so that all counters move together. */
  commit(): void;
  /** The cycle was not accepted: nothing of it stays. */
  abandon(): Promise<void>;
}

export interface FileOutput {
  begin(): OutputCycle;
  close(): Promise<void>;
}

const WAIT_MS = 5_000;

export function createFileOutput(options: FileOutputOptions): FileOutput {
  return new DiskOutput(options);
}

type Loss = { readonly reason: LossReason; readonly detail: string };

class DiskOutput implements FileOutput {
  readonly #options: FileOutputOptions;
  readonly waitMs: number;
  #opened: OpenedFiles | null = null;
  /** What a cycle left behind that must not stay, from the time when the disk did not answer. */
  #undo: Mark | null = null;
  /** The work that the disk has not answered yet, although its time is over. */
  #late: Promise<void> | null = null;
  /** Documents missing since the files were whole. */
  #missing = 0;
  /** True while somebody may have touched the files since they were looked at. */
  #isDoubtful = true;
  /** The caller's memory is used again while a late disk still reads: it gets a copy. */
  #copy = Buffer.alloc(0);

  constructor(options: FileOutputOptions) {
    this.#options = options;
    this.waitMs = options.waitMs ?? WAIT_MS;
  }

  get fileBytes(): number {
    return this.#options.fileBytes;
  }

  begin(): OutputCycle {
    this.#isDoubtful = true;
    return new Cycle(this);
  }

  /** Runs a task on the files, for at most `waitMs`. @returns the loss, when it did not succeed. */
  async attempt(waitMs: number, task: (files: RotatingFiles) => Promise<void>): Promise<Loss | null> {
    if (this.#late !== null) {
      return { reason: "slow", detail: "The disk has not answered an earlier request yet." };
    }
    let isOver = false;
    const work = this.#open().then(async (files) => (isOver ? undefined : task(files)));
    try {
      if (await endsWithin(work, waitMs)) return null;
      isOver = true;
      this.#leaveAlone(work.catch(() => undefined).then(async () => this.#drop()));
      return { reason: "slow", detail: `The disk did not answer within ${this.waitMs} ms.` };
    } catch (error) {
      const dropped = this.#drop();
      if (!(await endsWithin(dropped, waitMs))) this.#leaveAlone(dropped);
      return lossOf(error);
    }
  }

  /** What is behind the mark goes, now or when the files are opened next. */
  async undo(waitMs: number, mark: Mark): Promise<void> {
    this.#undo ??= mark;
    await this.attempt(waitMs, async () => undefined);
  }

  copyOf(bytes: Buffer): Buffer {
    if (this.#copy.length < bytes.length) this.#copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(this.#copy);
    return this.#copy.subarray(0, bytes.length);
  }

  written(documents: number): void {
    if (documents === 0) return;
    this.#options.events.written(documents);
    if (this.#missing > 0) this.#options.events.recovered(this.#missing);
    this.#missing = 0;
  }

  lost(documents: number, { reason, detail }: Loss): void {
    if (documents === 0) return;
    this.#missing += documents;
    this.#options.events.lost({ reason, documents, detail });
  }

  async close(): Promise<void> {
    await endsWithin(this.#late ?? this.#drop(), this.waitMs).catch(() => undefined);
  }

  async #open(): Promise<RotatingFiles> {
    if (this.#opened !== null && this.#isDoubtful && !(await this.#opened.files.isIntact())) {
      await this.#drop();
    }
    const { directory, open = openLocked } = this.#options;
    this.#opened ??= await open(directory, this.#options);
    this.#isDoubtful = false;
    const { files } = this.#opened;
    if (this.#undo !== null) {
      await files.rollBack(this.#undo);
      this.#undo = null;
    }
    return files;
  }

  /** Nothing is asked of the disk before this has ended. */
  #leaveAlone(work: Promise<void>): void {
    this.#late = work.finally(() => {
      this.#late = null;
    });
  }

  async #drop(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.files.close().catch(() => undefined);
    await opened?.release().catch(() => undefined);
  }
}

class Cycle implements OutputCycle {
  readonly #output: DiskOutput;
  #restMs: number;
  #documents = 0;
  #mark: Mark | null = null;
  #loss: Loss | null = null;
  readonly #tooLarge = { documents: 0, bytes: 0 };

  constructor(output: DiskOutput) {
    this.#output = output;
    this.#restMs = output.waitMs;
  }

  async write({ ndjson, documents, minTimestampMs }: SpoolBatch): Promise<void> {
    if (ndjson.length > this.#output.fileBytes) {
      this.#tooLarge.documents += documents;
      this.#tooLarge.bytes = ndjson.length;
      return;
    }
    this.#documents += documents;
    if (this.#loss !== null) return;
    this.#loss = await this.#attempt(async (files) => {
      this.#mark ??= files.mark();
      await files.append(this.#output.copyOf(ndjson), minTimestampMs);
    });
    if (this.#loss !== null) await this.abandon();
  }

  commit(): void {
    if (this.#loss === null) this.#output.written(this.#documents);
    else this.#output.lost(this.#documents, this.#loss);
    const { documents, bytes } = this.#tooLarge;
    const detail = `A batch of ${bytes} bytes does not fit into a file of ${this.#output.fileBytes}.`;
    this.#output.lost(documents, { reason: "too_large", detail });
  }

  async abandon(): Promise<void> {
    if (this.#mark !== null) await this.#output.undo(Math.max(this.#restMs, 1), this.#mark);
  }

  async #attempt(task: (files: RotatingFiles) => Promise<void>): Promise<Loss | null> {
    const startedMs = performance.now();
    const loss = await this.#output.attempt(Math.max(this.#restMs, 1), task);
    this.#restMs -= performance.now() - startedMs;
    return loss;
  }
}

/** @throws LaglineError `LAGLINE_SPOOL_LOCKED` when another process writes there, and what the file system throws. */
async function openLocked(directory: string, bounds: RotationBounds): Promise<OpenedFiles> {
  const disk = await openDisk(directory);
  const lock = await lockDirectory(directory);
  try {
    return { files: await openRotatingFiles(disk, bounds), release: async () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function lossOf(error: unknown): Loss {
  if (error instanceof LaglineError && error.code === "LAGLINE_SPOOL_LOCKED") {
    return { reason: "in_use", detail: "Another collector writes there." };
  }
  const detail = describeError(error);
  // A limit of the process or a quota is as full as a disk.
  const isFull = ["ENOSPC", "EDQUOT", "EFBIG"].includes(errorCode(error));
  return {
    reason: isFull ? "disk_full" : "unwritable",
    detail: detail.endsWith(".") ? detail : `${detail}.`,
  };
}

/** @returns false when the time is over first. Rejects when the work does, in time. */
async function endsWithin(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, ms);
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    clearTimeout(timer);
  }
}
