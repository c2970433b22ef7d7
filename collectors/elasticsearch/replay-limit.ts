/** Keeps the backlog from flooding an Elasticsearch that has just come back: so many documents per second, no more. */
export class ReplayLimit {
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #filledAtMs: number;

  constructor(documentsPerSecond: number, nowMs: () => number = () => performance.now()) {
    this.#perSecond = documentsPerSecond;
    this.#nowMs = nowMs;
    this.#tokens = documentsPerSecond;
    this.#filledAtMs = nowMs();
  }

  /** True when another batch of the backlog may go out. */
  allows(): boolean {
    const nowMs = this.#nowMs();
    const grown = this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond, grown);
    this.#filledAtMs = nowMs;
    return this.#tokens > 0;
  }

  /** A batch may overdraw; the next one waits for it. */
  spend(documents: number): void {
    this.#tokens -= documents;
  }
}
