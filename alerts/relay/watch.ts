/**
 * What the passing of time does, with what the newest documents show: a cluster that stays unseen is told about once, its
 * return with what became of each group, and an all-clear that was not believed comes as soon as the data confirms it.
 * Pure.
 */
import { kindOf } from "./classify.ts";
import type { Evidence } from "./decide.ts";
import { blindMessage, sightMessage } from "./monitoring-messages.ts";
import type { GroupOutcome, KnownAlert } from "./monitoring-messages.ts";
import type { Sight } from "./sight.ts";
import { withClosed, withOwnMessage } from "./state.ts";
import type { Draft, OpenAlert, RelayState } from "./state.ts";
import {
  blindDraft,
  goneDraft,
  grafanaBlindDraft,
  naggingDraft,
  overDraft,
  sightDraft,
} from "./own-texts.ts";
import { VERDICTS } from "../../model/verdicts.ts";

export type WatchOptions = {
  readonly nowMs: number;
  /** How long sight may be lost without a word: a restart of Elasticsearch wakes nobody. */
  readonly graceMs: number;
  /** How long Grafana may take to fire a lasting alert again, before people are told that it does not. */
  readonly patienceMs: number;
  /** Alerts without stored evidence count as over when they did not fire again for this long. */
  readonly settleMs: number;
  readonly newId: () => string;
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
  return Object.values(state.alerts).filter(
    ({ cluster, heldSinceMs, group }) =>
      group !== "" && (heldSinceMs !== null || state.blind[cluster] !== undefined),
  );
}

export function watch(state: RelayState, evidence: Evidence, options: WatchOptions): RelayState {
  const told = tellBlindness(withAllUnseen(state, evidence, options), evidence, options);
  const seen = tellReturn(told, evidence, options);
  return Object.values(seen.alerts).reduce(
    (next, alert) => follow(next, alert, { evidence, options }),
    tellGrafanaIsBlind(withoutQuietReturns(seen, evidence), options),
  );
}

/** Sight is back, but Grafana never took back what it said about blindness: its rules are not evaluated. */
function tellGrafanaIsBlind(state: RelayState, { nowMs, patienceMs, newId }: WatchOptions): RelayState {
  const covered = Object.values(state.alerts).filter((alert) => alert.covered && !alert.nagged);
  const quietMs =
    nowMs - Math.max(...Object.values(state.sawAgainAtMs), ...covered.map(({ heardAtMs }) => heardAtMs));
  if (covered.length === 0 || Object.keys(state.blind).length > 0 || quietMs < patienceMs) return state;
  const nagged = covered.map((alert) => [alert.fingerprint, { ...alert, nagged: true }] as const);
  const next = { ...state, alerts: { ...state.alerts, ...Object.fromEntries(nagged) } };
  return own(next, grafanaBlindDraft(covered.map(({ alertName }) => alertName)), { nowMs, newId });
}

/** Where one cluster is unseen the others are looked at too: with Elasticsearch all of them are gone. */
function withAllUnseen(state: RelayState, evidence: Evidence, { nowMs }: WatchOptions): RelayState {
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
  { nowMs, graceMs, newId }: WatchOptions,
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
  return own({ ...state, blind }, blindDraft(message), { nowMs, newId });
}

/** One message for all clusters that are seen again. */
function tellReturn(state: RelayState, evidence: Evidence, { nowMs, newId }: WatchOptions): RelayState {
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
  return own(next, sightDraft(message), { nowMs, newId });
}

/** Sight came back within the grace: nobody was told, nobody needs to know. */
function withoutQuietReturns(state: RelayState, evidence: Evidence): RelayState {
  const blind = Object.fromEntries(
    Object.entries(state.blind).filter(([cluster, { told }]) => told || reasonOf(evidence, cluster) !== null),
  );
  return { ...state, blind };
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

function isOver(sight: Sight | undefined): boolean {
  return sight?.kind === "recovered" || sight?.kind === "gone";
}

/** One line per group: it is bad as long as one of its alerts is. */
function outcomesOf(alerts: readonly OpenAlert[], { sights }: Evidence): readonly GroupOutcome[] {
  const groups = groupBy(alerts, ({ cluster, group }) => JSON.stringify([cluster, group]));
  return [...groups.values()].flatMap((of): readonly GroupOutcome[] => {
    const [first] = of;
    if (first === undefined) return [];
    const { cluster, group } = first;
    const seen = of.map(({ fingerprint }) => sights.get(fingerprint));
    const bad = seen.find((sight) => sight?.kind === "still_true");
    if (bad !== undefined)
      return [{ cluster, group, kind: "still_true", state: VERDICTS[bad.evidence.verdict].label }];
    if (seen.some((sight) => !isOver(sight))) return [{ cluster, group, kind: "unclear" }];
    const well = seen.find((sight) => sight?.kind === "recovered");
    return well === undefined
      ? [{ cluster, group, kind: "gone" }]
      : [{ cluster, group, kind: "recovered", state: VERDICTS[well.evidence.verdict].label }];
  });
}

function worstPerGroup(state: RelayState, clusters: readonly string[]): readonly OpenAlert[] {
  const open = Object.values(state.alerts).filter(
    ({ cluster, group }) => group !== "" && clusters.includes(cluster),
  );
  const ordered = open.toSorted((a, b) => severityRank(a) - severityRank(b) || a.startsAtMs - b.startsAtMs);
  const groups = groupBy(ordered, ({ cluster, group }) => JSON.stringify([cluster, group]));
  return [...groups.values()].flatMap(([worst]) => (worst === undefined ? [] : [worst]));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function severityRank({ severity }: OpenAlert): number {
  return severity === "critical" ? 0 : 1;
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

function own(
  state: RelayState,
  draft: Draft,
  { nowMs, newId }: Pick<WatchOptions, "nowMs" | "newId">,
): RelayState {
  return withOwnMessage(state, draft, { id: newId(), nowMs });
}
