/**
 * Reads the dead-letter store while its collector runs, and closes letters that are done with. The collector alone writes
 * the letters; what is closed stands in a file of its own beside them, so neither ever waits for the other.
 */
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import { errorCode } from "./disk.ts";

/** One letter as it lies on disk. */
export type StoredLetter = {
  /** `<file>:<line>`, fixed as long as the letter exists. */
  readonly id: string;
  /** The document as JSON text, to the letter. */
  readonly document: string;
  readonly errorType: string;
  readonly reason: string;
  readonly status: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly attempts: number;
};

const FILE = /^(\d{10})\.ndjson$/;
const CLOSED = "closed.json";
const PART = "closed.json.part";

const lineSchema = z.object({
  document: z.unknown().optional(),
  document_text: z.string().optional(),
  error_type: z.string(),
  reason: z.string(),
  status: z.number(),
  first_seen: z.string(),
  last_seen: z.string(),
  attempts: z.number(),
});
const closedSchema = z.record(z.string().regex(/^\d{10}$/), z.array(z.int().min(1)));
type Closed = z.output<typeof closedSchema>;

/**
 * Open letters, oldest first; none where there is no store.
 * @throws LaglineError `LAGLINE_DEAD_LETTERS_UNREADABLE`.
 */
export async function readDeadLetters(directory: string): Promise<readonly StoredLetter[]> {
  const closed = await readClosed(directory);
  const letters: StoredLetter[] = [];
  for (const file of await listFiles(directory)) {
    const done = new Set(closed[file]);
    const lines = (await readText(directory, `${file}.ndjson`)).split("\n");
    // Without its line end the last one is still being written, or was torn by a crash.
    for (const [index, line] of lines.slice(0, -1).entries()) {
      const letter = done.has(index + 1) ? undefined : parseLetter(`${file}:${index + 1}`, line);
      if (letter !== undefined) letters.push(letter);
    }
  }
  return letters;
}

/**
 * Marks letters as done with. They are listed no more, and leave the disk when the store's bound reaches them.
 * @throws LaglineError `LAGLINE_DEAD_LETTERS_BUSY` while another command closes letters, `LAGLINE_DEAD_LETTERS_UNREADABLE`.
 */
export async function closeDeadLetters(directory: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const part = join(directory, PART);
  // The part file is the lock as well: it exists only while somebody writes.
  await writeFile(part, "", { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    throw busy(part, error);
  });
  try {
    const present = new Set(await listFiles(directory));
    const closed = Object.entries(await readClosed(directory)).filter(([file]) => present.has(file));
    const merged = new Map(closed.map(([file, lines]) => [file, new Set(lines)]));
    for (const id of ids) {
      const [file = "", line = ""] = id.split(":");
      const lines = merged.get(file) ?? new Set<number>();
      merged.set(file, lines.add(Number(line)));
    }
    const value = Object.fromEntries(
      [...merged].map(([file, lines]) => [file, [...lines].toSorted((a, b) => a - b)]),
    );
    await writeFile(part, JSON.stringify(value), { mode: 0o600, flush: true });
    await rename(part, join(directory, CLOSED));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function listFiles(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names.flatMap((name) => FILE.exec(name)?.[1] ?? []).toSorted((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw unreadable(directory, error);
  }
}

async function readClosed(directory: string): Promise<Closed> {
  const text = await readText(directory, CLOSED);
  if (text === "") return {};
  try {
    return closedSchema.parse(JSON.parse(text));
  } catch (error) {
    throw unreadable(join(directory, CLOSED), error);
  }
}

/** Empty where the file is not there: the store's bound may take it away at any moment. */
async function readText(directory: string, name: string): Promise<string> {
  try {
    return await readFile(join(directory, name), "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "";
    throw unreadable(join(directory, name), error);
  }
}

/** Undefined for a line that a crash tore. */
function parseLetter(id: string, line: string): StoredLetter | undefined {
  try {
    const found = lineSchema.parse(JSON.parse(line));
    return {
      id,
      document: found.document_text ?? documentIn(line),
      errorType: found.error_type,
      reason: found.reason,
      status: found.status,
      firstSeen: found.first_seen,
      lastSeen: found.last_seen,
      attempts: found.attempts,
    };
  } catch {
    return undefined;
  }
}

/** The text between the first key and the fields of the letter: parsing and printing again would change large numbers. */
function documentIn(line: string): string {
  return line.slice('{"document":'.length, line.lastIndexOf(',"error_type":'));
}

function unreadable(path: string, cause: unknown): LaglineError {
  return new LaglineError({
    code: "LAGLINE_DEAD_LETTERS_UNREADABLE",
    message: `The dead letters in ${path} cannot be read: ${errorCode(cause) || "its content is not what Lagline writes"}.`,
    hint: "Use the account that the collector runs as.",
    cause,
  });
}

function busy(part: string, cause: unknown): LaglineError {
  const isLocked = errorCode(cause) === "EEXIST";
  return new LaglineError({
    code: "LAGLINE_DEAD_LETTERS_BUSY",
    message: isLocked
      ? `Another command changes the dead letters now: ${part} exists.`
      : `The dead letters cannot be changed: ${errorCode(cause)} at ${part}.`,
    hint: isLocked
      ? "Wait for it; if none runs, it was killed, and the file can be deleted."
      : "Use the account that the collector runs as, and check its disk.",
    cause,
  });
}
