/** Deals with one notification: what it asks Elasticsearch, and what the answer makes of the state. */
import type { DeadLetter } from "../../collectors/spool/contract.ts";
import { describeError } from "../../model/errors.ts";
import { clustersOf, kindOf } from "./classify.ts";
import { decide, isProcessed, processedIn } from "./decide.ts";
import type { Taken } from "./inbox.ts";
import type { DecideOptions } from "./judge.ts";
import { notUnderstoodDraft } from "./own-texts.ts";
import type { AskEvidence, Question } from "./reading.ts";
import type { RelayEvents } from "./relay-events.ts";
import type { StateKeeper } from "./state-file.ts";
import { withOwnMessage } from "./outbox.ts";
import type { RelayState } from "./state.ts";
import { parseNotification } from "./webhook-body.ts";
import type { GrafanaNotification } from "./webhook-body.ts";

export type DeskOptions = {
  readonly keeper: StateKeeper;
  readonly ask: AskEvidence;
  readonly events: Pick<RelayEvents, "notUnderstood" | "turnFailed">;
  readonly bury: (letter: DeadLetter) => Promise<void>;
  /** Every cluster of the configuration. */
  readonly clusters: readonly string[];
  readonly channelOf: (receiver: string) => string;
  /** True when the notification was only a proof of the chain, and is dealt with. */
  readonly takeCanary: (
    state: RelayState,
    notification: GrafanaNotification,
    nowMs: number,
  ) => RelayState | null;
  readonly times: Pick<DecideOptions, "reminderMs" | "forgetMs">;
  readonly now: () => number;
  readonly newId: () => string;
};

/** On disk when it resolves. @throws LaglineError when the state or a dead letter cannot be written. */
export async function deal(
  { record, lease }: Taken,
  options: DeskOptions,
  signal: AbortSignal,
): Promise<void> {
  const { keeper, ask, now, clusters, channelOf, times, takeCanary } = options;
  if (record !== null && isProcessed(keeper.now, record.id)) return;
  let notification: GrafanaNotification;
  try {
    notification = parseNotification(record?.body);
  } catch (error) {
    await notUnderstood(options, {
      id: record?.id ?? `sequence-${lease.sequence}`,
      text: lease.ndjson.toString("utf8"),
      error,
    });
    return;
  }
  const canary = (state: RelayState): RelayState | null => takeCanary(state, notification, now());
  if (canary(keeper.now) !== null) {
    await keeper.change((state) => processedIn(canary(state) ?? state, record?.id ?? ""));
    return;
  }
  const evidence = await ask(questionOf(notification, clusters), { nowMs: now(), signal });
  const about = {
    id: record?.id ?? "",
    nowMs: now(),
    clusters,
    channel: channelOf(notification.receiver),
    reminderMs: times.reminderMs,
    forgetMs: times.forgetMs,
  };
  await keeper.change((state) => decide(state, notification, { evidence, options: about }));
}

async function notUnderstood(
  { keeper, bury, events, now, newId }: DeskOptions,
  { id, text, error }: { readonly id: string; readonly text: string; readonly error: unknown },
): Promise<void> {
  const reason = describeError(error);
  await bury({
    document: text.trim(),
    errorType: "not_understood",
    reason,
    status: 0,
    firstSeenMs: now(),
    attempts: 1,
  });
  await keeper.change((state) => {
    const done = processedIn(state, id);
    const { totals } = done;
    const counted = { ...done, totals: { ...totals, deadLettered: totals.deadLettered + 1 } };
    return withOwnMessage(counted, notUnderstoodDraft(), { id: newId(), nowMs: now() });
  });
  events.notUnderstood(reason);
}

/** What Elasticsearch has to be asked before a notification can be judged. */
export function questionOf({ alerts }: GrafanaNotification, clusters: readonly string[]): Question {
  const inQuestion = alerts.filter((alert) => alert.status === "resolved" || kindOf(alert) === "blindness");
  return {
    clusters: [...new Set(inQuestion.flatMap((alert) => clustersOf(alert, clusters)))],
    alerts: inQuestion
      .filter((alert) => kindOf(alert) === "group")
      .map(({ fingerprint, labels }) => ({
        fingerprint,
        alertName: labels["alertname"] ?? "",
        cluster: labels["cluster"] ?? "",
        group: labels["group"] ?? "",
      })),
  };
}
