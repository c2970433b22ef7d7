/**
 * Numbered files of whole lines in one folder, of bounded size and count. The file with the highest number is being
 * written. Nothing is synced: after kill -9 all lines are there but perhaps a torn last one, which the next start cuts off;
 * after a power cut the newest lines may be missing.
 */
import type { Disk, DiskFile } from "../spool/disk.ts";
import { writeFully } from "../spool/disk.ts";

export type RotationBounds = {
  /** No file grows beyond this. */
  readonly fileBytes: number;
  /** No more files than this. */
  readonly files: number;
};

/** A place between two lines that can be gone back to. */
export type Mark = { readonly number: number; readonly size: number };

type Entry = { readonly number: number; readonly name: string; readonly size: number };
type Current = { readonly number: number; readonly name: string; readonly file: DiskFile; size: number };

const NAME = /^documents-(\d{8})-\d{8}T\d{6}Z\.ndjson$/;
const LINE_END = 0x0a;
const TAIL_BYTES = 65_536;

/** Opens the folder: cuts a torn last line off and removes what is beyond the bounds. */
export async function openRotatingFiles(disk: Disk, bounds: RotationBounds): Promise<RotatingFiles> {
  const entries = await entriesOf(disk);
  const last = entries.at(-1);
  if (last === undefined) return new RotatingFiles(disk, bounds, { current: null, number: 0 });
  const file = await disk.openForAppend(last.name);
  try {
    const size = await wholeLines(disk, last);
    if (size < last.size) await file.truncate(size);
    await removeBeyond(disk, bounds.files);
    const current = { number: last.number, name: last.name, file, size };
    return new RotatingFiles(disk, bounds, { current, number: last.number });
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}

export class RotatingFiles {
  readonly #disk: Disk;
  readonly #bounds: RotationBounds;
  #current: Current | null;
  /** Highest number that was ever used. */
  #number: number;

  constructor(disk: Disk, bounds: RotationBounds, found: { current: Current | null; number: number }) {
    this.#disk = disk;
    this.#bounds = bounds;
    this.#current = found.current;
    this.#number = found.number;
  }

  /** Where the next line will be. */
  mark(): Mark {
    return { number: this.#current?.number ?? this.#number, size: this.#current?.size ?? 0 };
  }

  /** False when somebody removed, moved or cut the file that is being written: it has to be opened anew. */
  async isIntact(): Promise<boolean> {
    const entries = await this.#disk.list().catch(() => null);
    const current = this.#current;
    if (entries === null || current === null) return entries !== null;
    return entries.some(({ name, size }) => name === current.name && size === current.size);
  }

  /**
   * Writes whole lines, into the next file when they do not fit into this one.
   *
   * @param timeMs time of the first line (epoch ms); names the file that it begins.
   * @throws what the disk throws; part of the lines may be there then, until `rollBack`.
   */
  async append(lines: Buffer, timeMs: number): Promise<void> {
    let current = this.#current;
    if (current === null || current.size + lines.length > this.#bounds.fileBytes) {
      current = await this.#begin(timeMs);
    }
    await writeFully(current.file, lines, current.size);
    current.size += lines.length;
  }

  /** Takes away everything behind the mark. Files that rotation has removed since do not come back. */
  async rollBack(mark: Mark): Promise<void> {
    for (const { number, name } of (await entriesOf(this.#disk)).toReversed()) {
      if (number <= mark.number) break;
      if (number === this.#current?.number) await this.close();
      await this.#disk.remove(name);
    }
    const entry = (await entriesOf(this.#disk)).find(({ number }) => number === mark.number);
    if (entry === undefined) return;
    if (this.#current === null) {
      const file = await this.#disk.openForAppend(entry.name);
      this.#current = { number: entry.number, name: entry.name, file, size: entry.size };
    }
    if (entry.size > mark.size) await this.#current.file.truncate(mark.size);
    this.#current.size = Math.min(entry.size, mark.size);
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    await current?.file.close();
  }

  async #begin(timeMs: number): Promise<Current> {
    await this.close();
    // Before the new one, so that there are never more than the bound.
    await removeBeyond(this.#disk, this.#bounds.files - 1);
    const number = this.#number + 1;
    const name = nameOf(number, timeMs);
    const file = await this.#disk.create(name);
    this.#number = number;
    this.#current = { number, name, file, size: 0 };
    return this.#current;
  }
}

async function removeBeyond(disk: Disk, keep: number): Promise<void> {
  const entries = await entriesOf(disk);
  for (const { name } of entries.slice(0, Math.max(0, entries.length - keep))) {
    await disk.remove(name);
  }
}

function nameOf(number: number, timeMs: number): string {
  const time = new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `documents-${String(number).padStart(8, "0")}-${time}Z.ndjson`;
}

/** Our files by number; others in the folder are nobody's business. */
async function entriesOf(disk: Disk): Promise<readonly Entry[]> {
  return (await disk.list())
    .flatMap(({ name, size }) => {
      const number = NAME.exec(name)?.[1];
      return number === undefined ? [] : [{ number: Number(number), name, size }];
    })
    .toSorted((a, b) => a.number - b.number);
}

/** Bytes of the file up to its last line end. */
async function wholeLines(disk: Disk, { name, size }: Entry): Promise<number> {
  let end = size;
  while (end > 0) {
    const offset = Math.max(0, end - TAIL_BYTES);
    const tail = await disk.read(name, { offset, length: end - offset });
    const found = tail.lastIndexOf(LINE_END);
    if (found !== -1) return offset + found + 1;
    end = offset;
  }
  return 0;
}
