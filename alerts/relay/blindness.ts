/** Clusters that cannot be seen: told about once after a grace, and once when sight is back. Pure. */
import type { Evidence } from "./judge.ts";
import { blindMessage, sightMessage } from "./monitoring-messages.ts";
import type { KnownAlert } from "./monitoring-messages.ts";
import { isOver, outcomesOf, worstPerGroup } from "./outcomes.ts";
import { blindDraft, grafanaBlindDraft, sightDraft } from "./own-texts.ts";
import { withOwnMessage } from "./outbox.ts";
import { withClosed } from "./state.ts";
import type { OpenAlert, RelayState } from "./state.ts";

export type BlindnessOptions = {
  readonly nowMs: number;
  /** How long sight may be lost without a word: a restart of Elasticsearch wakes nobody. */
  readonly graceMs: number;
  /** How long Grafana may take to say what it should, before people are told that it does not. */
  readonly patienceMs: number;
  readonly newId: () => string;
};

export function tellSight(state: RelayState, evidence: Evidence, options: BlindnessOptions): RelayState {
  const told = tellBlindness(withAllUnseen(state, evidence, options), evidence, options);
  const seen = tellReturn(told, evidence, options);
  return tellGrafanaIsBlind(withoutQuietReturns(seen, evidence), options);
}

/** Sight is back, but Grafana never took back what it said about blindness: its rules are not evaluated. */
function tellGrafanaIsBlind(state: RelayState, { nowMs, patienceMs, newId }: BlindnessOptions): RelayState {
  const covered = Object.values(state.alerts).filter((alert) => alert.covered && !alert.nagged);
  const quietMs =
    nowMs - Math.max(...Object.values(state.sawAgainAtMs), ...covered.map(({ heardAtMs }) => heardAtMs));
  if (covered.length === 0 || Object.keys(state.blind).length > 0 || quietMs < patienceMs) return state;
  const nagged = covered.map((alert) => [alert.fingerprint, { ...alert, nagged: true }] as const);
  const next = { ...state, alerts: { ...state.alerts, ...Object.fromEntries(nagged) } };
  return withOwnMessage(next, grafanaBlindDraft(covered.map(({ alertName }) => alertName)), {
    id: newId(),
    nowMs,
  });
}

/** Where one cluster is unseen the others are looked at too: with Elasticsearch all of them are gone. */
function withAllUnseen(state: RelayState, evidence: Evidence, { nowMs }: BlindnessOptions): RelayState {
  if (Object.keys(state.blind).length === 0) return state;
  const blind = { ...state.blind };
  for (const [cluster, reason] of evidence.blind) {
    if (reason !== null) blind[cluster] ??= { sinceMs: nowMs, reason, told: false };
  }
  return { ...state, blind };
}

/** One message for all clusters that are unseen, when the first of them has been so for the grace. */
function tellBlindness(
  state: RelayState,
  evidence: Evidence,
  { nowMs, graceMs, newId }: BlindnessOptions,
): RelayState {
  const untold = Object.entries(state.blind).filter(
    ([cluster, { told }]) => !told && reasonOf(evidence, cluster) !== null,
  );
  if (!untold.some(([, { sinceMs }]) => nowMs - sinceMs >= graceMs)) return state;
  const clusters = untold.map(([cluster]) => cluster);
  const blind = { ...state.blind };
  for (const [cluster, entry] of untold) {
    blind[cluster] = { ...entry, told: true, reason: reasonOf(evidence, cluster) ?? "" };
  }
  const message = blindMessage({
    clusters,
    reason: [...new Set(clusters.map((cluster) => blind[cluster]?.reason ?? ""))].join(" "),
    sinceMs: Math.min(...untold.map(([, { sinceMs }]) => sinceMs)),
    alerts: worstPerGroup(state, clusters).map(known),
  });
  return withOwnMessage({ ...state, blind }, blindDraft(message), { id: newId(), nowMs });
}

/** One message for all clusters that are seen again. */
function tellReturn(state: RelayState, evidence: Evidence, { nowMs, newId }: BlindnessOptions): RelayState {
  const back = Object.entries(state.blind).filter(
    ([cluster, { told }]) => told && reasonOf(evidence, cluster) === null,
  );
  if (back.length === 0) return state;
  const clusters = back.map(([cluster]) => cluster);
  const blind = { ...state.blind };
  const sawAgainAtMs = { ...state.sawAgainAtMs };
  for (const cluster of clusters) {
    delete blind[cluster];
    sawAgainAtMs[cluster] = nowMs;
  }
  const alerts = Object.values(state.alerts).filter(
    ({ cluster, group }) => group !== "" && clusters.includes(cluster),
  );
  const over = alerts.filter(({ fingerprint }) => isOver(evidence.sights.get(fingerprint)));
  const message = sightMessage({
    clusters,
    blindMs: nowMs - Math.min(...back.map(([, { sinceMs }]) => sinceMs)),
    outcomes: outcomesOf(alerts, evidence),
  });
  const next = withClosed(
    { ...state, blind, sawAgainAtMs },
    over.map(({ fingerprint }) => fingerprint),
    nowMs,
  );
  return withOwnMessage(next, sightDraft(message), { id: newId(), nowMs });
}

/** Sight came back within the grace: nobody was told, nobody needs to know. */
function withoutQuietReturns(state: RelayState, evidence: Evidence): RelayState {
  const blind = Object.fromEntries(
    Object.entries(state.blind).filter(([cluster, { told }]) => told || reasonOf(evidence, cluster) !== null),
  );
  return { ...state, blind };
}

function known({ cluster, group, verdict, alertName, late, startsAtMs }: OpenAlert): KnownAlert {
  return {
    cluster,
    group,
    state: verdict === "" ? alertName : verdict,
    sinceMs: startsAtMs,
    ...(late === "" ? {} : { late }),
  };
}

function reasonOf({ blind }: Evidence, cluster: string): string | null {
  return blind.get(cluster) ?? null;
}
