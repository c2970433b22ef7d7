/** How fast messages may go to each channel, as learnt since the start of the process. */

export type PaceOptions = {
  readonly now: () => number;
  readonly random: () => number;
  /** Between two messages of a channel. Slack allows about one a second. */
  readonly gapMs: number;
  /** Upper limit of the first delay after a failure; doubled each time, up to `maximumDelayMs`. */
  readonly baseDelayMs: number;
  readonly maximumDelayMs: number;
};

type Channel = {
  failures: number;
  notBeforeMs: number;
  refusedSinceMs: number | null;
  failingSinceMs: number | null;
  reason: string;
};

export type ChannelHealth = {
  readonly channel: string;
  readonly failingSinceMs: number;
  readonly reason: string;
};

/** Full jitter may say zero; a failing server is never asked again at once. */
const SMALLEST_SHARE = 0.2;

export class SlackPace {
  readonly #options: PaceOptions;
  readonly #channels = new Map<string, Channel>();

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Epoch ms before which nothing is sent to the channel. */
  dueMs(channel: string): number {
    return this.#channel(channel).notBeforeMs;
  }

  /** Lets every channel try at once: there may be no later. */
  hurry(): void {
    for (const channel of this.#channels.values()) channel.notBeforeMs = 0;
  }

  troubles(): readonly ChannelHealth[] {
    return [...this.#channels].flatMap(([channel, { failingSinceMs, reason }]) =>
      failingSinceMs === null ? [] : [{ channel, failingSinceMs, reason }],
    );
  }

  /** Slack took a message. @returns for how long it had not, where that is so. */
  taken(name: string): number | null {
    const { now } = this.#options;
    const channel = this.#channel(name);
    const { failingSinceMs } = channel;
    Object.assign(channel, { failures: 0, refusedSinceMs: null, failingSinceMs: null });
    this.gap(name);
    return failingSinceMs === null ? null : now() - failingSinceMs;
  }

  /** The next message waits for the ordinary gap. */
  gap(name: string): void {
    this.#channel(name).notBeforeMs = this.#options.now() + this.#options.gapMs;
  }

  /** The next attempt waits. @returns for how long, in ms. */
  failed(name: string, reason: string, retryAfterMs: number | null): number {
    const { now, random, baseDelayMs, maximumDelayMs } = this.#options;
    const channel = this.#channel(name);
    channel.failures += 1;
    this.#fails(channel, reason);
    const limit = Math.min(maximumDelayMs, baseDelayMs * 2 ** Math.min(channel.failures - 1, 30));
    const delayMs = Math.max(limit * Math.max(SMALLEST_SHARE, random()), retryAfterMs ?? 0);
    channel.notBeforeMs = now() + delayMs;
    return delayMs;
  }

  /** Slack refuses the address. @returns for how long it has. */
  refused(name: string): number {
    const channel = this.#channel(name);
    channel.refusedSinceMs ??= this.#options.now();
    return this.#options.now() - channel.refusedSinceMs;
  }

  /** Nobody mended the address: messages are given up one after the other. */
  hopeless(name: string, reason: string): void {
    this.#fails(this.#channel(name), reason);
    this.gap(name);
  }

  #fails(channel: Channel, reason: string): void {
    channel.failingSinceMs ??= this.#options.now();
    channel.reason = reason;
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const fresh = { failures: 0, notBeforeMs: 0, refusedSinceMs: null, failingSinceMs: null, reason: "" };
    this.#channels.set(name, fresh);
    return fresh;
  }
}
