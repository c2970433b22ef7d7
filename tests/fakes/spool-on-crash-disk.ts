/** A spool on disks that fail on order, to be opened again and again. */
import type { LeasedBatch, Settlement, Spool } from "../../collectors/spool/contract.ts";
import type { SpoolOptions } from "../../collectors/spool/open.ts";
import { openSpoolOn } from "../../collectors/spool/open.ts";
import type { RecoveryReport } from "../../collectors/spool/recover.ts";
import { CrashDisk } from "./crash-disk.ts";
import { groupOf } from "./documents.ts";

export type SpoolBench = {
  readonly disk: CrashDisk;
  readonly deadLetterDisk: CrashDisk;
  open: () => Promise<{ readonly spool: Spool; readonly recovery: RecoveryReport }>;
};

export function createSpoolBench(options: Partial<SpoolOptions> = {}): SpoolBench {
  const disk = new CrashDisk();
  const deadLetterDisk = new CrashDisk();
  return {
    disk,
    deadLetterDisk,
    open: async () =>
      openSpoolOn({
        disk,
        deadLetterDisk,
        // Settled batches are written down only where the spool must: the worst case for a crash.
        options: { version: "test", acknowledgeIntervalMs: 3_600_000, ...options },
        releaseLock: async () => undefined,
      }),
  };
}

/** The law of `collectors/spool/contract.ts`: zero when every document is accounted for. */
export function missingDocuments(spool: Spool): number {
  const s = spool.stats();
  return s.recovered + s.accepted - (s.stored + s.duplicate + s.deadLettered + s.dropped + s.documents);
}

/** What Elasticsearch stored as a whole. */
export function allStored(lease: LeasedBatch): Settlement {
  return { stored: lease.documents, duplicate: 0, deadLetters: [], remaining: null };
}

/** Takes and settles all that waits; says the groups of the batches in their order. */
export async function deliverAll(spool: Spool): Promise<readonly string[]> {
  const groups: string[] = [];
  for (let lease = await spool.take(); lease !== undefined; lease = await spool.take()) {
    groups.push(groupOf(lease));
    await spool.settle(lease, allStored(lease));
  }
  return groups;
}
