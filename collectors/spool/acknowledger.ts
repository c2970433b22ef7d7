/** Writes down which batches are settled: often enough to spare duplicates, seldom enough to cost nothing. */
import { ACKNOWLEDGEMENT_FILE, encodeAcknowledged } from "./acknowledgements.ts";
import type { Acknowledged } from "./acknowledgements.ts";
import type { Disk } from "./disk.ts";
import { replaceFile } from "./disk.ts";

export type AcknowledgerOptions = {
  readonly disk: Disk;
  readonly intervalMs: number;
  readonly state: () => Acknowledged;
  /** Runs the write when no other operation of the spool runs. */
  readonly exclusive: (task: () => Promise<void>) => Promise<void>;
  readonly onFailed: (error: Error) => void;
};

export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  #dirty = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  /** Something was settled: it is written within the interval. */
  mark(): void {
    this.#dirty = true;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#options
        .exclusive(async () => {
          await this.flush();
        })
        .catch(() => undefined);
    }, this.#options.intervalMs);
    this.#timer.unref();
  }

  /** Writes now; call it inside the exclusive section. False when the disk refused: it is tried again later. */
  async flush(): Promise<boolean> {
    if (!this.#dirty) return true;
    try {
      await replaceFile(this.#options.disk, ACKNOWLEDGEMENT_FILE, encodeAcknowledged(this.#options.state()));
      this.#dirty = false;
      return true;
    } catch (error) {
      this.#options.onFailed(error instanceof Error ? error : new Error(String(error)));
      this.mark();
      return false;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
