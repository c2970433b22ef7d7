/**
 * Messages about alerts. Where Grafana's own text is true it is passed on word for word; where a part of it is a false
 * all-clear the relay writes the message anew from the alerts' annotations.
 */
import { VERDICTS } from "../../model/verdicts.ts";
import type { Verdict } from "../../model/verdicts.ts";
import { clock, cut, duration, escapeMarkup, link, nameOf } from "./markup.ts";
import type { Draft, OpenAlert } from "./state.ts";
import type { GrafanaAlert, GrafanaNotification } from "./webhook-body.ts";

export const COLORS = {
  critical: "#D63232",
  warning: "#E07B00",
  over: "#36A64F",
  unsure: "#808080",
} as const;

/** Alerts listed one by one; the others are counted, because Slack folds long texts away. */
const LISTED = 5;
/** Below 3,000, at which Slack folds; Grafana's own text may be longer and is cut. */
const TEXT_LENGTH = 2900;
const TITLE_LENGTH = 150;

/** What a notification tells, after the relay has judged it. */
export type Told = {
  readonly firing: readonly GrafanaAlert[];
  readonly over: readonly OpenAlert[];
  readonly gone: readonly OpenAlert[];
  /** Given up because somebody muted them; no recovery. */
  readonly silenced: readonly OpenAlert[];
  /** False when something in the notification is not to be told: then Grafana's text cannot be used. */
  readonly whole: boolean;
};

export function notificationDraft(
  notification: GrafanaNotification,
  told: Told,
  about: { readonly channel: string; readonly nowMs: number },
): Draft {
  const { channel, nowMs } = about;
  const severe = told.firing.some(({ labels }) => labels["severity"] === "critical");
  const frame = {
    channel,
    thread: threadOf(notification.alerts[0]?.labels ?? {}),
    color: colorOf(told, severe),
    mention: severe,
    closes: told.firing.length === 0,
  };
  const useOwn = !told.whole || told.gone.length > 0 || notification.title === "";
  return useOwn
    ? { ...frame, ...ownText(told, nowMs) }
    : {
        ...frame,
        title: cut(notification.title, TITLE_LENGTH),
        text: shortened(notification.message.trim()),
      };
}

function colorOf({ firing, over, gone, silenced }: Told, severe: boolean): string {
  if (firing.length > 0) return severe ? COLORS.critical : COLORS.warning;
  return gone.length + silenced.length > 0 || over.length === 0 ? COLORS.unsure : COLORS.over;
}

/** One thread per group of a cluster, whatever number of rules it breaks. */
export function threadOf(labels: Readonly<Record<string, string>>): string {
  const { cluster = "", group = "", alertname = "" } = labels;
  return `${cluster}/${group === "" ? alertname : group}`;
}

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

function ownText({ firing, over, gone, silenced }: Told, nowMs: number): { title: string; text: string } {
  const lines = [
    ...limited(firing.map(firingLines)),
    ...limited(over.map((alert) => overLine(alert, nowMs))),
    ...limited(gone.map(goneLine)),
    ...limited(silenced.map((alert) => `${subjectOf(alert)}: silenced by somebody; not a recovery.`)),
  ];
  const [first] = firing;
  const [calm] = [...gone, ...over, ...silenced];
  const title =
    first === undefined
      ? calm === undefined
        ? "Alert"
        : `${gone.length > 0 ? "GONE" : over.length > 0 ? "OVER" : "SILENCED"}: ${whoOf(calm)}`
      : `${whoOf({ cluster: first.labels["cluster"] ?? "", group: first.labels["group"] ?? "", alertName: first.labels["alertname"] ?? "" })}: ${cut(first.annotations["verdict"] ?? "alert")}${first.labels["severity"] === undefined ? "" : ` [${first.labels["severity"]}]`}`;
  return { title: cut(title, TITLE_LENGTH), text: shortened(lines.join("\n\n")) };
}

function firingLines({ labels, annotations, startsAt, silenceURL }: GrafanaAlert): string {
  const line = (words: string, key: string): readonly string[] =>
    annotations[key] === undefined || annotations[key] === ""
      ? []
      : [`${words}${escapeMarkup(annotations[key])}`];
  const startsAtMs = Date.parse(startsAt);
  const links = [
    link(
      `${annotations["dashboard_url"] ?? ""}&from=${startsAtMs - 3_600_000}&to=now`.replace(/^&.*/, ""),
      "Dashboard",
    ),
    link(annotations["runbook_url"] ?? "", "Runbook"),
    link(silenceURL ?? "", "Silence"),
  ].filter((part) => part !== null);
  return [
    escapeMarkup(annotations["summary"] ?? labels["alertname"] ?? "Alert"),
    ...line("Late: ", "late"),
    ...line("Behind: ", "behind"),
    ...line("Rates: ", "rates"),
    `Since: ${clock(startsAtMs)} UTC`,
    ...line("", "description"),
    ...(links.length === 0 ? [] : [links.join(" · ")]),
  ].join("\n");
}

function overLine(alert: OpenAlert, nowMs: number): string {
  return `${subjectOf(alert)} is over, confirmed by the newest data, after ${duration(nowMs - alert.startsAtMs)} (${clock(alert.startsAtMs)} to ${clock(nowMs)} UTC).${alert.verdict === "" ? "" : ` It was: ${escapeMarkup(alert.verdict)}.`}`;
}

function goneLine(alert: OpenAlert): string {
  return `${subjectOf(alert)}: no longer reported while its cluster is seen. Deleted or filtered out; not a recovery.`;
}

function subjectOf(alert: OpenAlert): string {
  return alert.group === ""
    ? `${escapeMarkup(alert.alertName)}${alert.cluster === "" ? "" : ` of ${nameOf(alert.cluster)}`}`
    : `${nameOf(alert.group)} (${nameOf(alert.cluster)})`;
}

/** Titles are plain text: Slack shows them as they are, but reads the three characters of markup. */
function whoOf(alert: Pick<OpenAlert, "cluster" | "group" | "alertName">): string {
  const who = alert.group === "" ? alert.alertName : alert.group;
  return escapeMarkup(alert.cluster === "" ? cut(who) : `${cut(who)} (${cut(alert.cluster)})`);
}

function limited(lines: readonly string[]): readonly string[] {
  return lines.length <= LISTED ? lines : [...lines.slice(0, LISTED), `… and ${lines.length - LISTED} more.`];
}

function shortened(text: string): string {
  if (text.length <= TEXT_LENGTH) return text;
  const cutAt = text.lastIndexOf("\n", TEXT_LENGTH);
  return `${text.slice(0, cutAt > 0 ? cutAt : TEXT_LENGTH)}\n…`;
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
