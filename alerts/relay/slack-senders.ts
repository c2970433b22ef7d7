/** The two ways to Slack: an incoming webhook per channel, or a bot token that can also be asked and can reply. */
import { readSecret } from "./secret-file.ts";
import { botFind, botPost, botReply } from "./slack-bot.ts";
import type { BotOptions } from "./slack-bot.ts";
import type { SlackSender } from "./sender.ts";
import { slackPayload } from "./slack-payload.ts";
import type { Mention } from "./slack-payload.ts";
import { postToWebhook } from "./slack-webhook.ts";

export type WebhookSenderOptions = {
  /** Files with the addresses, by channel; the empty name is the common one. Read anew for every message. */
  readonly files: ReadonlyMap<string, string>;
  readonly mention: Mention;
  readonly deadlineMs: number;
  readonly now: () => number;
};

export function webhookSender(options: WebhookSenderOptions): SlackSender {
  const { files, mention, deadlineMs, now } = options;
  return {
    async send(message, { signal }) {
      const file = files.get(message.channel) ?? files.get("");
      const url = await readSecret(file);
      if (url === null) {
        return {
          kind: "retry",
          reason: "the file with the webhook's address cannot be read",
          retryAfterMs: null,
        };
      }
      if (!URL.canParse(url)) {
        return { kind: "retry", reason: "the file holds no web address", retryAfterMs: null };
      }
      return postToWebhook(slackPayload(message, { nowMs: now(), mention }), { url, deadlineMs, signal });
    },
    // A webhook only takes.
    find: async () => "unknown",
  };
}

export type BotSenderOptions = Omit<BotOptions, "token"> & {
  readonly tokenFile: string;
  /** Where messages without a channel of their own go. */
  readonly commonChannel: string;
  readonly mention: Mention;
  readonly now: () => number;
};

export function botSender(options: BotSenderOptions): SlackSender {
  const { commonChannel, mention, now } = options;
  const channelOf = (name: string): string => (name === "" ? commonChannel : name);
  return {
    async send(message, { state, signal }) {
      const token = await readSecret(options.tokenFile);
      if (token === null) {
        return { kind: "retry", reason: "the file with the bot token cannot be read", retryAfterMs: null };
      }
      const bot = { ...options, token };
      const payload = slackPayload(message, { nowMs: now(), mention });
      const thread = state.threads[message.thread];
      return thread === undefined
        ? botPost(bot, { channel: channelOf(message.channel), id: message.id, payload, signal })
        : botReply(bot, { thread, message, payload, signal });
    },
    async find(message, { state, signal }) {
      const token = await readSecret(options.tokenFile);
      if (token === null) return "unknown";
      const bot = { ...options, token };
      const thread = state.threads[message.thread];
      return botFind(bot, {
        channel: channelOf(message.channel),
        ...(thread === undefined ? {} : { thread }),
        id: message.id,
        sinceMs: message.queuedAtMs,
        signal,
      });
    },
  };
}
