/**
 * Messages for notifications of Grafana. Where its own text is true it is passed on word for word; where a part of it is a
 * false all-clear the relay writes the message anew from the alerts' annotations.
 */
import { COLORS, goneLine, nameOfAlert, overLine, threadOf, whoOf } from "./alert-words.ts";
import { TEXT_LENGTH, clock, cut, escapeMarkup, link, shortened } from "./markup.ts";
import type { Draft, OpenAlert } from "./state.ts";
import { subjectOf } from "./subject.ts";
import type { GrafanaAlert, GrafanaNotification } from "./webhook-body.ts";

/** Alerts listed one by one; the others are counted, because Slack folds long texts away. */
const LISTED = 5;
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
    // What lasts matters more than what is over.
    ...(told.firing.length > 0 ? subjectOf(told.firing.map(namesOf), null) : subjectOf(told.over, nowMs)),
  };
  const useOwn = !told.whole || told.gone.length > 0 || notification.title === "";
  return useOwn
    ? { ...frame, ...ownText(told, nowMs) }
    : {
        ...frame,
        title: cut(notification.title, TITLE_LENGTH),
        text: shortened(notification.message.trim(), TEXT_LENGTH),
      };
}

function namesOf({ labels, startsAt }: GrafanaAlert): Pick<OpenAlert, "cluster" | "group" | "startsAtMs"> {
  return {
    cluster: labels["cluster"] ?? "",
    group: labels["group"] ?? "",
    startsAtMs: Date.parse(startsAt),
  };
}

function colorOf({ firing, over, gone, silenced }: Told, severe: boolean): string {
  if (firing.length > 0) return severe ? COLORS.critical : COLORS.warning;
  return gone.length + silenced.length > 0 || over.length === 0 ? COLORS.unsure : COLORS.over;
}

function ownText({ firing, over, gone, silenced }: Told, nowMs: number): { title: string; text: string } {
  const lines = [
    ...limited(firing.map(firingLines)),
    ...limited(over.map((alert) => overLine(alert, nowMs))),
    ...limited(gone.map(goneLine)),
    ...limited(silenced.map((alert) => `${nameOfAlert(alert)}: silenced by somebody; not a recovery.`)),
  ];
  const [first] = firing;
  const [calm] = [...gone, ...over, ...silenced];
  const title =
    first === undefined
      ? calm === undefined
        ? "Alert"
        : `${gone.length > 0 ? "GONE" : over.length > 0 ? "OVER" : "SILENCED"}: ${whoOf(calm)}`
      : `${whoOf({ cluster: first.labels["cluster"] ?? "", group: first.labels["group"] ?? "", alertName: first.labels["alertname"] ?? "" })}: ${cut(first.annotations["verdict"] ?? "alert")}${first.labels["severity"] === undefined ? "" : ` [${first.labels["severity"]}]`}`;
  return { title: cut(title, TITLE_LENGTH), text: shortened(lines.join("\n\n"), TEXT_LENGTH) };
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

function limited(lines: readonly string[]): readonly string[] {
  return lines.length <= LISTED ? lines : [...lines.slice(0, LISTED), `… and ${lines.length - LISTED} more.`];
}
