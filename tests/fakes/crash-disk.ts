/**
 * A disk in memory that forgets like a real one. A kill keeps what was written; a power cut keeps what was synced, and
 * any part of the rest. It can also stop in the middle of an operation, write short, or report errors.
 */
import type { Disk, DiskFile } from "../../collectors/spool/disk.ts";

type Write = { readonly position: number; readonly bytes: Buffer } | { readonly size: number };
/** `visible` is what a reader sees; `pending` are the writes that a sync would make durable. */
type Inode = { durable: Buffer; visible: Buffer; pending: Write[] };
type NameChange = { readonly set: string; readonly inode: Inode } | { readonly unset: string };

/** What the next operations do instead of working. */
export type DiskTrouble = {
  /** Operations that still work before the trouble begins. */
  after: number;
  /** How many operations are hit. Infinite for a process that is gone. */
  times: number;
  readonly on:
    | readonly ("create" | "write" | "truncate" | "datasync" | "rename" | "remove" | "syncDirectory")[]
    | "all";
  readonly code: string;
  /** Bytes that a write still puts down before it fails. */
  readonly shortBytes?: number;
};

export class CrashDisk implements Disk {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  trouble: DiskTrouble | null = null;
  /** Operations that change something, since the disk was made. */
  operations = 0;
  /** Largest number of bytes one write takes; for loops over short writes. */
  shortWrites = Number.POSITIVE_INFINITY;
  /** Error code of every read; null: reads work. */
  readTrouble: string | null = null;
  /** How often something was read from a file. */
  reads = 0;
  /** Bytes that fit; above, writes fail with ENOSPC after what fits. */
  capacity = Number.POSITIVE_INFINITY;

  get used(): number {
    let sum = 0;
    for (const inode of this.#names.values()) sum += inode.visible.length;
    return sum;
  }

  async list(): Promise<readonly { readonly name: string; readonly size: number }[]> {
    return [...this.#names].map(([name, inode]) => ({ name, size: inode.visible.length }));
  }

  async create(name: string): Promise<DiskFile> {
    this.#step("create");
    if (this.#names.has(name)) throw systemError("EEXIST");
    const inode: Inode = { durable: Buffer.alloc(0), visible: Buffer.alloc(0), pending: [] };
    this.#names.set(name, inode);
    this.#nameChanges.push({ set: name, inode });
    return this.#fileOf(inode);
  }

  async openForAppend(name: string): Promise<DiskFile> {
    return this.#fileOf(this.#inode(name));
  }

  async readAll(name: string): Promise<Buffer> {
    return this.#inode(name).visible;
  }

  async read(name: string, range: { readonly offset: number; readonly length: number }): Promise<Buffer> {
    this.reads += 1;
    if (this.readTrouble !== null) throw systemError(this.readTrouble);
    return this.#inode(name).visible.subarray(range.offset, range.offset + range.length);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step("rename");
    const inode = this.#inode(from);
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#nameChanges.push({ set: to, inode }, { unset: from });
  }

  async remove(name: string): Promise<void> {
    this.#step("remove");
    if (this.#names.delete(name)) this.#nameChanges.push({ unset: name });
  }

  async syncDirectory(): Promise<void> {
    this.#step("syncDirectory");
    this.#durableNames = new Map(this.#names);
    this.#nameChanges = [];
  }

  /** Changes a byte of a file in place, as a failing disk does. */
  damage(name: string, change: (bytes: Buffer) => Buffer): void {
    const inode = this.#inode(name);
    settleInode(inode, change(Buffer.from(inode.visible)));
  }

  /** The process is gone, the machine is not: everything written is there. */
  kill(): void {
    this.trouble = null;
    for (const inode of this.#names.values()) settleInode(inode, inode.visible);
    this.#durableNames = new Map(this.#names);
    this.#nameChanges = [];
  }

  /** Of what was not synced, `keep` decides what is there all the same; each call is asked about one change. */
  powerCut(keep: () => boolean): void {
    this.trouble = null;
    const names = new Map(this.#durableNames);
    // Directory changes reach the disk in order, so a part of them from the front survives.
    for (const change of this.#nameChanges) {
      if (!keep()) break;
      if ("set" in change) names.set(change.set, change.inode);
      else names.delete(change.unset);
    }
    for (const inode of new Set([...names.values(), ...this.#names.values()])) {
      let content = inode.durable;
      for (const write of inode.pending) if (keep()) content = apply(content, write);
      settleInode(inode, content);
    }
    this.#names = names;
    this.#durableNames = new Map(names);
    this.#nameChanges = [];
  }

  #fileOf(inode: Inode): DiskFile {
    return {
      write: async (bytes, position) => {
        const room = Math.max(0, this.capacity - this.used);
        const short = Math.min(bytes.length, this.shortWrites);
        const fits = Math.min(short, position < inode.visible.length ? short : room);
        this.#step("write", (shortBytes) => {
          if (shortBytes > 0) putDown(inode, { position, bytes: Buffer.from(bytes.subarray(0, shortBytes)) });
        });
        if (fits === 0) throw systemError("ENOSPC");
        putDown(inode, { position, bytes: Buffer.from(bytes.subarray(0, fits)) });
        return fits;
      },
      truncate: async (size) => {
        this.#step("truncate");
        putDown(inode, { size });
      },
      datasync: async () => {
        // After a failed sync the kernel takes the pages for clean: they are never written, whatever comes later.
        this.#step("datasync", () => {
          inode.pending = [];
        });
        for (const write of inode.pending) inode.durable = apply(inode.durable, write);
        inode.pending = [];
      },
      close: async () => {
        // Closing never fails and never syncs.
      },
    };
  }

  #inode(name: string): Inode {
    const inode = this.#names.get(name);
    if (inode === undefined) throw systemError("ENOENT");
    return inode;
  }

  #step(
    operation: Exclude<DiskTrouble["on"], "all">[number],
    beforeFailing?: (shortBytes: number) => void,
  ): void {
    this.operations += 1;
    const { trouble } = this;
    if (trouble === null || (trouble.on !== "all" && !trouble.on.includes(operation))) return;
    if (trouble.after > 0) {
      trouble.after -= 1;
      return;
    }
    if (trouble.times <= 0) return;
    trouble.times -= 1;
    beforeFailing?.(trouble.shortBytes ?? 0);
    throw systemError(trouble.code);
  }
}

function putDown(inode: Inode, write: Write): void {
  inode.visible = apply(inode.visible, write);
  inode.pending.push(write);
}

function apply(content: Buffer, write: Write): Buffer {
  if ("size" in write)
    return Buffer.concat([content, Buffer.alloc(Math.max(0, write.size - content.length))]).subarray(
      0,
      write.size,
    );
  const grown = Buffer.alloc(Math.max(content.length, write.position + write.bytes.length));
  content.copy(grown);
  write.bytes.copy(grown, write.position);
  return grown;
}

function settleInode(inode: Inode, content: Buffer): void {
  inode.durable = content;
  inode.visible = content;
  inode.pending = [];
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: on order of the test`), { code });
}
