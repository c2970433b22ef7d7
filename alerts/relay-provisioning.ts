/** Grafana's side of the relay: webhook contact points, and the always-firing rule with its way out. */
import { RELAY_USER, TEMPLATES, WATCHDOG_ALERT } from "./names.ts";
import type { AlertingConfig, RelayTarget } from "./types.ts";
import { DASHBOARD_UIDS, PANEL_IDS } from "../dashboards/links.ts";
import { runbookPath } from "../dashboards/runbooks-dashboard.ts";
import type { JsonObject } from "../dashboards/types.ts";
import { math } from "./expressions.ts";

export const WATCHDOG_RECEIVER = "lagline-watchdog";
const WATCHDOG_UID = "lagline-watchdog";

/** Hands notifications to the relay, with title and text as Slack would get them. */
export function relayReceiver(uid: string, { url, tokenFile }: RelayTarget): JsonObject {
  return {
    uid,
    type: "webhook",
    disableResolveMessage: false,
    settings: {
      url,
      httpMethod: "POST",
      // Basic: Grafana 9.4 sends no Authorization header for `authorization_credentials` of a file (measured).
      username: RELAY_USER,
      password: `$__file{${tokenFile}}`,
      title: `{{ template "${TEMPLATES.title}" . }}`,
      message: `{{ template "${TEMPLATES.text}" . }}`,
    },
  };
}

/** Whether there is anybody to hear the always-firing rule. */
export function hasWatchdog({ slack, heartbeatUrlFile }: AlertingConfig): boolean {
  return slack !== undefined && (slack.relay !== undefined || heartbeatUrlFile !== undefined);
}

/** To the relay, which passes it on, or straight to the dead-man's switch. */
export function watchdogContactPoints(config: AlertingConfig): readonly JsonObject[] {
  if (!hasWatchdog(config)) return [];
  const { slack, heartbeatUrlFile } = config;
  const receiver =
    slack?.relay === undefined
      ? {
          uid: WATCHDOG_RECEIVER,
          type: "webhook",
          // A switch that is told "resolved" would count it as a sign of life.
          disableResolveMessage: true,
          settings: { url: `$__file{${heartbeatUrlFile ?? ""}}`, httpMethod: "POST" },
        }
      : relayReceiver(WATCHDOG_RECEIVER, slack.relay);
  return [{ orgId: 1, name: WATCHDOG_RECEIVER, receivers: [receiver] }];
}

/** Sent anew about every minute, apart from all other alerts. */
export function watchdogRoutes(config: AlertingConfig): readonly JsonObject[] {
  return hasWatchdog(config)
    ? [{ object_matchers: [["alertname", "=", WATCHDOG_ALERT]], ...watchdogTiming() }]
    : [];
}

/** Fires always: it needs no data, so that its silence means Grafana's alerting and nothing else. */
export function watchdogRules(config: AlertingConfig): readonly JsonObject[] {
  if (!hasWatchdog(config)) return [];
  const { rootUrl } = config;
  return [
    {
      uid: WATCHDOG_UID,
      title: WATCHDOG_ALERT,
      condition: "C",
      for: "0s",
      keepFiringFor: "0s",
      isPaused: false,
      dashboardUid: DASHBOARD_UIDS.pipeline,
      panelId: PANEL_IDS.pipelineTrust,
      noDataState: "Alerting",
      execErrState: "Alerting",
      data: [math("C", "1 == 1")],
      labels: { product: "lagline", severity: "info", component: "watchdog" },
      annotations: {
        summary: "Always fires, on purpose: its silence is the alarm.",
        dashboard_url: `${rootUrl}/d/${DASHBOARD_UIDS.pipeline}`,
        runbook_url:
          config.runbookUrlPrefix === undefined
            ? `${rootUrl}${runbookPath("lagline-watchdog")}`
            : `${config.runbookUrlPrefix.replace(/\/*$/, "/")}lagline-watchdog.md`,
      },
      ...(config.routing === "rules" ? { notification_settings: watchdogTiming() } : {}),
    },
  ];
}

function watchdogTiming(): JsonObject {
  return {
    receiver: WATCHDOG_RECEIVER,
    group_by: ["alertname"],
    group_wait: "0s",
    group_interval: "30s",
    // Looked at every 30 s: sent again after 60 to 90 s.
    repeat_interval: "1m",
  };
}
