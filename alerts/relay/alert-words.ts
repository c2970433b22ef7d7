/** Pieces that messages about alerts share: who, what became of it, in which thread. */
import { clock, cut, duration, escapeMarkup, nameOf } from "./markup.ts";
import type { OpenAlert } from "./state.ts";

export const COLORS = {
  critical: "#D63232",
  warning: "#E07B00",
  over: "#36A64F",
  unsure: "#808080",
} as const;

/** One thread per group of a cluster, whatever number of rules it breaks. */
export function threadOf(labels: Readonly<Record<string, string>>): string {
  const { cluster = "", group = "", alertname = "" } = labels;
  return `${cluster}/${group === "" ? alertname : group}`;
}

export function overLine(alert: OpenAlert, nowMs: number): string {
  return `${nameOfAlert(alert)} is over, confirmed by the newest data, after ${duration(nowMs - alert.startsAtMs)} (${clock(alert.startsAtMs)} to ${clock(nowMs)} UTC).${alert.verdict === "" ? "" : ` It was: ${escapeMarkup(alert.verdict)}.`}`;
}

export function goneLine(alert: OpenAlert): string {
  return `${nameOfAlert(alert)}: no longer reported while its cluster is seen. Deleted or filtered out; not a recovery.`;
}

export function nameOfAlert(alert: OpenAlert): string {
  return alert.group === ""
    ? `${escapeMarkup(alert.alertName)}${alert.cluster === "" ? "" : ` of ${nameOf(alert.cluster)}`}`
    : `${nameOf(alert.group)} (${nameOf(alert.cluster)})`;
}

/** Titles are plain text: Slack shows them as they are, but reads the three characters of markup. */
export function whoOf(alert: Pick<OpenAlert, "cluster" | "group" | "alertName">): string {
  const who = alert.group === "" ? alert.alertName : alert.group;
  return escapeMarkup(alert.cluster === "" ? cut(who) : `${cut(who)} (${cut(alert.cluster)})`);
}
