/** Keeps the analysis' history over a restart: one file, replaced as a whole, written every few minutes and on stop. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Analyser } from "./analysis/contract.ts";

export interface HistoryFile {
  /** `refused`: there is a file, and the analysis does not take it. Never throws: history is a help, not a need. */
  load(): Promise<"loaded" | "none" | "refused">;
  /**
   * Writes beside the file, syncs and renames, so that a crash leaves the old or the new one.
   *
   * @returns the bytes written.
   */
  save(): Promise<number>;
}

/** A history beyond this is not read: it would not fit into the memory of the collector. */
const MAXIMUM_BYTES = 256 * 1024 * 1024;

export function createHistoryFile(path: string, analyser: Analyser): HistoryFile {
  let saving: Promise<number> | undefined;

  async function write(): Promise<number> {
    const bytes = analyser.exportHistory();
    const temporary = `${path}.tmp`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    return bytes.byteLength;
  }

  return {
    async load() {
      try {
        const bytes = await readFile(path);
        return bytes.byteLength <= MAXIMUM_BYTES && analyser.importHistory(bytes) ? "loaded" : "refused";
      } catch (error) {
        return isMissing(error) ? "none" : "refused";
      }
    },
    async save() {
      saving ??= write().finally(() => {
        saving = undefined;
      });
      try {
        return await saving;
      } catch (error) {
        await rm(`${path}.tmp`, { force: true });
        throw error;
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
