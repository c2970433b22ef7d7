/**
 * What one notification of Grafana means, given what the relay knows and what the newest documents show. Pure: the
 * answers of Elasticsearch come in, the next state comes out, with the message in its outbox or the reason why none.
 */
import { clustersOf, kindOf } from "./classify.ts";
import { REMEMBERED_IDS, queued, withClosed } from "./state.ts";
import type { MergeReason, OpenAlert, RelayState } from "./state.ts";
import type { Sight } from "./sight.ts";
import { notificationDraft } from "./texts.ts";
import type { GrafanaAlert, GrafanaNotification } from "./webhook-body.ts";

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

/** True when the notification was dealt with before: the spool may hand it out again after a crash. */
export function isProcessed(state: RelayState, id: string): boolean {
  return state.processed.includes(id);
}

export function decide(
  state: RelayState,
  notification: GrafanaNotification,
  { evidence, options }: { readonly evidence: Evidence; readonly options: DecideOptions },
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

/**
 * What an alert of the notification does. `lasts`: still firing and told about. `held`: called resolved, not believed.
 * `silenced`: somebody muted the group, and Grafana's text says so.
 * `covered`: about blindness, told about by the relay itself. `known`: resolved again.
 */
type Step =
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
type Judged = { readonly alert: GrafanaAlert; readonly record: OpenAlert; readonly step: Step };
type Context = { readonly evidence: Evidence; readonly options: DecideOptions };
const NEWS: ReadonlySet<Step> = new Set(["fires", "reminds", "over", "silenced", "gone"]);

function judge(state: RelayState, alert: GrafanaAlert, context: Context): Judged {
  const known = state.alerts[alert.fingerprint];
  const record = known ?? recordOf(alert, { ...context.options, toldAtMs: null });
  const step =
    alert.status === "firing"
      ? stepOfFiring(state, alert, context)
      : known === undefined && state.closed[alert.fingerprint] !== undefined
        ? "known"
        : stepOfResolved(record, alert, context);
  return { alert, record, step };
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

function apply(state: RelayState, judged: readonly Judged[], context: Context): RelayState {
  const { nowMs, channel, forgetMs } = context.options;
  const alerts = Object.fromEntries(
    Object.entries(state.alerts).filter(
      ([, { heardAtMs, heldSinceMs }]) => heldSinceMs !== null || nowMs - heardAtMs < forgetMs,
    ),
  );
  const over: string[] = [];
  for (const { alert, record, step } of judged) {
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

function recordOf(
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
    nagged: false,
    covered: false,
  };
}

function isBlind({ blind }: Evidence, cluster: string): boolean {
  return (blind.get(cluster) ?? null) !== null;
}
