/** Every rule of a configuration as plain data, for people and for machines. */
import { CONSUMER_RULES } from "./consumer-rules.ts";
import { DELIVERY_RULES } from "./delivery-rules.ts";
import { STALE, SUSPECT, staleUid } from "./rules.ts";
import type { AlertRule, Severity } from "./types.ts";
import { runbookPath } from "../dashboards/runbooks-dashboard.ts";

/** Names are part of the output of `lagline alerts list --json`. */
export type CatalogueEntry = {
  readonly uid: string;
  readonly title: string;
  readonly severity: Severity;
  readonly when: string;
  readonly pending_seconds: number;
  readonly reason: string;
  /** Name of the runbook, and its page below the address of Grafana. */
  readonly runbook: string;
  readonly runbook_path: string;
};

/** In the order of the rules file: consumers, the heartbeat of each cluster, delivery, the note about doubts. */
export function alertCatalogue(clusters: readonly string[]): readonly CatalogueEntry[] {
  return [
    ...CONSUMER_RULES.map((rule) => entry(rule, rule.uid, rule.name)),
    ...clusters.map((cluster) => entry(STALE, staleUid(cluster), `${STALE.name} ${cluster}`)),
    ...DELIVERY_RULES.map((rule) => entry(rule, rule.uid, rule.name)),
    entry(SUSPECT, SUSPECT.uid, SUSPECT.name),
  ];
}

function entry(rule: AlertRule, uid: string, title: string): CatalogueEntry {
  return {
    uid,
    title,
    severity: rule.severity,
    when: rule.when,
    pending_seconds: rule.pendingSeconds,
    reason: rule.reason,
    runbook: rule.runbook,
    runbook_path: runbookPath(rule.runbook),
  };
}
