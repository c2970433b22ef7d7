/** A message that will not reach Slack: kept as a dead letter with a sentence, before it leaves the outbox. */
import type { DeadLetter } from "../../collectors/spool/contract.ts";
import { withBuried } from "./outbox.ts";
import { refusedDraft } from "./own-texts.ts";
import type { RelayEvents } from "./relay-events.ts";
import type { StateKeeper } from "./state-file.ts";
import type { OutboxMessage } from "./state.ts";

export type GiveUpOptions = {
  readonly keeper: StateKeeper;
  readonly events: Pick<RelayEvents, "buried">;
  /** Dead letters are on disk when it resolves. */
  readonly bury: (letter: DeadLetter) => Promise<void>;
  readonly now: () => number;
  readonly newId: () => string;
};

/** Why a message went to the dead letters. */
export type Refusal = { readonly errorType: string; readonly reason: string; readonly status: number };

/** `standIn`: a plain line takes its place. @throws LaglineError when the letter or the state cannot be written. */
export async function giveUp(
  message: OutboxMessage,
  { standIn, ...why }: Refusal & { readonly standIn: boolean },
  { keeper, bury, events, now, newId }: GiveUpOptions,
): Promise<void> {
  await bury({
    ...why,
    document: JSON.stringify(message),
    firstSeenMs: message.queuedAtMs,
    attempts: message.attempts,
  });
  const draft = refusedDraft(message, why.errorType);
  const instead = standIn ? { draft, id: newId(), nowMs: now() } : null;
  await keeper.change((state) => withBuried(state, message, instead));
  events.buried(message, why);
}
