/** Rules in the shape of Grafana's provisioning files: consumer and delivery rules once each, the heartbeat once per cluster. */
import { createHash } from "node:crypto";
import { CONSUMER_RULES } from "./consumer-rules.ts";
import type { ConsumerRule } from "./consumer-rules.ts";
import { bucketSeconds, consumerValues, silence } from "./consumer-values.ts";
import type { ValueRef } from "./consumer-values.ts";
import { DELIVERY_RULES } from "./delivery-rules.ts";
import type { DeliveryRule } from "./delivery-rules.ts";
import { ask, math, reduce, threshold } from "./expressions.ts";
import { RECEIVERS } from "./names.ts";
import { watchdogRules } from "./relay-provisioning.ts";
import { byPolicy } from "./policy-text.ts";
import { COUNT, DURATION, RATE, WHOLE, duration, inLink, name, verdictWord, whenKnown } from "./text.ts";
import type { AlertRule, AlertingConfig } from "./types.ts";
import { DASHBOARD_UIDS, PANEL_IDS } from "../dashboards/links.ts";
import { equals, lacksFlag, where } from "../dashboards/lucene.ts";
import { VERDICTS } from "../model/verdicts.ts";
import { runbookPath } from "../dashboards/runbooks-dashboard.ts";
import type { JsonObject } from "../dashboards/types.ts";

export function buildRules(config: AlertingConfig): readonly JsonObject[] {
  return [
    ...CONSUMER_RULES.map((rule) => consumerRule(rule, config)),
    ...config.clusters.map((cluster) => staleRule(config, cluster)),
    ...DELIVERY_RULES.map((rule) => deliveryRule(rule, config)),
    suspectRule(config),
    ...watchdogRules(config),
  ];
}

function consumerRule(rule: ConsumerRule, config: AlertingConfig): JsonObject {
  return {
    ...frame(rule, config),
    // Lost data must not look like a lag alert; the pipeline rule tells about it, once.
    noDataState: "OK",
    execErrState: "Error",
    data: [...consumerValues(config, rule.values), ...silence(config), ...rule.condition],
    labels: { ...labels(rule), component: "consumer", ...ownerLabels(config) },
    annotations: {
      ...links(rule, config, {
        uid: DASHBOARD_UIDS.group,
        query: `var-cluster=${inLink("cluster")}&var-group=${inLink("group")}`,
      }),
      summary: rule.summary,
      description: rule.description,
      verdict: verdictWord("V"),
      late: `${duration("T")}${TREND}${whenKnown("O", `, objective ${DURATION}`, "")}`,
      behind: `${whenKnown("L", `${COUNT} messages`, "unknown")}${whenKnown("W", `, worst partition ${WHOLE}`, "")}`,
      rates: rates(rule.values),
      lasting: whenKnown("G", DURATION, "not known"),
      team: byPolicy(config.policies, ({ team, tier }) => (team === null ? null : `${team} (${tier})`)),
      team_runbook: byPolicy(config.policies, ({ runbook }) => (isLink(runbook) ? null : runbook)),
      team_runbook_url: byPolicy(config.policies, ({ runbook }) => (isLink(runbook) ? runbook : null)),
      // Read only when the alert is over: whether that is good news.
      became: whenKnown("V", `{{ if ge .Value ${VERDICTS.rewound.code}.0 }}${verdictWord("V")}{{ end }}`, ""),
      doubt: whenKnown("Z", `{{ if gt .Value 0.0 }}${DOUBT}{{ end }}`, ""),
      // Read only when the alert is over: a silenced alert is not a recovery.
      silenced: whenKnown("K", `{{ if gt .Value 0.0 }}${DURATION}{{ end }}`, ""),
    },
  };
}

export const STALE: AlertRule = {
  uid: "lagline-stale",
  when: "no trusted tick of the cluster in the window",
  name: "LagPipelineDataStale",
  severity: "critical",
  pendingSeconds: 60,
  keepFiringSeconds: 0,
  reason: "The window already spans several ticks; one minute more excludes a slow evaluation.",
  runbook: "lag-pipeline-data-stale",
  panel: "pipelineTrust",
  summary: "The lag monitoring is blind.",
  description: "",
};

/**
 * A heartbeat: counts trusted ticks of one cluster. No terms level, so that "none" is 0 and not a missing series; hence
 * one rule per cluster. `D` counts all ticks and only tells the two reasons apart.
 */
function staleRule(config: AlertingConfig, cluster: string): JsonObject {
  const window = Math.max(config.staleAfterSeconds, 60);
  const count = (ref: string, filter: string) =>
    ask({
      ref,
      datasourceUid: config.datasourceUid,
      filter,
      metric: "count",
      by: [],
      bucketSeconds: bucketSeconds(config.intervalSeconds),
      windowSeconds: window,
    });
  const all = where("cluster", equals("cluster", cluster));
  return {
    ...frame({ ...STALE, uid: staleUid(cluster) }, config),
    title: `${STALE.name} ${cluster}`,
    noDataState: "Alerting",
    execErrState: "Alerting",
    data: [
      count("qB", `${all} AND ${lacksFlag("suspect")}`),
      reduce("B", "qB", "sum"),
      count("qD", all),
      reduce("D", "qD", "sum"),
      threshold("C", "B", { operator: "lt", fire: 1 }),
    ],
    labels: { ...labels(STALE), component: "pipeline", cluster: escapeLabel(cluster) },
    annotations: {
      ...links(STALE, config, {
        uid: DASHBOARD_UIDS.pipeline,
        query: `var-cluster=${encodeURIComponent(cluster)}`,
      }),
      summary: `The lag monitoring of \`${cluster}\` is blind: no lag alert of this cluster can be trusted.`,
      description: whenKnown(
        "D",
        `{{ if lt .Value 1.0 }}No document for ${window} s: collector, Burrow or the way to Elasticsearch is down.{{ else }}Documents arrive, but the monitoring doubts itself since ${window} s: Burrow is not ready, replays old commits, or lost Kafka.{{ end }}`,
        "Elasticsearch does not answer Grafana.",
      ),
    },
  };
}

export const SUSPECT: AlertRule = {
  uid: "lagline-suspect",
  when: "suspect for two ticks or more, but not for as long as the window, and trusted again",
  name: "LagPipelineDataSuspect",
  severity: "info",
  pendingSeconds: 0,
  keepFiringSeconds: 0,
  reason:
    "A restart of Burrow or a broker is over within minutes and needs no person, but whoever looks at that hour should know that verdicts were held. What lasts as long as the window is told by LagPipelineDataStale.",
  runbook: "lag-pipeline-data-suspect",
  panel: "pipelineTrust",
  summary: `The lag monitoring of ${name("cluster")} doubted itself for a moment and sees again: meanwhile it held the last trusted verdicts, and no alert began or ended.`,
  description: "Nothing to do, unless it comes again. First: did Burrow or a broker restart?",
};
const SUSPECT_SECONDS = 600;

/**
 * One note when it is over. `S` counts suspect ticks of the last ten minutes, `L` of twice as long: what lasted so long
 * that the heartbeat told of it is still in `L` when it has almost left `S`.
 */
function suspectRule(config: AlertingConfig): JsonObject {
  const bucket = bucketSeconds(config.intervalSeconds);
  const ticks = (ref: string, windowSeconds: number) =>
    ask({
      ref,
      datasourceUid: config.datasourceUid,
      filter: where("cluster"),
      metric: { statistic: "max", field: "suspect", missing: 0 },
      by: [{ field: "cluster", size: Math.max(10, config.clusters.length), order: "name" }],
      bucketSeconds: bucket,
      windowSeconds,
    });
  const tooLong = Math.floor(config.staleAfterSeconds / bucket);
  return {
    ...frame(SUSPECT, config),
    noDataState: "OK",
    execErrState: "Error",
    data: [
      ticks("qS", SUSPECT_SECONDS),
      reduce("S", "qS", "sum"),
      reduce("Z", "qS", "last"),
      ticks("qL", 2 * SUSPECT_SECONDS),
      reduce("L", "qL", "sum"),
      math("C", `$S >= 2 && $Z == 0 && $L < ${tooLong}`),
    ],
    labels: { ...labels(SUSPECT), component: "note" },
    annotations: {
      ...links(SUSPECT, config, {
        uid: DASHBOARD_UIDS.pipeline,
        query: `var-cluster=${inLink("cluster")}`,
      }),
      summary: SUSPECT.summary,
      description: SUSPECT.description,
    },
  };
}

function deliveryRule(rule: DeliveryRule, config: AlertingConfig): JsonObject {
  return {
    ...frame(rule, config),
    // No document of any collector is told about by the heartbeat of its cluster.
    noDataState: "OK",
    execErrState: "Error",
    data: [...rule.data(config)],
    // Not `pipeline`: delivery in trouble does not make what has arrived untrue.
    labels: { ...labels(rule), component: "delivery" },
    annotations: {
      ...links(rule, config, { uid: DASHBOARD_UIDS.pipeline, query: `var-cluster=${inLink("cluster")}` }),
      summary: rule.summary,
      description: rule.description,
    },
  };
}

const DOUBT = "The monitoring doubts its data: verdict and lag are the last trusted ones, rates are unknown.";

/** Slack ends a link at these characters. */
function isLink(text: string | null): boolean {
  return text !== null && /^https?:\/\/[^\s<>|]+$/.test(text);
}

/** Two per cent more in than out is growth: rates are smoothed and sampled. */
const TREND = whenKnown(
  "P",
  whenKnown(
    "Q",
    "{{ with $values.D }}{{ if gt .Value 0.02 }}, growing{{ else if lt .Value -0.02 }}, shrinking{{ else }}, steady{{ end }}{{ end }}",
    "",
  ),
  "",
);

/** `131.0/s in, 0.0/s out, gone in 5m 0s`: better or worse, at a glance. */
function rates(values: readonly ValueRef[]): string {
  return [
    `${whenKnown("P", `${RATE}/s`, "unknown")} in`,
    `${whenKnown("Q", `${RATE}/s`, "unknown")} out`,
    ...(values.includes("E") ? [whenKnown("E", `gone in ${DURATION}`, "not shrinking")] : []),
    ...(values.includes("X") ? [whenKnown("X", `late in ${DURATION}`, "late soon")] : []),
  ].join(", ");
}

/** Follows the name, not the place in the list, so that a new cluster leaves the other rules as they are. */
export function staleUid(cluster: string): string {
  const readable = `${STALE.uid}-${cluster}`;
  if (/^[a-zA-Z0-9_-]{1,40}$/.test(readable)) return readable;
  return `${STALE.uid}-${createHash("sha256").update(cluster).digest("hex").slice(0, 16)}`;
}

function frame(rule: AlertRule, config: AlertingConfig): JsonObject {
  return {
    uid: rule.uid,
    title: rule.name,
    condition: "C",
    for: `${rule.pendingSeconds}s`,
    keepFiringFor: `${rule.keepFiringSeconds}s`,
    // Grafana 12 and newer: a group that is missing, because the monitoring is blind, is not at once called well.
    missing_series_evals_to_resolve: 10,
    isPaused: false,
    dashboardUid: rule.panel.startsWith("pipeline") ? DASHBOARD_UIDS.pipeline : DASHBOARD_UIDS.fleet,
    panelId: PANEL_IDS[rule.panel],
    ...(config.routing === "rules" && config.slack !== undefined
      ? { notification_settings: ruleRouting(rule, config) }
      : {}),
  };
}

function labels(rule: AlertRule): JsonObject {
  return { product: "lagline", severity: rule.severity };
}

/** For routes of the user's own; fixed by the policy, so that an alert does not change its labels while it fires. */
function ownerLabels({ policies }: AlertingConfig): JsonObject {
  const team = byPolicy(policies, (policy) => policy.team, "$$");
  const tier = byPolicy(policies, (policy) => policy.tier, "$$");
  return { ...(team === "" ? {} : { team }), ...(tier === "" ? {} : { tier }) };
}

function ruleRouting(rule: AlertRule, config: AlertingConfig): JsonObject {
  return {
    receiver: { critical: RECEIVERS.page, warning: RECEIVERS.channel, info: RECEIVERS.note }[rule.severity],
    group_by: ["grafana_folder", "alertname", "cluster", "group"],
    group_wait: "30s",
    group_interval: "5m",
    repeat_interval: `${rule.severity === "critical" ? config.criticalRepeatIntervalSeconds : config.repeatIntervalSeconds}s`,
  };
}

type Target = { readonly uid: string; readonly query: string };

/** The time range is added by the message template, which knows when the alert began. */
function links(rule: AlertRule, config: AlertingConfig, target: Target): JsonObject {
  return {
    dashboard_url: `${config.rootUrl}/d/${target.uid}?${target.query}`,
    runbook_url:
      config.runbookUrlPrefix === undefined
        ? `${config.rootUrl}${runbookPath(rule.runbook)}`
        : `${config.runbookUrlPrefix.replace(/\/*$/, "/")}${rule.runbook}.md`,
  };
}

/** Labels of rules are expanded by environment when Grafana reads them: a doubled `$` is one. */
function escapeLabel(text: string): string {
  return text.replaceAll("$", "$$$$");
}
