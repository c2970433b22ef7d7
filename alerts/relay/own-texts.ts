/** Messages that the relay writes by itself, because Grafana says nothing, or something that the data does not show. */
import { VERDICTS } from "../../model/verdicts.ts";
import type { Verdict } from "../../model/verdicts.ts";
import { COLORS, goneLine, overLine, threadOf, whoOf } from "./alert-words.ts";
import { duration, escapeMarkup, nameOf } from "./markup.ts";
import type { Draft, OpenAlert } from "./state.ts";
import { subjectOf } from "./subject.ts";

function placeOf({ channel, cluster, group, alertName }: OpenAlert): Pick<Draft, "channel" | "thread"> {
  return { channel, thread: threadOf({ cluster, group, alertname: alertName }) };
}

/** An all-clear that the relay found by itself, some time after Grafana claimed it. */
export function overDraft(alert: OpenAlert, verdict: Verdict | null, nowMs: number): Draft {
  return {
    ...placeOf(alert),
    color: COLORS.over,
    mention: false,
    closes: true,
    title: `OVER: ${whoOf(alert)}: ${verdict === null ? "alert is over" : `now ${VERDICTS[verdict].label}`}`,
    text: overLine(alert, nowMs),
    ...subjectOf([alert], nowMs),
  };
}

export function goneDraft(alert: OpenAlert): Draft {
  return {
    ...placeOf(alert),
    color: COLORS.unsure,
    mention: false,
    closes: true,
    title: `GONE: ${whoOf(alert)}: no longer reported`,
    text: goneLine(alert),
  };
}

/** Grafana gave the alert up, and the data still shows it: a rule was removed or muted, or does not fire again. */
export function naggingDraft(alert: OpenAlert, heldMs: number): Draft {
  return {
    ...placeOf(alert),
    color: COLORS.warning,
    mention: false,
    closes: false,
    title: `NOT OVER: ${whoOf(alert)}: Grafana gave the alert up`,
    text: `Grafana calls ${escapeMarkup(alert.alertName)} resolved since ${duration(heldMs)} and does not fire it again, but the newest data of ${nameOf(alert.group)} still shows the problem. Was the rule changed, muted or removed?`,
    ...subjectOf([alert], null),
  };
}

export function blindDraft(message: { readonly title: string; readonly text: string }): Draft {
  return {
    ...message,
    channel: "",
    thread: "/monitoring",
    color: COLORS.critical,
    mention: true,
    closes: false,
  };
}

/** The relay sees, Grafana does not say that it does. */
export function grafanaBlindDraft(alertNames: readonly string[]): Draft {
  const names = [...new Set(alertNames)].map(escapeMarkup).join(", ");
  return blindDraft({
    title: "Grafana cannot evaluate lag rules",
    text: `Elasticsearch answers the relay and its data is fresh, but Grafana has not taken back: ${names}. Alerts about lag may not come.\nFirst: does the data source in Grafana work (address, password)?`,
  });
}

export function sightDraft(message: { readonly title: string; readonly text: string }): Draft {
  return { ...message, channel: "", thread: "/monitoring", color: COLORS.over, mention: false, closes: true };
}

/** Wakes nobody: nothing has changed. */
export function reloadDraft(message: { readonly title: string; readonly text: string }): Draft {
  return { ...message, channel: "", thread: "/reload", color: COLORS.unsure, mention: false, closes: true };
}

/** Stands in for a message that Slack refused: nothing in it but the title, so that it can hardly be refused again. */
export function refusedDraft(message: Pick<Draft, "channel" | "thread" | "title">, reason: string): Draft {
  return {
    channel: message.channel,
    thread: message.thread,
    color: COLORS.unsure,
    mention: true,
    closes: false,
    title: "An alert could not be shown in Slack",
    text: `${nameOf(message.title)}: Slack refused the message (${nameOf(reason)}). It is kept with the relay's dead letters; look at the alert in Grafana.`,
  };
}

export function notUnderstoodDraft(): Draft {
  return {
    channel: "",
    thread: "/relay",
    color: COLORS.unsure,
    mention: true,
    closes: false,
    title: "A notification of Grafana could not be understood",
    text: "The relay keeps it with its dead letters. Look at the alerts in Grafana; after an upgrade of Grafana the webhook's body may have changed.",
  };
}
