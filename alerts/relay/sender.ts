/**
 * Takes messages from the outbox to Slack: in order within a channel, one at a time, not faster than Slack allows. An
 * intent is on disk before a message is sent. A message whose end is not known is sent again: an alert twice is better
 * than never; with a bot token Slack is asked first whether it has the message.
 */
import type { DeadLetter } from "../../collectors/spool/contract.ts";
import type { RelayEvents } from "./relay-events.ts";
import type { SlackOutcome } from "./slack-webhook.ts";
import { isAboutAddress } from "./slack-webhook.ts";
import type { StateKeeper } from "./state-file.ts";
import { withOwnMessage, withThread } from "./state.ts";
import type { OutboxMessage, RelayState } from "./state.ts";
import { refusedDraft } from "./texts.ts";

type Circumstances = { readonly state: RelayState; readonly signal: AbortSignal };

export interface SlackSender {
  send(message: OutboxMessage, about: Circumstances): Promise<SlackOutcome>;
  /** Whether Slack has the message; `unknown` where Slack cannot be asked. */
  find(message: OutboxMessage, about: Circumstances): Promise<"there" | "missing" | "unknown">;
}

export type SenderOptions = {
  readonly keeper: StateKeeper;
  readonly slack: SlackSender;
  readonly events: RelayEvents;
  /** Dead letters are on disk when it resolves. */
  readonly bury: (letter: DeadLetter) => Promise<void>;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  /** Between two messages of a channel. Slack allows about one a second. */
  readonly gapMs: number;
  /** Upper limit of the first delay after a failure; doubled each time, up to `maximumDelayMs`. */
  readonly baseDelayMs: number;
  readonly maximumDelayMs: number;
  /** A message older than this is no news: it goes to the dead letters. */
  readonly maximumAgeMs: number;
  /** How long messages wait for somebody to mend an address that Slack refuses. */
  readonly addressPatienceMs: number;
};

/** What is known of a channel since the start of the process. */
type Channel = {
  failures: number;
  notBeforeMs: number;
  refusedSinceMs: number | null;
  failingSinceMs: number | null;
};

/** Full jitter may say zero; a failing server is never asked again at once. */
const SMALLEST_SHARE = 0.2;

/** Why a message went to the dead letters. */
export type Refusal = { readonly errorType: string; readonly reason: string; readonly status: number };

export type ChannelHealth = {
  readonly channel: string;
  readonly failingSinceMs: number;
  readonly reason: string;
};

export class Sender {
  readonly #options: SenderOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #reasons = new Map<string, string>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** When the next message may be sent, epoch ms; null when there is none. */
  dueMs(): number | null {
    const due = this.#heads().map(({ channel }) => this.#channel(channel).notBeforeMs);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Lets every channel try at once: there may be no later. */
  hurry(): void {
    for (const channel of this.#channels.values()) channel.notBeforeMs = 0;
  }

  troubles(): readonly ChannelHealth[] {
    return [...this.#channels].flatMap(([channel, { failingSinceMs }]) =>
      failingSinceMs === null ? [] : [{ channel, failingSinceMs, reason: this.#reasons.get(channel) ?? "" }],
    );
  }

  /** Sends one message that is due. False when none is. @throws LaglineError when the state cannot be written. */
  async sendNext(signal: AbortSignal): Promise<boolean> {
    const nowMs = this.#options.now();
    const message = this.#heads().find(({ channel }) => this.#channel(channel).notBeforeMs <= nowMs);
    if (message === undefined) return false;
    if (nowMs - message.queuedAtMs > this.#options.maximumAgeMs) {
      await this.#giveUp(message, {
        errorType: "too_old",
        reason: `Slack did not take it within ${Math.round(this.#options.maximumAgeMs / 3_600_000)} h; it is no news any more.`,
        status: 0,
        standIn: false,
      });
      return true;
    }
    if (await this.#isThere(message, signal)) return true;
    await this.#attempt(message, signal);
    return true;
  }

  /** The oldest message of each channel. */
  #heads(): readonly OutboxMessage[] {
    const seen = new Set<string>();
    return this.#options.keeper.now.outbox.filter(({ channel }) => {
      const isFirst = !seen.has(channel);
      seen.add(channel);
      return isFirst;
    });
  }

  /** An earlier attempt has no known end, by a crash or a lost answer. */
  async #isThere(message: OutboxMessage, signal: AbortSignal): Promise<boolean> {
    if (message.intentAtMs === null && !message.mayBeRepeat) return false;
    const { keeper, slack, events } = this.#options;
    const found = await slack.find(message, { state: keeper.now, signal });
    if (message.intentAtMs !== null) events.interrupted(message, found);
    if (found === "there") {
      await keeper.change((state) => this.#sent(state, message, undefined));
      return true;
    }
    const mayBeRepeat = found === "unknown";
    await keeper.change((state) => ({
      ...replaced(state, { ...message, intentAtMs: null, mayBeRepeat }),
      totals: {
        ...state.totals,
        uncertain: state.totals.uncertain + (message.intentAtMs !== null && mayBeRepeat ? 1 : 0),
      },
    }));
    return false;
  }

  async #attempt(found: OutboxMessage, signal: AbortSignal): Promise<void> {
    const { keeper, slack, events, now, gapMs } = this.#options;
    const head = keeper.now.outbox.find(({ id }) => id === found.id) ?? found;
    const message = { ...head, intentAtMs: now(), attempts: head.attempts + 1 };
    await keeper.change((state) => replaced(state, message));
    const outcome = await slack.send(message, { state: keeper.now, signal });
    const channel = this.#channel(message.channel);
    switch (outcome.kind) {
      case "delivered":
        channel.notBeforeMs = now() + gapMs;
        if (channel.failingSinceMs !== null)
          events.slackTakesAgain(message.channel, now() - channel.failingSinceMs);
        Object.assign(channel, { failures: 0, refusedSinceMs: null, failingSinceMs: null });
        await keeper.change((state) => this.#sent(state, message, outcome.place));
        events.delivered(message, now() - message.queuedAtMs);
        return;
      case "retry":
        this.#delay(message, outcome.reason, outcome.retryAfterMs);
        await keeper.change((state) => replaced(state, { ...message, intentAtMs: null }));
        return;
      case "uncertain":
        this.#delay(message, outcome.reason, null);
        await keeper.change((state) => ({
          ...replaced(state, { ...message, intentAtMs: null, mayBeRepeat: true }),
          totals: { ...state.totals, uncertain: state.totals.uncertain + 1 },
        }));
        return;
      case "refused":
        await this.#refused(message, outcome);
    }
  }

  async #refused(
    message: OutboxMessage,
    outcome: { readonly reason: string; readonly status: number },
  ): Promise<void> {
    const { keeper, now, addressPatienceMs } = this.#options;
    const channel = this.#channel(message.channel);
    if (!isAboutAddress(outcome)) {
      await this.#giveUp(message, {
        errorType: outcome.reason,
        reason: `Slack refuses this message (${outcome.reason}, HTTP ${outcome.status}) and will never take it.`,
        status: outcome.status,
        standIn: message.kind === "notification",
      });
      return;
    }
    channel.refusedSinceMs ??= now();
    if (now() - channel.refusedSinceMs < addressPatienceMs) {
      this.#delay(message, outcome.reason, null);
      await keeper.change((state) => replaced(state, { ...message, intentAtMs: null }));
      return;
    }
    channel.failingSinceMs ??= now();
    this.#reasons.set(message.channel, outcome.reason);
    channel.notBeforeMs = now() + this.#options.gapMs;
    await this.#giveUp(message, {
      errorType: outcome.reason,
      reason: `Slack refuses this address (${outcome.reason}, HTTP ${outcome.status}). Write a valid webhook address into alerts.slack.webhook_file, or mend the channel or the bot's rights.`,
      status: outcome.status,
      standIn: false,
    });
  }

  async #giveUp(
    message: OutboxMessage,
    { standIn, ...why }: Refusal & { readonly standIn: boolean },
  ): Promise<void> {
    const { keeper, bury, events, now, newId } = this.#options;
    await bury({
      ...why,
      document: JSON.stringify(message),
      firstSeenMs: message.queuedAtMs,
      attempts: message.attempts,
    });
    await keeper.change((state) => {
      const { totals } = state;
      const isOwn = message.kind === "own";
      const without = {
        ...removed(state, message),
        totals: {
          ...totals,
          deadLettered: totals.deadLettered + (isOwn ? 0 : 1),
          ownDeadLettered: totals.ownDeadLettered + (isOwn ? 1 : 0),
        },
      };
      // A plain line in its place, so that an alert that Slack cannot show is not lost in silence.
      return standIn
        ? withOwnMessage(without, refusedDraft(message, why.errorType), { id: newId(), nowMs: now() })
        : without;
    });
    events.buried(message, why);
  }

  #sent(
    state: RelayState,
    message: OutboxMessage,
    place: { readonly channel: string; readonly ts: string } | undefined,
  ): RelayState {
    const { totals } = state;
    const isOwn = message.kind === "own";
    const next = {
      ...removed(state, message),
      totals: {
        ...totals,
        sent: totals.sent + (isOwn ? 0 : 1),
        ownSent: totals.ownSent + (isOwn ? 1 : 0),
      },
    };
    if (message.closes) {
      const threads = { ...next.threads };
      delete threads[message.thread];
      return { ...next, threads };
    }
    // Only the first message of a thread: later ones are replies to it.
    if (place === undefined || next.threads[message.thread] !== undefined) return next;
    return withThread(next, message.thread, { ...place, atMs: message.queuedAtMs, title: message.title });
  }

  #delay(message: OutboxMessage, reason: string, retryAfterMs: number | null): void {
    const { now, random, baseDelayMs, maximumDelayMs, events } = this.#options;
    const channel = this.#channel(message.channel);
    channel.failures += 1;
    channel.failingSinceMs ??= now();
    this.#reasons.set(message.channel, reason);
    const limit = Math.min(maximumDelayMs, baseDelayMs * 2 ** Math.min(channel.failures - 1, 30));
    const delayMs = Math.max(limit * Math.max(SMALLEST_SHARE, random()), retryAfterMs ?? 0);
    channel.notBeforeMs = now() + delayMs;
    events.slackFails(message, { reason, delayMs });
  }

  #channel(name: string): Channel {
    const known = this.#channels.get(name);
    if (known !== undefined) return known;
    const fresh = { failures: 0, notBeforeMs: 0, refusedSinceMs: null, failingSinceMs: null };
    this.#channels.set(name, fresh);
    return fresh;
  }
}

function replaced(state: RelayState, message: OutboxMessage): RelayState {
  return { ...state, outbox: state.outbox.map((one) => (one.id === message.id ? message : one)) };
}

function removed(state: RelayState, message: OutboxMessage): RelayState {
  return { ...state, outbox: state.outbox.filter(({ id }) => id !== message.id) };
}
