/**
 * What the passing of time does, with what the newest documents show: a cluster that stays unseen is told about once, its
 * return with what became of each group, and an all-clear that was not believed comes as soon as the data confirms it.
 * Pure.
 */
import { tellSight } from "./blindness.ts";
import type { BlindnessOptions } from "./blindness.ts";
import { kindOf } from "./classify.ts";
import type { Evidence } from "./judge.ts";
import { goneDraft, naggingDraft, overDraft } from "./own-texts.ts";
import { isGathering, tellReload } from "./reload.ts";
import type { ReloadOptions } from "./reload.ts";
import { withOwnMessage } from "./outbox.ts";
import { withClosed } from "./state.ts";
import type { Draft, OpenAlert, RelayState } from "./state.ts";

export type WatchOptions = BlindnessOptions &
  ReloadOptions & {
    /** Alerts without stored evidence count as over when they did not fire again for this long. */
    readonly settleMs: number;
  };

/** Whether there is anything to ask Elasticsearch for. */
export function needsWatch(state: RelayState): boolean {
  return (
    Object.keys(state.blind).length > 0 ||
    Object.values(state.alerts).some(({ heldSinceMs, covered }) => heldSinceMs !== null || covered)
  );
}

/** Alerts whose groups have to be looked at. */
export function watchedAlerts(state: RelayState): readonly OpenAlert[] {
  const all = Object.values(state.alerts).filter(({ group }) => group !== "");
  return isGathering(state)
    ? all
    : all.filter(({ cluster, heldSinceMs }) => heldSinceMs !== null || state.blind[cluster] !== undefined);
}

export function watch(state: RelayState, evidence: Evidence, options: WatchOptions): RelayState {
  const seen = tellSight(state, evidence, options);
  const followed = Object.values(seen.alerts).reduce(
    (next, alert) => follow(next, alert, { evidence, options }),
    seen,
  );
  return tellReload(followed, evidence, options);
}

type Context = { readonly evidence: Evidence; readonly options: WatchOptions };

/** An alert that Grafana calls resolved, in a cluster that is seen. */
function follow(state: RelayState, alert: OpenAlert, { evidence, options }: Context): RelayState {
  const { nowMs, patienceMs, settleMs } = options;
  const { fingerprint, heldSinceMs, cluster } = alert;
  if (heldSinceMs === null || state.blind[cluster] !== undefined) return state;
  // Grafana needs its own time to fire again after a blindness.
  const heldMs = nowMs - Math.max(heldSinceMs, state.sawAgainAtMs[cluster] ?? 0);
  const labels = { alertname: alert.alertName, cluster, group: alert.group };
  if (kindOf({ labels }) !== "group") {
    return heldMs < settleMs || Object.keys(state.blind).length > 0
      ? state
      : own(withClosed(state, [fingerprint], nowMs), overDraft(alert, null, nowMs), options);
  }
  const sight = evidence.sights.get(fingerprint);
  switch (sight?.kind) {
    case "recovered":
      return own(
        withClosed(state, [fingerprint], nowMs),
        overDraft(alert, sight.evidence.verdict, nowMs),
        options,
      );
    case "gone":
      return own(withClosed(state, [fingerprint], nowMs), goneDraft(alert), options);
    case "still_true": {
      if (alert.nagged || heldMs < patienceMs) return state;
      const alerts = { ...state.alerts, [fingerprint]: { ...alert, nagged: true } };
      return own({ ...state, alerts }, naggingDraft(alert, heldMs), options);
    }
    default:
      return state;
  }
}

function own(
  state: RelayState,
  draft: Draft,
  { nowMs, newId }: Pick<WatchOptions, "nowMs" | "newId">,
): RelayState {
  return withOwnMessage(state, draft, { id: newId(), nowMs });
}
