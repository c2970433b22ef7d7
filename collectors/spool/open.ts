/** Opens the spool of a directory: takes the lock, reads what is there, and says what it found. */
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { LaglineError } from "../../model/errors.ts";
import type { Spool, SpoolEvents } from "./contract.ts";
import { DeadLetterStore } from "./dead-letters.ts";
import type { Disk } from "./disk.ts";
import { errorCode, openDisk } from "./disk.ts";
import { lockDirectory } from "./lock.ts";
import type { RecoveryReport } from "./recover.ts";
import { recover } from "./recover.ts";
import type { SpoolSettings } from "./spool.ts";
import { DiskSpool } from "./spool.ts";

export type SpoolOptions = {
  readonly directory: string;
  /** Bound of the documents on disk, in compressed bytes. @default 512 MiB */
  readonly maxBytes?: number;
  /** @default 72 h */
  readonly maxAgeMs?: number;
  /** Bound of the dead-letter store. @default 64 MiB */
  readonly deadLetterMaxBytes?: number;
  /** Space is given back in steps of one segment. @default an eighth of `maxBytes`, at most 8 MiB */
  readonly segmentBytes?: number;
  /** @default 2 min */
  readonly liveWindowMs?: number;
  /** @default 500 ms */
  readonly acknowledgeIntervalMs?: number;
  /** Compressed bytes of the last append that stay in memory until they are first handed out; 0: none. @default 8 MiB */
  readonly freshBytes?: number;
  /** Build of the collector, written into dead letters. */
  readonly version: string;
  readonly now?: () => number;
  readonly monotonicMs?: () => number;
  readonly events?: SpoolEvents;
};

export type OpenedSpool = {
  readonly spool: Spool;
  readonly recovery: RecoveryReport;
  /** Whose stale lock was broken; null when there was none. */
  readonly brokeLockOf: string | null;
};

const MEBIBYTE = 1024 * 1024;
export const DEAD_LETTER_FOLDER = "dead-letter";

/**
 * @throws LaglineError `LAGLINE_SPOOL_LOCKED` when another process uses the directory, `LAGLINE_SPOOL_UNUSABLE` when it
 * cannot be created, read or written.
 */
export async function openSpool(options: SpoolOptions): Promise<OpenedSpool> {
  const { directory } = options;
  try {
    const disk = await openDisk(directory);
    const deadLetterDisk = await openDisk(join(directory, DEAD_LETTER_FOLDER));
    const lock = await lockDirectory(directory);
    try {
      const opened = await openSpoolOn({
        disk,
        deadLetterDisk,
        options,
        releaseLock: async () => {
          await lock.release();
        },
      });
      return { ...opened, brokeLockOf: lock.broke };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    if (error instanceof LaglineError) throw error;
    throw new LaglineError({
      code: "LAGLINE_SPOOL_UNUSABLE",
      message: `The spool directory ${directory} cannot be used (${errorCode(error) || String(error)}).`,
      hint: "It must be a local directory that the collector's user may write to.",
      cause: error,
    });
  }
}

/** The same on any disk; tests use it with disks that fail. */
export async function openSpoolOn(parts: {
  readonly disk: Disk;
  readonly deadLetterDisk: Disk;
  readonly options: Omit<SpoolOptions, "directory">;
  readonly releaseLock: () => Promise<void>;
}): Promise<Omit<OpenedSpool, "brokeLockOf">> {
  const { disk, deadLetterDisk, options, releaseLock } = parts;
  const settings = withDefaults(options);
  const { deadLettersDropped } = settings.events;
  const deadLetters = await DeadLetterStore.open({
    disk: deadLetterDisk,
    maxBytes: options.deadLetterMaxBytes ?? 64 * MEBIBYTE,
    version: options.version,
    now: settings.now,
    ...(deadLettersDropped === undefined ? {} : { onDropped: deadLettersDropped }),
  });
  const recovery = await recover(disk);
  const spool = await DiskSpool.open({ disk, deadLetters, recovery, releaseLock, settings });
  return { spool, recovery: recovery.report };
}

function withDefaults(options: Omit<SpoolOptions, "directory">): SpoolSettings {
  const maxBytes = options.maxBytes ?? 512 * MEBIBYTE;
  return {
    maxBytes,
    maxAgeMs: options.maxAgeMs ?? 72 * 3_600_000,
    segmentBytes: options.segmentBytes ?? Math.min(8 * MEBIBYTE, Math.ceil(maxBytes / 8)),
    liveWindowMs: options.liveWindowMs ?? 120_000,
    acknowledgeIntervalMs: options.acknowledgeIntervalMs ?? 500,
    freshBytes: options.freshBytes ?? 8 * MEBIBYTE,
    now: options.now ?? Date.now,
    monotonicMs: options.monotonicMs ?? (() => performance.now()),
    events: options.events ?? {},
  };
}
