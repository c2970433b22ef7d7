/** Looks at the Slack webhook without posting: Slack refuses an empty message, and by its word shows that the hook lives. */
import { readFileSync, statSync } from "node:fs";
import { describeError } from "../../model/errors.ts";
import type { Observation } from "./finding.ts";
import { broken, ok, skipped, warning } from "./finding.ts";
import type { Reply } from "./http.ts";
import { ask } from "./http.ts";

export type SlackLook = {
  readonly webhookFile: string | undefined;
  /** Text of a message to post; undefined posts nothing. */
  readonly testMessage: string | undefined;
  readonly signal: AbortSignal;
};

const FILE_FIX = "Put the address of a Slack incoming webhook into the file, alone on one line, mode 0600.";

export async function lookAtSlack({
  webhookFile,
  testMessage,
  signal,
}: SlackLook): Promise<readonly Observation[]> {
  if (webhookFile === undefined) {
    return [skipped("webhook", "alerts.slack is not set: rules fire in Grafana, nobody is told.")];
  }
  const read = readWebhook(webhookFile);
  if ("problem" in read) return [read.problem];
  const reply = await ask(read.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(testMessage === undefined ? {} : { text: testMessage }),
    signal,
  });
  return [...read.notes, testMessage === undefined ? judgeEmpty(reply) : judgePost(reply)];
}

type Read =
  | { readonly problem: Observation }
  | { readonly url: string; readonly notes: readonly Observation[] };

function readWebhook(file: string): Read {
  try {
    const url = readFileSync(file, "utf8").trim();
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      // The content may be a secret of another kind, so it is not shown.
      return { problem: broken("webhook-file", `${file} does not hold an address.`, FILE_FIX) };
    }
    const isOpen = (statSync(file).mode & 0o077) !== 0;
    return {
      url,
      notes: isOpen
        ? [warning("webhook-file", `${file} can be read by others on this host.`, `chmod 600 ${file}`)]
        : [],
    };
  } catch (error) {
    return { problem: broken("webhook-file", `${file} cannot be read: ${describeError(error)}.`, FILE_FIX) };
  }
}

/** Slack's words for a hook that is there but got nothing to say. */
const ALIVE = new Set(["no_text", "invalid_payload", "missing_text_or_fallback_or_attachments"]);

function judgeEmpty(reply: Reply): Observation {
  if (reply.kind === "none") return unreachable(reply.reason);
  const word = reply.text.trim().slice(0, 60);
  if (reply.status === 400 && ALIVE.has(word)) {
    return ok(
      "webhook",
      `Slack knows the webhook (it answers ${word} to an empty message; nothing was posted).`,
    );
  }
  // Servers that speak Slack's webhook, such as Mattermost, may take an empty message.
  if (reply.status === 200 && word === "ok") return ok("webhook", "The webhook takes messages.");
  return judgeRefusal(reply.status, word);
}

function judgePost(reply: Reply): Observation {
  if (reply.kind === "none") return unreachable(reply.reason);
  const word = reply.text.trim().slice(0, 60);
  return reply.status === 200 && word === "ok"
    ? ok("webhook", "Slack took the test message.")
    : judgeRefusal(reply.status, word);
}

function judgeRefusal(status: number, word: string): Observation {
  if (status === 429 || status >= 500) {
    return warning("webhook", `Slack answers HTTP ${status} now.`, "Look again in a minute.");
  }
  return broken(
    "webhook",
    `Slack refuses the webhook: HTTP ${status} ${JSON.stringify(word)}.`,
    "Make a new incoming webhook in Slack and put its address into the file; an archived channel or a removed app ends a webhook.",
  );
}

function unreachable(reason: string): Observation {
  return broken(
    "webhook",
    `Slack cannot be reached from this host: ${reason}.`,
    "Check DNS, firewall and proxy; Grafana or the relay must reach it, too.",
  );
}
