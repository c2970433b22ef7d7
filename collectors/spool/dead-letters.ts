/**
 * Documents that Elasticsearch will never take, kept as NDJSON files so that a person can look at them with `less` and
 * `jq`. Bounded: the oldest file goes first, and its documents are counted.
 */
import { LaglineError } from "../../model/errors.ts";
import type { DeadLetter, DeadLetterStats } from "./contract.ts";
import type { Disk } from "./disk.ts";
import { errorCode, writeFully } from "./disk.ts";

export type DeadLetterOptions = {
  readonly disk: Disk;
  readonly maxBytes: number;
  /** Build of the collector, written into every entry. */
  readonly version: string;
  readonly now: () => number;
  readonly onDropped?: (documents: number) => void;
};

type LetterFile = { readonly name: string; size: number; documents: number };

/** The bound is kept in steps of one file. */
const FILES = 8;
const REASON_LENGTH = 512;
const NAME = /^\d{10}\.ndjson$/;

export class DeadLetterStore {
  readonly #options: DeadLetterOptions;
  readonly #files: LetterFile[];
  #nextNumber: number;
  /** False until this process has started a file of its own: a torn last line of the old one stays alone. */
  #ownFile = false;
  #dropped = 0;

  private constructor(options: DeadLetterOptions, files: LetterFile[]) {
    this.#options = options;
    this.#files = files;
    this.#nextNumber = Number(files.at(-1)?.name.slice(0, 10) ?? 0) + 1;
  }

  static async open(options: DeadLetterOptions): Promise<DeadLetterStore> {
    const listed = (await options.disk.list()).filter(({ name }) => NAME.test(name));
    const files: LetterFile[] = [];
    for (const { name, size } of listed.toSorted((a, b) => a.name.localeCompare(b.name))) {
      files.push({ name, size, documents: countLines(await options.disk.readAll(name)) });
    }
    return new DeadLetterStore(options, files);
  }

  /** The letters are on disk when it resolves. */
  async append(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const lines = Buffer.from(letters.map((letter) => this.#line(letter)).join(""));
    await this.#makeRoom(lines.length);
    for (;;) {
      try {
        await this.#write(lines);
        break;
      } catch (error) {
        const isFull = errorCode(error) === "ENOSPC" || errorCode(error) === "EDQUOT";
        if (!isFull || !(await this.#dropOldest())) throw failed(error);
      }
    }
    const file = this.#files.at(-1);
    if (file !== undefined) file.documents += letters.length;
  }

  async #write(lines: Buffer): Promise<void> {
    const current = this.#ownFile ? this.#files.at(-1) : undefined;
    const fits = current !== undefined && current.size + lines.length <= this.#options.maxBytes / FILES;
    if (fits) await this.#extend(current, lines);
    else await this.#start(lines);
  }

  stats(): DeadLetterStats {
    return {
      documents: this.#files.reduce((sum, file) => sum + file.documents, 0),
      bytes: this.#files.reduce((sum, file) => sum + file.size, 0),
      dropped: this.#dropped,
    };
  }

  async #start(lines: Buffer): Promise<void> {
    const name = `${String(this.#nextNumber).padStart(10, "0")}.ndjson`;
    this.#nextNumber += 1;
    const file = await this.#options.disk.create(name);
    try {
      await writeFully(file, lines, 0);
      await file.datasync();
      await this.#options.disk.syncDirectory();
    } catch (error) {
      await this.#options.disk.remove(name).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    this.#files.push({ name, size: lines.length, documents: 0 });
    this.#ownFile = true;
  }

  async #extend(current: LetterFile, lines: Buffer): Promise<void> {
    // After a failed write the file may end in half a line, so the next letters go to a new file.
    this.#ownFile = false;
    const file = await this.#options.disk.openForAppend(current.name);
    try {
      await writeFully(file, lines, current.size);
      await file.datasync();
    } finally {
      await file.close();
    }
    current.size += lines.length;
    this.#ownFile = true;
  }

  async #makeRoom(bytes: number): Promise<void> {
    while (this.stats().bytes + bytes > this.#options.maxBytes) {
      if (!(await this.#dropOldest())) return;
    }
  }

  /** False when there is nothing left to drop. */
  async #dropOldest(): Promise<boolean> {
    const oldest = this.#files.shift();
    if (oldest === undefined) return false;
    if (this.#files.length === 0) this.#ownFile = false;
    await this.#options.disk.remove(oldest.name);
    this.#dropped += oldest.documents;
    this.#options.onDropped?.(oldest.documents);
    return true;
  }

  #line(letter: DeadLetter): string {
    const about = JSON.stringify({
      error_type: letter.errorType,
      reason: letter.reason.slice(0, REASON_LENGTH),
      status: letter.status,
      first_seen: new Date(letter.firstSeenMs).toISOString(),
      last_seen: new Date(this.#options.now()).toISOString(),
      attempts: letter.attempts,
      collector_version: this.#options.version,
    });
    // The document is kept to the letter where it is JSON; text that is none is kept as a string.
    const name = isJson(letter.document) ? "document" : "document_text";
    const value = name === "document" ? letter.document : JSON.stringify(letter.document);
    return `{"${name}":${value},${about.slice(1)}\n`;
  }
}

function failed(error: unknown): LaglineError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LaglineError({
    code: "LAGLINE_SPOOL_DEAD_LETTERS_FAILED",
    message: `Dead letters could not be written: ${reason}.`,
    hint: "Look at the disk of spool_directory; their batch stays in the spool and is tried again.",
    retryable: true,
    cause: error,
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return !text.includes("\n");
  } catch {
    return false;
  }
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let place = bytes.indexOf(10); place !== -1; place = bytes.indexOf(10, place + 1)) count += 1;
  return count;
}
