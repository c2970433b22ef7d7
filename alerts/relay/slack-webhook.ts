/**
 * Posts one message to a Slack incoming webhook and says what became of it. It does not wait or try again: the caller
 * knows the queue. The address is a secret and is in no text that leaves this file.
 */
import { startDeadline } from "../../model/deadline.ts";

export type SlackOutcome =
  | {
      readonly kind: "delivered";
      /** Where it stands, when a bot posted it. */
      readonly place?: { readonly channel: string; readonly ts: string };
    }
  /** The same message may succeed later. */
  | { readonly kind: "retry"; readonly reason: string; readonly retryAfterMs: number | null }
  /** Slack may have taken it, or not: the connection ended before a whole answer. */
  | { readonly kind: "uncertain"; readonly reason: string }
  /** Slack will never take this message at this address. */
  | { readonly kind: "refused"; readonly reason: string; readonly status: number };

export type SlackPostOptions = {
  /** Address of the webhook, as read from its file. */
  readonly url: string;
  /** From the first byte sent to the last byte read. @default 10 s */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
};

const DEADLINE_MS = 10_000;
/** Slack answers with a word; more than this is no answer of Slack. */
const MAXIMUM_ANSWER_BYTES = 4096;
/** A larger wish is a mistake or an attack: an hour. */
const MAXIMUM_RETRY_AFTER_MS = 3_600_000;
/** Errors that come before a connection stands: nothing was sent, so nothing can arrive twice. */
const BEFORE_CONNECTION = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

export async function postToWebhook(message: object, options: SlackPostOptions): Promise<SlackOutcome> {
  const answer = await postTo(message, {
    ...options,
    headers: { "content-type": "application/json" },
    maximumBytes: MAXIMUM_ANSWER_BYTES,
  });
  return "kind" in answer ? answer : outcomeOf(answer);
}

export type SlackAnswer = {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
};

/** One POST with a deadline and a bound; what went wrong without an answer is an outcome already. */
export async function postTo(
  message: object | URLSearchParams,
  options: SlackPostOptions & {
    readonly headers: Readonly<Record<string, string>>;
    readonly maximumBytes: number;
  },
): Promise<SlackAnswer | Extract<SlackOutcome, { kind: "retry" | "uncertain" }>> {
  const deadline = startDeadline(options.deadlineMs ?? DEADLINE_MS, options.signal);
  try {
    const response = await fetch(options.url, {
      method: "POST",
      headers: options.headers,
      body: message instanceof URLSearchParams ? message.toString() : JSON.stringify(message),
      redirect: "manual",
      signal: deadline.signal,
    });
    const text = await readBounded(response, options.maximumBytes);
    return { status: response.status, text, retryAfter: response.headers.get("retry-after") };
  } catch (error) {
    if (deadline.isOver()) return { kind: "uncertain", reason: "no answer before the deadline" };
    const code = codeOf(error);
    return BEFORE_CONNECTION.has(code)
      ? { kind: "retry", reason: code, retryAfterMs: null }
      : { kind: "uncertain", reason: options.signal.aborted ? "stopped while sending" : code };
  } finally {
    deadline.end();
  }
}

/** Pure: what an answer means. A webhook says `ok`; a 200 with other words, such as `ok: false`, delivered nothing. */
export function outcomeOf(answer: SlackAnswer): SlackOutcome {
  const { status, retryAfter } = answer;
  const word = wordOf(answer.text);
  if (status === 200 && word === "ok") return { kind: "delivered" };
  if (status === 429 || word === "rate_limited" || word === "ratelimited") {
    return { kind: "retry", reason: "rate limited", retryAfterMs: retryAfterMs(retryAfter) };
  }
  if (status === 408 || status >= 500) {
    return { kind: "retry", reason: `HTTP ${status}`, retryAfterMs: retryAfterMs(retryAfter) };
  }
  return { kind: "refused", reason: word === "" ? `HTTP ${status}` : word, status };
}

/** Words of Slack that speak of the address or its rights, not of the message: a person has to mend them. */
const ABOUT_THE_ADDRESS =
  /^(no_service|no_service_id|no_team|no_active_hooks|team_disabled|invalid_token|action_prohibited|channel_not_found|channel_is_archived|is_archived|not_in_channel|invalid_auth|not_authed|account_inactive|token_revoked|token_expired|missing_scope|no_permission|restricted_action|ekm_access_denied|org_login_required|user_not_found)$/;

/**
 * Whether another message would be refused as well: then it is worth waiting a while for somebody to mend the address.
 * What is no word of Slack, such as a login page with status 200, is not from Slack at all.
 */
export function isAboutAddress({
  reason,
  status,
}: {
  readonly reason: string;
  readonly status: number;
}): boolean {
  if (ABOUT_THE_ADDRESS.test(reason)) return true;
  const isWord = /^[a-z_]+$/.test(reason);
  return !isWord && status !== 400 && status !== 413;
}

/** `ok`, or the error's word out of text or JSON; at most 100 characters, one line. */
function wordOf(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ").slice(0, 100);
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return line;
    if ("ok" in parsed && parsed.ok === true) return "ok";
    return "error" in parsed && typeof parsed.error === "string" ? parsed.error.slice(0, 100) : line;
  } catch {
    return line;
  }
}

/** Whole seconds, as Slack sends them. */
function retryAfterMs(header: string | null): number | null {
  if (header === null || !/^\d{1,9}$/.test(header)) return null;
  return Math.min(Number(header) * 1000, MAXIMUM_RETRY_AFTER_MS);
}

async function readBounded(response: Response, maximumBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body === null) return "";
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > maximumBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Only the code: messages of the client may hold the address. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "connection lost";
}
