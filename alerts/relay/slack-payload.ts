/** The JSON that Slack gets: one coloured attachment, as Grafana's own contact point sends. */
import { duration, moment } from "./markup.ts";
import type { OutboxMessage } from "./state.ts";

/** Sooner than this nobody needs to know that a message waited. */
const LATE_MS = 120_000;

export type Mention = "none" | "here" | "channel";

export function slackPayload(
  message: OutboxMessage,
  about: { readonly nowMs: number; readonly mention: Mention },
): { readonly text?: string; readonly attachments: readonly object[] } {
  const footer = footerOf(message, about.nowMs);
  const calls = message.mention && about.mention !== "none";
  return {
    ...(calls ? { text: `<!${about.mention}>` } : {}),
    attachments: [
      {
        color: message.color,
        title: message.title,
        text: message.text,
        // Shown in notifications, where attachments are not.
        fallback: message.title,
        mrkdwn_in: ["text"],
        ...(footer === "" ? {} : { footer }),
        ts: Math.floor(message.queuedAtMs / 1000),
      },
    ],
  };
}

/** What a reader must know to judge an old or a second message. */
function footerOf({ queuedAtMs, mayBeRepeat }: OutboxMessage, nowMs: number): string {
  const lateMs = nowMs - queuedAtMs;
  return [
    ...(lateMs >= LATE_MS
      ? [`Delayed: true at ${moment(queuedAtMs, nowMs)} UTC, Slack took it ${duration(lateMs)} later.`]
      : []),
    ...(mayBeRepeat ? ["May be a repeat: Slack's answer to an earlier try was lost."] : []),
  ].join(" ");
}
