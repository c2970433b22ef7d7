/**
 * When the next request may go out. While Elasticsearch fails, one request at a time probes it, after exponential
 * delays with full jitter; the first success lets everybody through again.
 */
export type BackOffOptions = {
  /** Upper limit of the first delay. @default 500 ms */
  readonly baseMs?: number;
  /** Upper limit of every delay. @default 60 s */
  readonly maxMs?: number;
  readonly random?: () => number;
};

/** Asked to wait longer than this, we ask again anyway. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;
/** Full jitter may say zero; a failing server is never asked again at once. */
const SMALLEST_SHARE = 0.1;

export class BackOff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  readonly #waiting = new Set<() => void>();
  #failures = 0;
  #opensAtMs = 0;
  /** Until when the server asked to be left alone (monotonic ms). */
  #askedUntilMs = 0;
  #probing = false;

  constructor(options: BackOffOptions = {}) {
    this.#baseMs = options.baseMs ?? 500;
    this.#maxMs = options.maxMs ?? 60_000;
    this.#random = options.random ?? Math.random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Resolves when the caller may send; false when the signal came first. */
  async pass(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false;
      // A success of another request that was under way does not shorten the time that a server asked for.
      const waitMs =
        Math.max(this.#failures === 0 ? 0 : this.#opensAtMs, this.#askedUntilMs) - performance.now();
      if (this.#failures === 0 && waitMs <= 0) return true;
      if (!this.#probing && waitMs <= 0) {
        this.#probing = true;
        return true;
      }
      await this.#change(this.#probing ? this.#maxMs : waitMs, signal);
    }
  }

  /** Lets the next probe out at once: there may be no later. */
  hurry(): void {
    this.#opensAtMs = 0;
    this.#askedUntilMs = 0;
    this.#notify();
  }

  /** The caller passed but had nothing to send. */
  unused(): void {
    this.#probing = false;
    this.#notify();
  }

  /** Returns true when this ends a time of failures. */
  succeeded(): boolean {
    const recovered = this.#failures > 0;
    this.#failures = 0;
    this.#probing = false;
    this.#notify();
    return recovered;
  }

  /** Returns the delay in ms. With `progress` some documents got through, so that the delay stays short. */
  failed(about: { readonly retryAfterMs: number | null; readonly progress: boolean }): number {
    this.#failures = about.progress ? Math.min(this.#failures + 1, 3) : this.#failures + 1;
    const limit = Math.min(this.#maxMs, this.#baseMs * 2 ** Math.min(this.#failures - 1, 30));
    const jittered = limit * Math.max(SMALLEST_SHARE, this.#random());
    const askedMs = Math.min(about.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
    const delayMs = Math.max(jittered, askedMs);
    const nowMs = performance.now();
    this.#opensAtMs = nowMs + delayMs;
    if (askedMs > 0) this.#askedUntilMs = Math.max(this.#askedUntilMs, nowMs + askedMs);
    this.#probing = false;
    this.#notify();
    return delayMs;
  }

  #notify(): void {
    for (const resolve of this.#waiting) resolve();
  }

  async #change(timeoutMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiting.add(finish);
      signal.addEventListener("abort", finish, { once: true });
    });
  }
}
