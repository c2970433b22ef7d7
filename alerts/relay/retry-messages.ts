/** Sends dead letters of the relay to Slack once more, after a person has removed what they were refused for. */
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import { sleep } from "../../collectors/schedule.ts";
import type { SlackSender } from "./sender.ts";
import type { SlackOutcome } from "./slack-webhook.ts";
import { EMPTY_STATE, parseMessage } from "./state.ts";

export type RetriedMessage = {
  readonly letter: StoredLetter;
  /** Null: the letter is a notification that was not understood, and no message. */
  readonly outcome: SlackOutcome | null;
};

/**
 * One after the other, each tried once. The relay may run meanwhile: a letter is in no queue of it. Nobody is mentioned,
 * because whoever sends them again is awake; the footer says how late they are.
 */
export async function* retryMessages(
  slack: SlackSender,
  letters: readonly StoredLetter[],
  about: { readonly gapMs: number; readonly signal: AbortSignal },
): AsyncGenerator<RetriedMessage> {
  const { gapMs, signal } = about;
  let isFirst = true;
  for (const letter of letters) {
    const message = parseMessage(letter.document);
    if (message === null) {
      yield { letter, outcome: null };
      continue;
    }
    if (!isFirst) await sleep(gapMs, signal);
    isFirst = false;
    signal.throwIfAborted();
    yield {
      letter,
      outcome: await slack.send({ ...message, mention: false }, { state: EMPTY_STATE, signal }),
    };
  }
}
