/**
 * The messages about many groups that only the relay can write: the monitoring is blind, what became of each group when
 * sight returned, and that Grafana ended alerts that last. Slack markup; short lines, for a phone.
 */
import { clock, cut, duration, escapeMarkup, nameOf } from "./markup.ts";

export type KnownAlert = {
  readonly cluster: string;
  readonly group: string;
  /** What was wrong when it was last seen, in words, such as `stopped`. */
  readonly state: string;
  /** As the alert's annotation said it, such as `15m 59s, objective 2m 0s`. */
  readonly late?: string;
  readonly sinceMs: number;
};

export type GroupOutcome = { readonly cluster: string; readonly group: string } & (
  | { readonly kind: "still_true" | "recovered"; readonly state: string }
  | { readonly kind: "gone" | "unclear" }
);

export type MonitoringMessage = { readonly title: string; readonly text: string };

/** Groups named one by one; the others are counted, because Slack folds long texts away. */
const LISTED = 20;
/** Below the 3,000 characters of a section, with room for the lines around the list. */
const LIST_LENGTH = 2500;

export function blindMessage(about: {
  readonly clusters: readonly string[];
  readonly reason: string;
  readonly sinceMs: number;
  readonly alerts: readonly KnownAlert[];
}): MonitoringMessage {
  const lines = about.alerts.map(
    ({ cluster, group, state, late, sinceMs }) =>
      `• ${nameOf(group)} (${nameOf(cluster)}): ${escapeMarkup(state)}${late === undefined ? "" : `, late ${escapeMarkup(late)}`}, since ${clock(sinceMs)}`,
  );
  return {
    title: `Lag monitoring is blind: ${about.clusters.map((name) => cut(name)).join(", ")}`,
    text: [
      `${escapeMarkup(about.reason)} Since ${clock(about.sinceMs)} UTC nobody watches lag here; an alert that Grafana now calls resolved is not over.`,
      lines.length === 0 ? "No alert was open." : "Last known state:",
      ...listed(lines),
    ].join("\n"),
  };
}

export function sightMessage(about: {
  readonly clusters: readonly string[];
  readonly blindMs: number;
  readonly outcomes: readonly GroupOutcome[];
}): MonitoringMessage {
  const lines = about.outcomes.map(outcomeLine);
  return {
    title: `Lag monitoring sees again: ${about.clusters.map((name) => cut(name)).join(", ")}`,
    text: [
      `Blind for ${duration(about.blindMs)}.${lines.length === 0 ? " No alert was open." : ""}`,
      ...listed(lines),
    ].join("\n"),
  };
}

export function reloadMessage(about: {
  /** Alerts, of which a group may have several. */
  readonly ended: number;
  readonly open: readonly GroupOutcome[];
}): MonitoringMessage {
  const { ended, open } = about;
  const what = ended === 1 ? "an alert" : `${ended} alerts`;
  return {
    title: `Grafana ended ${what} that the data still shows`,
    text: [
      "Its rules were probably loaded anew (deployment, provisioning), which ends every alert. Nothing has recovered, and nothing is to be done: Grafana fires again what lasts, without another message here.",
      "Still open:",
      ...listed(open.map(outcomeLine)),
    ].join("\n"),
  };
}

function outcomeLine(outcome: GroupOutcome): string {
  return `• ${nameOf(outcome.group)} (${nameOf(outcome.cluster)}): ${wordsOf(outcome)}`;
}

function wordsOf(outcome: GroupOutcome): string {
  switch (outcome.kind) {
    case "still_true":
      return `still ${escapeMarkup(outcome.state)}`;
    case "recovered":
      return `recovered meanwhile, now ${escapeMarkup(outcome.state)}`;
    case "gone":
      return "no longer reported: deleted or filtered out, not a recovery";
    case "unclear":
      return "reported again, nothing can be said yet";
  }
}

function listed(lines: readonly string[]): readonly string[] {
  let length = 0;
  const shown = lines.slice(0, LISTED).filter((line) => (length += line.length + 1) <= LIST_LENGTH);
  const more = lines.length - shown.length;
  return more === 0 ? shown : [...shown, `… and ${more} more.`];
}
