/** The Slack message of a notification, from the template that Grafana gets. */
import { GoTime, MESSAGE_FUNCTIONS } from "./go-template-functions.ts";
import { parseTemplate } from "./go-template-parse.ts";
import type { ParsedTemplate } from "./go-template-parse.ts";
import { renderTemplate } from "./go-template-run.ts";
import type { Alert } from "./play-alerts.ts";
import type { Notification } from "./play-notifications.ts";
import type { Labels } from "./series.ts";
import { MESSAGE_TEMPLATE } from "../message-template.ts";
import { TEMPLATES } from "../names.ts";

export type Message = { readonly title: string; readonly text: string; readonly color: string };

/** Reads the template once; `rootUrl` is the address of Grafana in links. */
export function messageRenderer(rootUrl: string): (notification: Notification) => Message {
  const library = parseTemplate(MESSAGE_TEMPLATE);
  return (notification) => {
    const data = toData(notification, rootUrl);
    const render = (name: string) =>
      renderTemplate(callOf(name), data, { functions: MESSAGE_FUNCTIONS, library });
    return {
      title: render(TEMPLATES.title),
      text: render(TEMPLATES.text).trim(),
      color: render(TEMPLATES.color),
    };
  };
}

/** The text of a contact point that calls a template. */
function callOf(name: string): ParsedTemplate {
  return parseTemplate(`{{ template "${name}" . }}`);
}

/** What the template is given. */
export function toData({ firing, resolved }: Notification, rootUrl: string): unknown {
  const alerts = [...firing, ...resolved];
  return {
    Status: firing.length > 0 ? "firing" : "resolved",
    Alerts: {
      Firing: firing.map((alert) => toAlertData(alert, rootUrl)),
      Resolved: resolved.map((alert) => toAlertData(alert, rootUrl)),
    },
    CommonLabels: common(alerts.map(({ labels }) => labels)),
    CommonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    ExternalURL: rootUrl,
  };
}

function toAlertData(alert: Alert, rootUrl: string): unknown {
  return {
    Status: alert.state,
    Labels: alert.labels,
    Annotations: alert.annotations,
    StartsAt: new GoTime(alert.startsAtMs),
    EndsAt: new GoTime(alert.endsAtMs),
    SilenceURL: silenceUrl(alert.labels, rootUrl),
    Values: alert.values,
  };
}

/** As Grafana makes it: one matcher for each label. */
export function silenceUrl(labels: Labels, rootUrl: string): string {
  const matchers = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `matcher=${encodeURIComponent(`${name}=${value}`)}`);
  return `${rootUrl}/alerting/silence/new?alertmanager=grafana&${matchers.join("&")}`;
}

function common(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}
