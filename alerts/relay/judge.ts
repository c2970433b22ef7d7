/** What each alert of a notification does, given what the relay knows and what the newest documents show. Pure. */
import { clustersOf, kindOf } from "./classify.ts";
import { meetsCondition } from "./sight.ts";
import type { Sight } from "./sight.ts";
import type { OpenAlert, RelayState } from "./state.ts";
import type { GrafanaAlert } from "./webhook-body.ts";

/** What Elasticsearch said, for the alerts of one notification. */
export type Evidence = {
  /** By cluster: why it is not seen, or null. */
  readonly blind: ReadonlyMap<string, string | null>;
  /** By fingerprint of a resolved alert about a group. */
  readonly sights: ReadonlyMap<string, Sight>;
};

export type DecideOptions = {
  readonly id: string;
  readonly nowMs: number;
  readonly clusters: readonly string[];
  /** Name of the channel that the notification's contact point stands for. */
  readonly channel: string;
  /** Grafana repeats what lasts; what it did not name for this long is no longer its business, silenced or muted. */
  readonly forgetMs: number;
  /** The same news again after less than this is a second try of Grafana, after more it is a reminder. */
  readonly reminderMs: number;
};

/** Alerts about blindness that began before sight returned, or this much later, belong to the blindness … */
const AFTERGLOW_MS = 60_000;
/** … when they come within this time; after it Grafana has a trouble of its own. */
const LATE_ARRIVAL_MS = 600_000;

/** Reasons with which Grafana gives up an alert that it lost sight of; after a reload it gives none, or another one. */
const LOST_SIGHT = /MissingSeries|NoData|Error/;

/**
 * What an alert of the notification does. `lasts`: still firing and told about. `held`: called resolved, not believed.
 * `silenced`: somebody muted the group, and Grafana's text says so.
 * `covered`: about blindness, told about by the relay itself. `known`: resolved again.
 */
export type Step =
  | "fires"
  | "reminds"
  | "lasts"
  | "over"
  | "silenced"
  | "gone"
  | "held"
  | "blind"
  | "covered"
  | "known";
export type Judged = {
  readonly alert: GrafanaAlert;
  readonly record: OpenAlert;
  readonly step: Step;
  /** Grafana ends by itself what fresh data shows. */
  readonly contradicted: boolean;
};
export type Context = { readonly evidence: Evidence; readonly options: DecideOptions };
export const NEWS: ReadonlySet<Step> = new Set(["fires", "reminds", "over", "silenced", "gone"]);

export function judge(state: RelayState, alert: GrafanaAlert, context: Context): Judged {
  const known = state.alerts[alert.fingerprint];
  const record = known ?? recordOf(alert, { ...context.options, toldAtMs: null });
  const step =
    alert.status === "firing"
      ? stepOfFiring(state, alert, context)
      : known === undefined && state.closed[alert.fingerprint] !== undefined
        ? "known"
        : stepOfResolved(record, alert, context);
  return {
    alert,
    record,
    step,
    contradicted: step === "held" && isContradicted(state, { alert, record }, context),
  };
}

function stepOfFiring(state: RelayState, alert: GrafanaAlert, { evidence, options }: Context): Step {
  const known = state.alerts[alert.fingerprint];
  if (kindOf(alert) === "blindness" && known?.covered !== false) {
    const clusters = clustersOf(alert, options.clusters);
    if (clusters.some((name) => isBlind(evidence, name))) return "covered";
    const startsAtMs = Date.parse(alert.startsAt);
    const isLate = clusters.some((name) => {
      const againMs = state.sawAgainAtMs[name] ?? Number.NEGATIVE_INFINITY;
      return startsAtMs <= againMs + AFTERGLOW_MS && options.nowMs <= againMs + LATE_ARRIVAL_MS;
    });
    if (isLate) return "covered";
  }
  if (known === undefined || known.covered || known.toldAtMs === null) return "fires";
  // Grafana ended it and begins anew, after a reload or a blindness: people know it already.
  if (known.heldSinceMs !== null) return "lasts";
  return options.nowMs - known.toldAtMs >= options.reminderMs ? "reminds" : "lasts";
}

function stepOfResolved(record: OpenAlert, alert: GrafanaAlert, { evidence, options }: Context): Step {
  if (record.covered) return "covered";
  const blind = clustersOf(alert, options.clusters).some((name) => isBlind(evidence, name));
  switch (kindOf(alert)) {
    case "blindness":
      return blind ? "blind" : "over";
    case "other":
      // Nothing stored tells whether it is over: believed only when it does not fire again, see `watch.ts`.
      return blind ? "blind" : "held";
    case "group": {
      const sight = evidence.sights.get(alert.fingerprint);
      if (sight === undefined || sight.kind === "blind") return "blind";
      if (sight.kind === "recovered") return "over";
      if ((alert.annotations["silenced"] ?? "") !== "" && sight.kind === "still_true") return "silenced";
      return sight.kind === "gone" ? "gone" : "held";
    }
  }
}

/** Not what a blindness leaves behind: that is told apart, and Grafana may send it minutes later. */
function isContradicted(
  state: RelayState,
  { alert, record }: Pick<Judged, "alert" | "record">,
  { evidence, options }: Context,
): boolean {
  const sight = evidence.sights.get(alert.fingerprint);
  if (record.toldAtMs === null || sight?.kind !== "still_true") return false;
  if (!meetsCondition(record.alertName, sight.evidence)) return false;
  if (LOST_SIGHT.test(alert.annotations["grafana_state_reason"] ?? "")) return false;
  const endedAtMs = alert.endsAt === undefined ? options.nowMs : Date.parse(alert.endsAt);
  const sawAgainMs = state.sawAgainAtMs[record.cluster] ?? Number.NEGATIVE_INFINITY;
  return endedAtMs > sawAgainMs + AFTERGLOW_MS;
}

export function recordOf(
  alert: GrafanaAlert,
  about: { readonly nowMs: number; readonly channel: string; readonly toldAtMs: number | null },
): OpenAlert {
  const { labels, annotations } = alert;
  return {
    fingerprint: alert.fingerprint,
    alertName: labels["alertname"] ?? "",
    channel: about.channel,
    cluster: labels["cluster"] ?? "",
    group: labels["group"] ?? "",
    severity: labels["severity"] ?? "",
    verdict: annotations["verdict"] ?? "",
    late: annotations["late"] ?? "",
    summary: annotations["summary"] ?? "",
    startsAtMs: Date.parse(alert.startsAt),
    toldAtMs: about.toldAtMs,
    heardAtMs: about.nowMs,
    heldSinceMs: null,
    contradictedAtMs: null,
    nagged: false,
    covered: false,
  };
}

export function isBlind({ blind }: Evidence, cluster: string): boolean {
  return (blind.get(cluster) ?? null) !== null;
}
