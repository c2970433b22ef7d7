/**
 * Takes messages from the outbox to Slack: in order within a channel, one at a time, not faster than Slack allows. An
 * intent is on disk before a message is sent. A message whose end is not known is sent again: an alert twice is better
 * than never; with a bot token Slack is asked first whether it has the message.
 */
import { withDetails } from "./details.ts";
import { giveUp } from "./give-up.ts";
import type { GiveUpOptions, Refusal } from "./give-up.ts";
import { withReplaced, withSent, withUncertain } from "./outbox.ts";
import type { AskDetails } from "./read-details.ts";
import type { RelayEvents } from "./relay-events.ts";
import { SlackPace } from "./slack-pace.ts";
import type { ChannelHealth, PaceOptions } from "./slack-pace.ts";
import type { SlackOutcome } from "./slack-webhook.ts";
import { isAboutAddress } from "./slack-webhook.ts";
import type { OutboxMessage, RelayState } from "./state.ts";

type Circumstances = { readonly state: RelayState; readonly signal: AbortSignal };

export interface SlackSender {
  send(message: OutboxMessage, about: Circumstances): Promise<SlackOutcome>;
  /** Whether Slack has the message; `unknown` where Slack cannot be asked. */
  find(message: OutboxMessage, about: Circumstances): Promise<"there" | "missing" | "unknown">;
}

export type SenderOptions = PaceOptions &
  GiveUpOptions & {
    readonly slack: SlackSender;
    readonly events: RelayEvents;
    /** What the newest data adds to a message about a group. */
    readonly askDetails: AskDetails;
    /** A message older than this is no news: it goes to the dead letters. */
    readonly maximumAgeMs: number;
    /** How long messages wait for somebody to mend an address that Slack refuses. */
    readonly addressPatienceMs: number;
  };

export class Sender {
  readonly #options: SenderOptions;
  readonly #pace: SlackPace;
  #isHurried = false;
  /** Ids of messages that Slack refused with the newest data in them: they are tried without. */
  readonly #plain = new Set<string>();

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#pace = new SlackPace(options);
  }

  /** When the next message may be sent, epoch ms; null when there is none. */
  dueMs(): number | null {
    const due = this.#heads().map(({ channel }) => this.#pace.dueMs(channel));
    return due.length === 0 ? null : Math.min(...due);
  }

  /** The process ends: every channel is tried at once, and nothing is asked that is not needed. */
  hurry(): void {
    this.#isHurried = true;
    this.#pace.hurry();
  }

  troubles(): readonly ChannelHealth[] {
    return this.#pace.troubles();
  }

  /** Sends one message that is due. False when none is. @throws LaglineError when the state cannot be written. */
  async sendNext(signal: AbortSignal): Promise<boolean> {
    const nowMs = this.#options.now();
    const message = this.#heads().find(({ channel }) => this.#pace.dueMs(channel) <= nowMs);
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
      await keeper.change((state) => withSent(state, message, undefined));
      return true;
    }
    const isOpen = found === "unknown";
    await keeper.change((state) =>
      isOpen && message.intentAtMs !== null
        ? withUncertain(state, message)
        : withReplaced(state, { ...message, intentAtMs: null, mayBeRepeat: isOpen }),
    );
    return false;
  }

  async #attempt(found: OutboxMessage, signal: AbortSignal): Promise<void> {
    const { keeper, slack, events, now } = this.#options;
    // Before the intent: a kill while Elasticsearch is asked leaves no doubt about Slack.
    const text = await this.#textNow(found, signal);
    const head = keeper.now.outbox.find(({ id }) => id === found.id) ?? found;
    const message = { ...head, intentAtMs: now(), attempts: head.attempts + 1 };
    await keeper.change((state) => withReplaced(state, message));
    const outcome = await slack.send({ ...message, text }, { state: keeper.now, signal });
    const { channel } = message;
    switch (outcome.kind) {
      case "delivered": {
        const failedMs = this.#pace.taken(channel);
        this.#plain.delete(message.id);
        if (failedMs !== null) events.slackTakesAgain(channel, failedMs);
        await keeper.change((state) => withSent(state, message, outcome.place));
        events.delivered(message, now() - message.queuedAtMs);
        return;
      }
      case "retry":
        this.#delay(message, outcome.reason, outcome.retryAfterMs);
        await keeper.change((state) => withReplaced(state, { ...message, intentAtMs: null }));
        return;
      case "uncertain":
        this.#delay(message, outcome.reason, null);
        await keeper.change((state) => withUncertain(state, message));
        return;
      case "refused":
        if (text !== message.text && !isAboutAddress(outcome)) await this.#tryPlain(message);
        else await this.#refused(message, outcome);
    }
  }

  /** The message's text with what the newest data adds to it; as it is where nothing comes in time. */
  async #textNow({ id, text, subject }: OutboxMessage, signal: AbortSignal): Promise<string> {
    if (subject === undefined || this.#isHurried || this.#plain.has(id)) return text;
    const details = await this.#options.askDetails(subject, { nowMs: this.#options.now(), signal });
    return details === null ? text : withDetails(text, details);
  }

  /** What was added may be what Slack refused. */
  async #tryPlain(message: OutboxMessage): Promise<void> {
    this.#plain.add(message.id);
    this.#pace.gap(message.channel);
    await this.#options.keeper.change((state) => withReplaced(state, { ...message, intentAtMs: null }));
  }

  async #refused(
    message: OutboxMessage,
    outcome: { readonly reason: string; readonly status: number },
  ): Promise<void> {
    const { keeper, addressPatienceMs } = this.#options;
    if (!isAboutAddress(outcome)) {
      await this.#giveUp(message, {
        errorType: outcome.reason,
        reason: `Slack refuses this message (${outcome.reason}, HTTP ${outcome.status}) and will never take it.`,
        status: outcome.status,
        standIn: message.kind === "notification",
      });
      return;
    }
    if (this.#pace.refused(message.channel) < addressPatienceMs) {
      this.#delay(message, outcome.reason, null);
      await keeper.change((state) => withReplaced(state, { ...message, intentAtMs: null }));
      return;
    }
    this.#pace.hopeless(message.channel, outcome.reason);
    await this.#giveUp(message, {
      errorType: outcome.reason,
      reason: `Slack refuses this address (${outcome.reason}, HTTP ${outcome.status}). Write a valid webhook address into alerts.slack.webhook_file, or mend the channel or the bot's rights.`,
      status: outcome.status,
      standIn: false,
    });
  }

  async #giveUp(message: OutboxMessage, why: Refusal & { readonly standIn: boolean }): Promise<void> {
    this.#plain.delete(message.id);
    await giveUp(message, why, this.#options);
  }

  #delay(message: OutboxMessage, reason: string, retryAfterMs: number | null): void {
    const delayMs = this.#pace.failed(message.channel, reason, retryAfterMs);
    this.#options.events.slackFails(message, { reason, delayMs });
  }
}
