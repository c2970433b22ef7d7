/** Looks at certificates while the collector runs, and tells in time that one of them ends. */
import type { Expiry } from "./expiry.ts";
import { describeEnd } from "./expiry.ts";
import type { CertificateSource } from "./look.ts";
import { lookAtCertificates } from "./look.ts";

export type CertificateEvents = {
  /** After each look, for each certificate that could be read. */
  certificateSeen(of: string, endsMs: number): void;
  /** At most once a day for each; `hasEnded` when it is over already. */
  certificateEnds(sentence: string, hasEnded: boolean): void;
};

export type WatchOptions = {
  readonly sources: readonly CertificateSource[];
  readonly warningDays: number;
  readonly events: CertificateEvents;
  /** Epoch ms. */
  readonly now: () => number;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A renewed certificate is seen after this long. */
const LOOK_MS = HOUR_MS;

/** Looks at once and then every hour, until the signal aborts. Never rejects. */
export async function watchCertificates(
  options: WatchOptions,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const look = createCertificateLook(options);
  while (!signal.aborted) {
    await look(signal);
    await sleep(LOOK_MS, signal);
  }
}

/** One look with a memory of what was told. */
export function createCertificateLook(options: WatchOptions): (signal: AbortSignal) => Promise<void> {
  const { sources, warningDays, events, now } = options;
  const told = new Map<string, { readonly atMs: number; readonly hasEnded: boolean }>();
  const tell = (expiry: Expiry): void => {
    const nowMs = now();
    if (expiry.endsMs - nowMs > warningDays * DAY_MS) {
      told.delete(expiry.of);
      return;
    }
    const hasEnded = expiry.endsMs <= nowMs;
    const last = told.get(expiry.of);
    const isTold = last !== undefined && last.hasEnded === hasEnded && nowMs - last.atMs < DAY_MS;
    // A clock that was set back must not silence it for as long as it went back.
    if (isTold && nowMs >= last.atMs) return;
    told.set(expiry.of, { atMs: nowMs, hasEnded });
    events.certificateEnds(`${describeEnd(expiry, nowMs)}. ${expiry.renewal}`, hasEnded);
  };
  return async (signal) => {
    const found = await lookAtCertificates(sources, signal);
    if (signal.aborted) return;
    for (const expiry of found) {
      events.certificateSeen(expiry.of, expiry.endsMs);
      tell(expiry);
    }
  };
}
