/**
 * Grafana ends alerts that last: measured, each reload of its alert provisioning does. Nobody was told that they are over,
 * but whoever looks into Grafana finds them gone, so the channel gets one message for all of them. Pure.
 */
import type { Evidence } from "./judge.ts";
import { reloadMessage } from "./monitoring-messages.ts";
import { outcomesOf } from "./outcomes.ts";
import { reloadDraft } from "./own-texts.ts";
import { meetsCondition } from "./sight.ts";
import { withOwnMessage } from "./outbox.ts";
import type { OpenAlert, RelayState } from "./state.ts";

export type ReloadOptions = {
  readonly nowMs: number;
  /** How long what Grafana ends is gathered: it evaluates rule after rule, and sends each group by itself. */
  readonly gatherMs: number;
  /** What it ends so long after the message belongs to it: Grafana holds back news of a group for its group interval. */
  readonly burstMs: number;
  readonly newId: () => string;
};

/** Whether a message is due soon: then all open alerts are looked at, because it names them all. */
export function isGathering({ alerts }: RelayState): boolean {
  return Object.values(alerts).some(({ contradictedAtMs }) => contradictedAtMs !== null);
}

export function tellReload(state: RelayState, evidence: Evidence, options: ReloadOptions): RelayState {
  const { nowMs, gatherMs, burstMs, newId } = options;
  const ended = Object.values(state.alerts).filter(({ contradictedAtMs }) => contradictedAtMs !== null);
  if (ended.length === 0) return state;
  if (state.reloadToldAtMs !== null && nowMs - state.reloadToldAtMs < burstMs) return withoutEnded(state);
  if (nowMs - Math.min(...ended.map(({ contradictedAtMs }) => contradictedAtMs ?? nowMs)) < gatherMs)
    return state;
  const lasting = ended.filter((alert) => stillFires(alert, evidence));
  if (lasting.length === 0) return withoutEnded(state);
  const open = Object.values(state.alerts).filter(
    ({ fingerprint }) => evidence.sights.get(fingerprint)?.kind === "still_true",
  );
  const message = reloadMessage({ ended: lasting.length, open: outcomesOf(open, evidence) });
  return withOwnMessage({ ...withoutEnded(state), reloadToldAtMs: nowMs }, reloadDraft(message), {
    id: newId(),
    nowMs,
  });
}

function stillFires({ alertName, fingerprint }: OpenAlert, { sights }: Evidence): boolean {
  const sight = sights.get(fingerprint);
  return sight?.kind === "still_true" && meetsCondition(alertName, sight.evidence);
}

function withoutEnded(state: RelayState): RelayState {
  const alerts = Object.entries(state.alerts).map(
    ([fingerprint, alert]) => [fingerprint, { ...alert, contradictedAtMs: null }] as const,
  );
  return { ...state, alerts: Object.fromEntries(alerts) };
}
