/** Notifications on disk, in the order in which they came: the collector's spool, one notification per batch. */
import { z } from "zod";
import type { LeasedBatch, Spool, SpoolStats } from "../../collectors/spool/contract.ts";
import { openSpool } from "../../collectors/spool/open.ts";
import type { SpoolEvents } from "../../collectors/spool/contract.ts";

const record = z.object({ id: z.string(), receivedAtMs: z.number(), body: z.unknown() });
export type InboxRecord = z.output<typeof record>;

export type Taken = {
  /** Null where the record itself cannot be understood. */
  readonly record: InboxRecord | null;
  readonly lease: LeasedBatch;
};

export interface Inbox {
  /** On disk when it resolves. @throws LaglineError as `Spool.append`. */
  accept(body: unknown, id: string): Promise<void>;
  /** The oldest one, until it is settled or given back. */
  take(): Promise<Taken | undefined>;
  settle(taken: Taken): Promise<void>;
  giveBack(taken: Taken, notBeforeMs: number): void;
  wait(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<void>;
  stats(): SpoolStats;
  close(): Promise<void>;
}

export type InboxOptions = {
  readonly directory: string;
  readonly maximumBytes: number;
  readonly maximumAgeMs: number;
  readonly version: string;
  readonly now: () => number;
  readonly events: SpoolEvents;
};

export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const { spool } = await openSpool({
    directory: options.directory,
    maxBytes: options.maximumBytes,
    maxAgeMs: options.maximumAgeMs,
    // Everything is live: the oldest comes first, also after an outage.
    liveWindowMs: Number.POSITIVE_INFINITY,
    version: options.version,
    now: options.now,
    events: options.events,
  });
  return inboxOn(spool, options.now);
}

export function inboxOn(spool: Spool, now: () => number): Inbox {
  return {
    async accept(body, id) {
      const receivedAtMs = now();
      const ndjson = Buffer.from(`${JSON.stringify({ id, receivedAtMs, body } satisfies InboxRecord)}\n`);
      await spool.append([
        { ndjson, documents: 1, minTimestampMs: receivedAtMs, maxTimestampMs: receivedAtMs },
      ]);
    },
    async take() {
      const lease = await spool.take();
      return lease === undefined ? undefined : { lease, record: parse(lease.ndjson.toString("utf8")) };
    },
    async settle({ lease }) {
      await spool.settle(lease, { stored: 1, duplicate: 0, deadLetters: [], remaining: null });
    },
    giveBack({ lease }, notBeforeMs) {
      spool.release(lease, notBeforeMs);
    },
    wait: async (options) => spool.wait(options),
    stats: () => spool.stats(),
    close: async () => spool.close(),
  };
}

function parse(text: string): InboxRecord | null {
  try {
    const parsed = record.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
