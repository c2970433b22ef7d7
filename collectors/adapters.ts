/** The parts that other folders build, as the collector needs them, and the real ones. Tests give their own. */
import type { Config } from "../config/schema.ts";
import type { Analyser, AnalyserOptions } from "./analysis/contract.ts";
import type { DocumentSink } from "./collector.ts";
import type { BackOffOptions } from "./elasticsearch/back-off.ts";
import type { Logger } from "./log.ts";
import type { MetricsRegistry } from "./metrics.ts";

/** Spool and shipper, opened together. */
export interface Delivery {
  readonly sink: DocumentSink;
  /** Begins to send what waits. */
  start(): void;
  /** Sends until nothing waits, the time is over or the signal aborts; then sends no more. @returns documents left. */
  drain(deadlineMs: number, signal: AbortSignal): Promise<number>;
  /** Tries now what waits for the next try. */
  hurry(): void;
  /** Documents in the spool. */
  waiting(): number;
  /** Bulk requests that had to be sent again. */
  bulkRetries(): number;
  close(): Promise<void>;
}

export type DeliveryOptions = {
  readonly config: Config;
  readonly cluster: string;
  readonly version: string;
  readonly log: Logger;
  /** Null where nobody asks for metrics. */
  readonly metrics: MetricsRegistry | null;
  readonly timing?: DeliveryTiming;
};

/** Clocks and waits of the delivery. The defaults are right for production; simulations of hours give their own. */
export type DeliveryTiming = {
  /** Epoch ms. */
  readonly now?: () => number;
  /** Ms that never jump. */
  readonly monotonicMs?: () => number;
  readonly backOff?: BackOffOptions;
  /** Deadline of a bulk request. */
  readonly requestTimeoutMs?: number;
  readonly replayDocumentsPerSecond?: number;
};

export type Adapters = {
  createAnalyser(options: AnalyserOptions): Promise<Analyser>;
  openDelivery(options: DeliveryOptions): Promise<Delivery>;
};

/** The real parts, loaded when they are needed: `--print` must not wait for the Elasticsearch client. */
export const adapters: Adapters = {
  async createAnalyser(options) {
    const { createAnalyser } = await import("./analysis/index.ts");
    return createAnalyser(options);
  },
  async openDelivery(options) {
    const { openDelivery } = await import("./delivery.ts");
    return openDelivery(options);
  },
};
