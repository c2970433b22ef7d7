/** Takes batches from the spool, sends them, and writes down what became of each document. */
import { setTimeout as pause } from "node:timers/promises";
import type { LeasedBatch, Spool } from "../spool/contract.ts";
import { BackOff } from "./back-off.ts";
import type { BackOffOptions } from "./back-off.ts";
import type { BulkRequestReport, BulkTarget, Delivery, RequestFault } from "./bulk.ts";
import { BulkSender } from "./bulk.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { explainDenial } from "./denial.ts";
import type { RetryReason } from "./outcomes.ts";
import { ReplayLimit } from "./replay-limit.ts";
import type { Tally } from "./settlement.ts";
import { settle } from "./settlement.ts";

/** What a log line or a counter should know about; every handler is optional and must not throw. */
export type ShipperEvents = {
  readonly bulkRequest?: (report: BulkRequestReport) => void;
  /** After each batch. */
  readonly settled?: (counts: SettledCounts) => void;
  /** Documents that Elasticsearch will never take, once per batch and error type. */
  readonly deadLettered?: (about: { errorType: string; reason: string; documents: number }) => void;
  /** A batch could not be delivered; the next request goes out after the delay. */
  readonly backingOff?: (about: BackingOff) => void;
  /** Elasticsearch takes documents again. */
  readonly recovered?: (about: { failures: number; seconds: number }) => void;
  /** Credential or certificate files had changed and are in use now. */
  readonly credentialsReloaded?: () => void;
  /** The spool could not write down an outcome; the batch is sent again. */
  readonly settlementFailed?: (error: unknown) => void;
};

export type SettledCounts = {
  readonly stored: number;
  readonly duplicate: number;
  readonly deadLettered: number;
  /** Documents to be sent again, by reason. */
  readonly retried: Readonly<Partial<Record<RetryReason, number>>>;
};

export type BackingOff = {
  readonly reason: RetryReason;
  /** One sentence with the answer's status and reason. */
  readonly detail: string;
  readonly status: number;
  readonly failures: number;
  readonly delayMs: number;
};

export type ShipperOptions = {
  readonly target: BulkTarget;
  /** @default 5000 */
  readonly maxDocuments?: number;
  /** @default 5 MiB */
  readonly maxBytes?: number;
  /** @default true */
  readonly gzip?: boolean;
  /** Bulk requests at a time. @default 2 */
  readonly concurrency?: number;
  /** Deadline of a bulk request. @default 60 s */
  readonly timeoutMs?: number;
  /** Documents per second of the backlog. @default 20000 */
  readonly replayDocumentsPerSecond?: number;
  /** Batches accepted longer ago than this count as backlog. @default 2 min, as in the spool */
  readonly liveWindowMs?: number;
  readonly backOff?: BackOffOptions;
  readonly now?: () => number;
};

export type ShipperStats = {
  readonly inFlight: number;
  readonly bulkRequests: number;
  /** Bulk requests whose documents have to be sent again, wholly or in part. */
  readonly bulkRetries: number;
  /** Failures in a row; 0 while Elasticsearch takes documents. */
  readonly failures: number;
  readonly failing: RequestFault | null;
  /** When the failures began (epoch ms). */
  readonly failingSinceMs: number | null;
  readonly lastSuccessMs: number | null;
};

export interface Shipper {
  start(): void;
  /** Ends the waiting for the next try. */
  hurry(): void;
  /** Goes on until the spool is empty or the time is up; says how many documents are left. Starts when needed. */
  drain(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<{ left: number }>;
  /** Stops at once; batches that are under way stay in the spool. Idempotent. */
  stop(): Promise<void>;
  stats(): ShipperStats;
}

const TOO_NEW_RETRY_MS = 30_000;
const SETTLEMENT_RETRY_MS = 5_000;
const IDLE_WAIT_MS = 1_000;
const LIMITED_WAIT_MS = 50;

export function createShipper(parts: {
  readonly spool: Spool;
  readonly client: ElasticsearchHttp;
  readonly options: ShipperOptions;
  readonly events?: ShipperEvents;
}): Shipper {
  return new SpoolShipper(parts);
}

class SpoolShipper implements Shipper {
  readonly #spool: Spool;
  readonly #client: ElasticsearchHttp;
  readonly #options: ShipperOptions;
  readonly #events: ShipperEvents;
  readonly #sender: BulkSender;
  readonly #backOff: BackOff;
  readonly #limit: ReplayLimit;
  readonly #stop = new AbortController();
  readonly #now: () => number;
  #workers: readonly Promise<void>[] = [];
  #inFlight = 0;
  #bulkRequests = 0;
  #bulkRetries = 0;
  #failing: RequestFault | null = null;
  #failingSinceMs: number | null = null;
  #lastSuccessMs: number | null = null;

  constructor(parts: Parameters<typeof createShipper>[0]) {
    const { spool, client, options, events } = parts;
    this.#spool = spool;
    this.#client = client;
    this.#options = options;
    this.#events = events ?? {};
    this.#now = options.now ?? Date.now;
    this.#backOff = new BackOff(options.backOff);
    this.#limit = new ReplayLimit(options.replayDocumentsPerSecond ?? 20_000);
    this.#sender = new BulkSender(client, {
      target: options.target,
      maxDocuments: options.maxDocuments ?? 5_000,
      maxBytes: options.maxBytes ?? 5 * 1024 * 1024,
      gzip: options.gzip ?? true,
      timeoutMs: options.timeoutMs ?? 60_000,
      now: this.#now,
      onRequest: (report) => {
        this.#bulkRequests += 1;
        this.#events.bulkRequest?.(report);
      },
    });
  }

  start(): void {
    if (this.#workers.length > 0) return;
    this.#workers = Array.from({ length: this.#options.concurrency ?? 2 }, async () => this.#work());
  }

  hurry(): void {
    this.#backOff.hurry();
  }

  async drain(options: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  }): Promise<{ left: number }> {
    this.start();
    this.#backOff.hurry();
    const untilMs = performance.now() + options.timeoutMs;
    while (!this.#stop.signal.aborted && options.signal?.aborted !== true) {
      const left = this.#spool.stats().documents;
      const restMs = untilMs - performance.now();
      if (left === 0 || restMs <= 0) break;
      await pause(Math.min(25, restMs));
    }
    return { left: this.#spool.stats().documents };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#workers);
  }

  stats(): ShipperStats {
    return {
      inFlight: this.#inFlight,
      bulkRequests: this.#bulkRequests,
      bulkRetries: this.#bulkRetries,
      failures: this.#backOff.failures,
      failing: this.#failing,
      failingSinceMs: this.#failingSinceMs,
      lastSuccessMs: this.#lastSuccessMs,
    };
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    while (await this.#backOff.pass(signal)) {
      const backlog = this.#limit.allows();
      const lease = await this.#take(backlog);
      if (lease === undefined) {
        this.#backOff.unused();
        await this.#spool.wait({ timeoutMs: backlog ? IDLE_WAIT_MS : LIMITED_WAIT_MS, signal });
        continue;
      }
      this.#inFlight += 1;
      await this.#ship(lease, signal).finally(() => {
        this.#inFlight -= 1;
      });
    }
  }

  async #take(backlog: boolean): Promise<LeasedBatch | undefined> {
    try {
      return await this.#spool.take({ backlog });
    } catch (error) {
      this.#events.settlementFailed?.(error);
      return undefined;
    }
  }

  async #ship(lease: LeasedBatch, signal: AbortSignal): Promise<void> {
    const ageMs = this.#now() - lease.acceptedAtMs;
    if (ageMs > (this.#options.liveWindowMs ?? 120_000)) this.#limit.spend(lease.documents);
    try {
      const delivery = await this.#sender.deliver(lease, signal);
      await this.#conclude(lease, delivery);
    } catch (error) {
      this.#events.settlementFailed?.(error);
      this.#backOff.unused();
      this.#spool.release(lease, this.#now() + SETTLEMENT_RETRY_MS);
    }
  }

  /** Writes down what is known, then says whether to go on or to wait. */
  async #conclude(lease: LeasedBatch, delivery: Delivery): Promise<void> {
    const tally = settle(lease, delivery, this.#now());
    if (tally.unchanged) this.#spool.release(lease);
    else await this.#spool.settle(lease, { ...tally.settlement, notBeforeMs: this.#notBefore(tally) });
    this.#report(tally);
    if (this.#stop.signal.aborted) return;
    const fault = delivery.fault ?? busyItems(delivery);
    if (fault === null) this.#succeeded();
    else await this.#failed(fault, tally);
  }

  #notBefore(tally: Tally): number {
    return (tally.retried.too_new ?? 0) > 0 ? this.#now() + TOO_NEW_RETRY_MS : 0;
  }

  #report(tally: Tally): void {
    const { stored, duplicate, deadLetters, remaining } = tally.settlement;
    if (remaining !== null) this.#bulkRetries += 1;
    this.#events.settled?.({ stored, duplicate, deadLettered: deadLetters.length, retried: tally.retried });
    const byType = new Map<string, { reason: string; documents: number }>();
    for (const { errorType, reason } of deadLetters) {
      const known = byType.get(errorType);
      byType.set(errorType, { reason: known?.reason ?? reason, documents: (known?.documents ?? 0) + 1 });
    }
    for (const [errorType, about] of byType) this.#events.deadLettered?.({ errorType, ...about });
  }

  #succeeded(): void {
    const { failures } = this.#backOff;
    this.#lastSuccessMs = this.#now();
    if (this.#backOff.succeeded()) {
      const seconds = (this.#now() - (this.#failingSinceMs ?? this.#now())) / 1000;
      this.#events.recovered?.({ failures, seconds });
    }
    this.#failing = null;
    this.#failingSinceMs = null;
  }

  async #failed(fault: RequestFault, tally: Tally): Promise<void> {
    this.#failing = fault;
    this.#failingSinceMs ??= this.#now();
    // Refused, or not trusted: a password or an authority may have been rotated.
    if (fault.reason === "set_up" || fault.reason === "unreachable") await this.#reloadCredentials();
    const { stored, duplicate } = tally.settlement;
    const progress = stored + duplicate > 0;
    const delayMs = this.#backOff.failed({ retryAfterMs: fault.retryAfterMs, progress });
    const { reason, detail, status } = fault;
    this.#events.backingOff?.({ reason, detail, status, failures: this.#backOff.failures, delayMs });
  }

  async #reloadCredentials(): Promise<void> {
    try {
      if (await this.#client.reload()) this.#events.credentialsReloaded?.();
    } catch {
      // The files are being replaced; the next failure reads them again.
    }
  }
}

/** Single documents that were turned away make the sender slow down, as a refused request does. */
function busyItems(delivery: Delivery): RequestFault | null {
  for (const outcome of delivery.outcomes) {
    if (outcome.kind !== "retry" || outcome.reason === "too_new" || outcome.reason === "not_sent") continue;
    const { reason, detail, status } = outcome;
    const denied = explainDenial(detail, "collector");
    const said = denied === null ? detail : `Elasticsearch answered ${status} for some: ${denied}`;
    return { reason, detail: said.slice(0, 300), status, retryAfterMs: null };
  }
  return null;
}
