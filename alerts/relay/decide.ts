/**
 * What one notification of Grafana means, given what the relay knows and what the newest documents show. Pure: the
 * answers of Elasticsearch come in, the next state comes out, with the message in its outbox or the reason why none.
 */
import { clustersOf } from "./classify.ts";
import { NEWS, isBlind, judge, recordOf } from "./judge.ts";
import type { Context, Judged } from "./judge.ts";
import { queued } from "./outbox.ts";
import { REMEMBERED_IDS, withClosed } from "./state.ts";
import type { MergeReason, RelayState } from "./state.ts";
import { notificationDraft } from "./texts.ts";
import type { GrafanaNotification } from "./webhook-body.ts";

/** True when the notification was dealt with before: the spool may hand it out again after a crash. */
export function isProcessed(state: RelayState, id: string): boolean {
  return state.processed.includes(id);
}

export function decide(
  state: RelayState,
  notification: GrafanaNotification,
  { evidence, options }: Context,
): RelayState {
  if (isProcessed(state, options.id)) return state;
  const judged = notification.alerts.map((alert) => judge(state, alert, { evidence, options }));
  const next = processedIn(apply(state, judged, { evidence, options }), options.id);
  const told = {
    firing: judged.filter(({ step }) => step === "fires" || step === "reminds" || step === "lasts"),
    over: judged.filter(({ step }) => step === "over"),
    silenced: judged.filter(({ step }) => step === "silenced"),
    gone: judged.filter(({ step }) => step === "gone"),
  };
  const isNews = judged.some(({ step }) => NEWS.has(step));
  if (!isNews) return withMerged(next, reasonOf(judged));
  const draft = notificationDraft(
    notification,
    {
      firing: told.firing.map(({ alert }) => alert),
      over: told.over.map(({ record }) => record),
      gone: told.gone.map(({ record }) => record),
      silenced: told.silenced.map(({ record }) => record),
      whole: told.firing.length + told.over.length + told.silenced.length === judged.length,
    },
    options,
  );
  const mention = draft.mention && judged.some(({ step }) => step === "fires" || step === "reminds");
  const message = queued({ ...draft, mention }, { ...options, kind: "notification" });
  return { ...next, outbox: [...next.outbox, message] };
}

/** Counts a notification that led to no message. */
export function withMerged(state: RelayState, reason: MergeReason): RelayState {
  const { totals } = state;
  const merged = { ...totals.merged, [reason]: (totals.merged[reason] ?? 0) + 1 };
  return { ...state, totals: { ...totals, merged } };
}

export function processedIn(state: RelayState, id: string): RelayState {
  const { totals } = state;
  return {
    ...state,
    processed: [...state.processed, id].slice(-REMEMBERED_IDS),
    totals: { ...totals, processed: totals.processed + 1 },
  };
}

function apply(state: RelayState, judged: readonly Judged[], context: Context): RelayState {
  const { nowMs, channel, forgetMs } = context.options;
  const alerts = Object.fromEntries(
    Object.entries(state.alerts).filter(
      ([, { heardAtMs, heldSinceMs }]) => heldSinceMs !== null || nowMs - heardAtMs < forgetMs,
    ),
  );
  const over: string[] = [];
  for (const { alert, record, step, contradicted } of judged) {
    const { fingerprint } = alert;
    if (step === "known") continue;
    if (
      step === "over" ||
      step === "silenced" ||
      step === "gone" ||
      (step === "covered" && alert.status === "resolved")
    ) {
      over.push(fingerprint);
    } else {
      const told = step === "fires" || step === "reminds" ? { toldAtMs: nowMs } : {};
      const isHeld = step === "held" || step === "blind";
      alerts[fingerprint] = {
        ...(step === "fires" || step === "reminds" || step === "lasts"
          ? recordOf(alert, { nowMs, channel, toldAtMs: record.toldAtMs })
          : record),
        ...told,
        // People know the problem from its first message on, also when Grafana begins to count anew.
        startsAtMs: record.startsAtMs,
        covered: step === "covered",
        heardAtMs: nowMs,
        heldSinceMs: isHeld ? (record.heldSinceMs ?? nowMs) : null,
        contradictedAtMs: contradicted ? (record.contradictedAtMs ?? nowMs) : null,
        nagged: isHeld && record.nagged,
      };
    }
  }
  return withBlind(withClosed({ ...state, alerts }, over, nowMs), judged, context);
}

/** Clusters that could not be seen become blind; told after a grace, see `watch.ts`. */
function withBlind(
  state: RelayState,
  judged: readonly Judged[],
  { evidence, options: { nowMs, clusters } }: Context,
): RelayState {
  const names = judged
    .filter(({ step, alert }) => step === "blind" || (step === "covered" && alert.status === "firing"))
    .flatMap(({ alert }) => clustersOf(alert, clusters))
    .filter((name) => isBlind(evidence, name));
  const blind = { ...state.blind };
  for (const name of names) {
    // The reason is found anew when people are told.
    blind[name] ??= { sinceMs: nowMs, reason: "", told: false };
  }
  return { ...state, blind };
}

function reasonOf(judged: readonly Judged[]): MergeReason {
  if (judged.some(({ step }) => step === "blind" || step === "covered")) return "blind";
  return judged.some(({ step }) => step === "held") ? "unconfirmed" : "repeat";
}
