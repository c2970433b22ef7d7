/**
 * The two messages that only the relay can write: the monitoring is blind, and what became of each group when sight
 * returned. Slack markup; short lines, for a phone.
 */

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
  | { readonly kind: "gone" }
);

export type MonitoringMessage = { readonly title: string; readonly text: string };

/** Groups named one by one; the others are counted, because Slack folds long texts away. */
const LISTED = 20;
/** Below the 3,000 characters of a section, with room for the lines around the list. */
const LIST_LENGTH = 2500;
/** Kafka allows group names of any length. */
const NAME_LENGTH = 80;

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
    title: `Lag monitoring is blind: ${about.clusters.map(cut).join(", ")}`,
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
  const lines = about.outcomes.map(
    (outcome) => `• ${nameOf(outcome.group)} (${nameOf(outcome.cluster)}): ${wordsOf(outcome)}`,
  );
  const minutes = Math.floor(about.blindMs / 60_000);
  const seconds = Math.floor((about.blindMs % 60_000) / 1000);
  return {
    title: `Lag monitoring sees again: ${about.clusters.map(cut).join(", ")}`,
    text: [
      `Blind for ${minutes}m ${seconds}s.${lines.length === 0 ? " No alert was open." : ""}`,
      ...listed(lines),
    ].join("\n"),
  };
}

/** Slack reads these three characters as markup; without them no name can mention or link. */
export function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function wordsOf(outcome: GroupOutcome): string {
  switch (outcome.kind) {
    case "still_true":
      return `still ${escapeMarkup(outcome.state)}`;
    case "recovered":
      return `recovered meanwhile, now ${escapeMarkup(outcome.state)}`;
    case "gone":
      return "no longer reported: deleted or filtered out, not a recovery";
  }
}

/** In code style, in which `*` and `_` are letters; a backtick would end it, a line break would start a line of its own. */
function nameOf(name: string): string {
  return `\`${escapeMarkup(cut(name).replaceAll("`", "'"))}\``;
}

function cut(name: string): string {
  const letters = Array.from(name.replaceAll(/\s+/g, " "));
  return letters.length <= NAME_LENGTH ? letters.join("") : `${letters.slice(0, NAME_LENGTH - 1).join("")}…`;
}

function listed(lines: readonly string[]): readonly string[] {
  let length = 0;
  const shown = lines.slice(0, LISTED).filter((line) => (length += line.length + 1) <= LIST_LENGTH);
  const more = lines.length - shown.length;
  return more === 0 ? shown : [...shown, `… and ${more} more.`];
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
