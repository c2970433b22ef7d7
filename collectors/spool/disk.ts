/**
 * The few file operations the spool needs, on one directory. An interface, so that tests can put a disk behind it that
 * forgets unsynced data, writes short or reports errors; names never contain a folder.
 */
import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file open for writing at its end. */
export interface DiskFile {
  /** Writes at `position` and returns how many bytes went out, which can be fewer than given. */
  write(bytes: Buffer, position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Content and size are on disk when it resolves. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  list(): Promise<readonly { readonly name: string; readonly size: number }[]>;
  /** Creates a file that must not exist yet. */
  create(name: string): Promise<DiskFile>;
  /** Opens a file that exists, to write at its end. */
  openForAppend(name: string): Promise<DiskFile>;
  readAll(name: string): Promise<Buffer>;
  read(name: string, range: { readonly offset: number; readonly length: number }): Promise<Buffer>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; a missing one is fine. */
  remove(name: string): Promise<void>;
  /** Makes created, renamed and removed names durable. */
  syncDirectory(): Promise<void>;
}

const OWNER_ONLY_DIRECTORY = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** A directory of the file system, created with mode 0700 when missing; files are 0600. */
export async function openDisk(directory: string): Promise<Disk> {
  await makeDirectory(directory);
  await closeToOthers(directory);
  return {
    list: async () => listFiles(directory),
    create: async (name) => openFile(join(directory, name), constants.O_CREAT | constants.O_EXCL),
    openForAppend: async (name) => openFile(join(directory, name), 0),
    readAll: async (name) => readFrom(join(directory, name)),
    read: async (name, range) => readFrom(join(directory, name), range),
    rename: async (from, to) => {
      await rename(join(directory, from), join(directory, to));
    },
    remove: async (name) => {
      await rm(join(directory, name), { force: true });
    },
    syncDirectory: async () => {
      const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
}

/** Writes all bytes, however often the disk takes fewer than it was given. */
export async function writeFully(file: DiskFile, bytes: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const written = await file.write(bytes.subarray(done), position + done);
    if (written <= 0) throw Object.assign(new Error("the disk took no bytes"), { code: "EIO" });
    done += written;
  }
}

/** Replaces a small file so that after a crash either the old or the new content is there. */
export async function replaceFile(disk: Disk, name: string, content: Buffer): Promise<void> {
  const temporary = `${name}.tmp`;
  await disk.remove(temporary);
  const file = await disk.create(temporary);
  try {
    await writeFully(file, content, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, name);
  await disk.syncDirectory();
}

/** The `code` of a system error, or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    // Node says so of a read-only file system, too; without `recursive` it gives the reason.
    await mkdir(directory, { mode: OWNER_ONLY_DIRECTORY });
  }
}

async function closeToOthers(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o077) === 0) return;
  try {
    await chmod(directory, OWNER_ONLY_DIRECTORY);
  } catch (error) {
    // A mounted volume may belong to somebody else; its files are still 0600.
    if (errorCode(error) !== "EPERM") throw error;
  }
}

async function listFiles(directory: string): Promise<{ name: string; size: number }[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  const files = await Promise.all(
    names.map(async (name) =>
      stat(join(directory, name)).then(
        ({ size }) => [{ name, size }],
        (error: unknown) => {
          // A starter that was turned away took its file along in this moment; none of ours goes by itself.
          if (errorCode(error) === "ENOENT") return [];
          throw error;
        },
      ),
    ),
  );
  return files.flat();
}

async function openFile(path: string, flags: number): Promise<DiskFile> {
  const handle = await open(path, constants.O_WRONLY | flags, OWNER_ONLY_FILE);
  return {
    write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    truncate: async (size) => {
      await handle.truncate(size);
    },
    datasync: async () => {
      await handle.datasync();
    },
    close: async () => {
      await handle.close();
    },
  };
}

async function readFrom(path: string, range?: { offset: number; length: number }): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    if (range === undefined) return await handle.readFile();
    const bytes = Buffer.allocUnsafe(range.length);
    let done = 0;
    while (done < range.length) {
      const { bytesRead } = await handle.read(bytes, done, range.length - done, range.offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}
