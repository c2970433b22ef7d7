/**
 * Slack's Web API with a bot token (scopes `chat:write`, and `channels:history` or `groups:history` to look for a message
 * after a crash). A message carries its id as metadata, so that Slack can be asked whether it has it.
 */
import { z } from "zod";
import type { OutboxMessage } from "./state.ts";
import { outcomeOf, postTo } from "./slack-webhook.ts";
import type { SlackOutcome } from "./slack-webhook.ts";

export type BotOptions = {
  /** Address of the Web API. */
  readonly apiUrl: string;
  readonly token: string;
  readonly deadlineMs: number;
};

type Payload = { readonly text?: string; readonly attachments: readonly object[] };

const EVENT_TYPE = "lagline_notification";
/** Messages looked through; what was sent just before the crash is among the newest. */
const LOOK_BACK = 100;
/** Clocks differ. */
const MARGIN_MS = 60_000;
const OVER_COLOR = "#36A64F";

const posted = z.object({ ok: z.literal(true), channel: z.string(), ts: z.string() });
const history = z.object({
  ok: z.literal(true),
  messages: z.array(
    z.object({
      metadata: z
        .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) })
        .optional(),
    }),
  ),
});

export async function botPost(
  bot: BotOptions,
  what: {
    readonly channel: string;
    readonly id: string;
    readonly payload: Payload;
    readonly threadTs?: string;
    readonly signal: AbortSignal;
  },
): Promise<SlackOutcome> {
  const { channel, id, payload, threadTs, signal } = what;
  const { outcome, body } = await call(bot, "chat.postMessage", {
    signal,
    json: {
      channel,
      ...payload,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      metadata: { event_type: EVENT_TYPE, event_payload: { id } },
    },
  });
  if (outcome.kind !== "delivered") return outcome;
  const parsed = posted.safeParse(body);
  return parsed.success
    ? { kind: "delivered", place: { channel: parsed.data.channel, ts: parsed.data.ts } }
    : outcome;
}

/** Replies in the thread of the first message; the last reply also turns that message green. */
export async function botReply(
  bot: BotOptions,
  what: {
    readonly thread: { readonly channel: string; readonly ts: string; readonly title: string };
    readonly message: OutboxMessage;
    readonly payload: Payload;
    readonly signal: AbortSignal;
  },
): Promise<SlackOutcome> {
  const { thread, message, payload, signal } = what;
  const { channel, ts } = thread;
  const outcome = await botPost(bot, { channel, id: message.id, payload, threadTs: ts, signal });
  if (outcome.kind === "delivered" && message.closes) {
    // The reply is what counts; a message that stays red is put up with.
    const over = { color: OVER_COLOR, title: thread.title, text: message.title, fallback: message.title };
    await call(bot, "chat.update", { signal, json: { channel, ts, attachments: [over] } });
  }
  return outcome;
}

export async function botFind(
  bot: BotOptions,
  what: {
    readonly channel: string;
    /** The thread that the message would be a reply in. */
    readonly thread?: { readonly channel: string; readonly ts: string };
    readonly id: string;
    readonly sinceMs: number;
    readonly signal: AbortSignal;
  },
): Promise<"there" | "missing" | "unknown"> {
  const { thread } = what;
  // Methods that read take a form, not JSON.
  const form = new URLSearchParams({
    channel: thread?.channel ?? what.channel,
    oldest: String((what.sinceMs - MARGIN_MS) / 1000),
    limit: String(LOOK_BACK),
    include_all_metadata: "true",
    ...(thread === undefined ? {} : { ts: thread.ts }),
  });
  const method = thread === undefined ? "conversations.history" : "conversations.replies";
  const { outcome, body } = await call(bot, method, { json: form, signal: what.signal });
  const parsed = history.safeParse(body);
  if (outcome.kind !== "delivered" || !parsed.success) return "unknown";
  const { messages } = parsed.data;
  if (messages.some(({ metadata }) => metadata?.event_payload["id"] === what.id)) return "there";
  // Cut off: it may be further back.
  return messages.length >= LOOK_BACK ? "unknown" : "missing";
}

async function call(
  bot: BotOptions,
  method: string,
  { json, signal }: { readonly json: object | URLSearchParams; readonly signal: AbortSignal },
): Promise<{ readonly outcome: SlackOutcome; readonly body: unknown }> {
  const answer = await postTo(json, {
    url: `${bot.apiUrl.replace(/\/+$/, "")}/${method}`,
    deadlineMs: bot.deadlineMs,
    signal,
    headers: {
      authorization: `Bearer ${bot.token}`,
      "content-type":
        json instanceof URLSearchParams
          ? "application/x-www-form-urlencoded"
          : "application/json; charset=utf-8",
    },
    maximumBytes: 1_048_576,
  });
  if ("kind" in answer) return { outcome: answer, body: null };
  return { outcome: outcomeOf(answer), body: parseJson(answer.text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
