/** Plays the rules and routes of a configuration over documents, evaluation by evaluation. */
import { AlertsPlayer } from "../../alerts/evaluation/play-alerts.ts";
import type { Alert } from "../../alerts/evaluation/play-alerts.ts";
import { NotificationPlayer } from "../../alerts/evaluation/play-notifications.ts";
import type { Notification } from "../../alerts/evaluation/play-notifications.ts";
import { labelKey } from "../../alerts/evaluation/series.ts";
import type { RuleSource } from "../../alerts/evaluation/source.ts";
import { buildRules } from "../../alerts/rules.ts";
import { contactPointsFile, policiesFile } from "../../alerts/routing.ts";
import type { AlertingConfig } from "../../alerts/types.ts";

/** One alert from its begin to its end. */
export type Firing = {
  readonly rule: string;
  readonly labels: Alert["labels"];
  readonly firesAtMs: number;
  /** Null while it lasts. */
  readonly endsAtMs: number | null;
  readonly last: Alert;
};

export type PlayedTest = {
  readonly firings: readonly Firing[];
  readonly notifications: readonly Notification[];
};

export type PlaySpan = {
  readonly firstMs: number;
  readonly lastMs: number;
  /** For rules as they are. @default those of the configuration */
  readonly rules?: readonly unknown[];
};

/** A document is visible some seconds after its tick (measured), so evaluations come a little later. */
export const VISIBLE_AFTER_MS = 5000;
/** Messages wait for half a minute before they are sent. */
const LAST_MESSAGES_MS = 120_000;
/** Where the configuration has no Slack, routes are played all the same. */
const NO_SLACK = { webhookFile: "/run/secrets/none", mentionOnCritical: "none" } as const;

export async function playTest(
  config: AlertingConfig,
  source: RuleSource,
  span: PlaySpan,
): Promise<PlayedTest> {
  const alerts = new AlertsPlayer(span.rules ?? watchedRules(config), source);
  const routes = new NotificationPlayer([policiesFile(config), contactPointsFile(config.slack ?? NO_SLACK)]);
  const open = new Map<string, Firing>();
  const over: Firing[] = [];
  const notifications: Notification[] = [];
  const stepMs = config.evaluationSeconds * 1000;
  let nowMs = Math.ceil(span.firstMs / stepMs) * stepMs + VISIBLE_AFTER_MS;
  for (; nowMs <= span.lastMs + VISIBLE_AFTER_MS; nowMs += stepMs) {
    const found = await alerts.at(nowMs);
    notifications.push(...routes.at(nowMs, found));
    for (const alert of found) {
      if (alert.state !== "pending") note(alert, nowMs, { open, over });
    }
  }
  notifications.push(...routes.until(nowMs + LAST_MESSAGES_MS));
  return {
    firings: [...over, ...open.values()].toSorted((a, b) => a.firesAtMs - b.firesAtMs),
    notifications,
  };
}

/** Without the rule that always fires. */
function watchedRules(config: AlertingConfig): readonly unknown[] {
  return buildRules(config).filter(
    ({ labels }) => !JSON.stringify(labels).includes('"component":"watchdog"'),
  );
}

type Kept = { readonly open: Map<string, Firing>; readonly over: Firing[] };

function note(alert: Alert, nowMs: number, { open, over }: Kept): void {
  const key = labelKey(alert.labels);
  const known = open.get(key);
  const firing = known ?? {
    rule: alert.rule,
    labels: alert.labels,
    firesAtMs: nowMs,
    endsAtMs: null,
    last: alert,
  };
  if (alert.state === "firing") open.set(key, { ...firing, last: alert });
  else {
    open.delete(key);
    if (known !== undefined) over.push({ ...known, endsAtMs: nowMs, last: alert });
  }
}
