/** Tells once that consumers lost Kafka and once that all are back, however many there are and however often they try. */
export class ConnectionNews {
  readonly #lost = new Set<string>();
  readonly #log: (sentence: string) => void;
  readonly #now: () => number;
  #since = 0;

  /** `now` in milliseconds. */
  constructor(log: (sentence: string) => void, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  lost(member: string, reason: string): void {
    if (this.#lost.size === 0) {
      this.#since = this.#now();
      this.#log(`${member} lost Kafka and connects again until it answers: ${reason}.`);
    }
    this.#lost.add(member);
  }

  /** A member is connected, or stopped for good. */
  back(member: string): void {
    if (!this.#lost.delete(member) || this.#lost.size > 0) return;
    this.#log(`All consumers are connected again after ${Math.round((this.#now() - this.#since) / 1000)} s.`);
  }
}
