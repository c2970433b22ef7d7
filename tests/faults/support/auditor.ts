/** Reads /metrics again and again while faults happen, and remembers every moment at which the account did not add up. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Account, checkAccount, checkSuccession, readAccount } from "../../support/conservation.ts";

export type Auditor = {
  readonly faults: readonly string[];
  readonly samples: () => number;
  /** Looks now. */
  look(): Promise<Account>;
  stop(): Promise<void>;
};

export function startAuditor(ask: () => Promise<string>, everyMs: number): Auditor {
  const faults: string[] = [];
  const stop = new AbortController();
  let samples = 0;
  let last: Account | undefined;
  const look = async (): Promise<Account> => {
    const before = last;
    const account = readAccount(await ask());
    faults.push(...checkAccount(account), ...(before === undefined ? [] : checkSuccession(before, account)));
    last = account;
    samples += 1;
    return account;
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // A process that parses a body of megabytes may keep a reader waiting for too long: the next one comes soon.
      await look().catch((error: unknown) => {
        if (!(error instanceof TypeError)) throw error;
      });
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run().catch((error: unknown) => {
    faults.push(`The audit ended: ${String(error)}`);
  });
  return {
    faults,
    look,
    samples: () => samples,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
