/** What kind of alert it is, by its labels: the relay treats lag, blindness and its own heartbeats differently. */
import { WATCHDOG_ALERT } from "../names.ts";
import type { GrafanaAlert } from "./webhook-body.ts";

export type AlertKind =
  /** About one consumer group: the newest stored document decides whether it is over. */
  | "group"
  /** Grafana says that the monitoring is blind. */
  | "blindness"
  /** Anything else, such as a collector whose spool fills up. */
  | "other";

export function kindOf({ labels }: Pick<GrafanaAlert, "labels">): AlertKind {
  const { alertname = "", component = "", severity = "" } = labels;
  if (alertname === "DatasourceError" || alertname === "DatasourceNoData") return "blindness";
  if (labels["group"] !== undefined && labels["group"] !== "") return "group";
  // A note about a passing doubt is no claim that nobody sees.
  return component === "pipeline" && severity !== "info" ? "blindness" : "other";
}

/** Clusters that an alert is about: its own, or all where it names none. */
export function clustersOf(
  { labels }: Pick<GrafanaAlert, "labels">,
  clusters: readonly string[],
): readonly string[] {
  const cluster = labels["cluster"] ?? "";
  return cluster === "" ? clusters : [cluster];
}

/** True when Grafana's always-firing rule is in it, and nothing else. */
export function isHeartbeat(alerts: readonly GrafanaAlert[]): boolean {
  return alerts.every(({ labels }) => labels["alertname"] === WATCHDOG_ALERT);
}
