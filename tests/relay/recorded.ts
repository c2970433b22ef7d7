/** Webhook bodies recorded from a real Grafana, and bodies of the same shape made up by a test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseNotification } from "../../alerts/relay/webhook-body.ts";
import type { GrafanaNotification } from "../../alerts/relay/webhook-body.ts";

const FOLDER = join(import.meta.dirname, "..", "fixtures", "grafana-webhook");

export function recordedBodies(fault: string): readonly unknown[] {
  const parsed: unknown = JSON.parse(readFileSync(join(FOLDER, `${fault}.json`), "utf8"));
  return Array.isArray(parsed) ? parsed : [];
}

export function recordedNotifications(fault: string): readonly GrafanaNotification[] {
  return recordedBodies(fault).map((body) => parseNotification(body));
}

export type MadeUpAlert = {
  readonly group?: string;
  readonly cluster?: string;
  readonly alertName?: string;
  readonly status?: "firing" | "resolved";
  readonly severity?: string;
  readonly component?: string;
  readonly startsAt?: string;
  readonly receiver?: string;
  readonly summary?: string;
};

/** One alert in one notification, as Grafana groups them. */
export function notificationBody(...alerts: readonly MadeUpAlert[]): {
  readonly receiver: string;
  readonly groupKey: string;
  readonly title: string;
  readonly message: string;
  readonly alerts: readonly object[];
} {
  const [first = {}] = alerts;
  return {
    receiver: first.receiver ?? "lagline-slack",
    groupKey: `{}:{cluster="${first.cluster ?? "orders"}", group="${first.group ?? ""}"}`,
    title: `${first.group ?? first.alertName ?? "alert"}: ${first.status ?? "firing"}`,
    message: `${first.group ?? first.alertName ?? "alert"} says Grafana`,
    alerts: alerts.map(alertBody),
  };
}

function alertBody(alert: MadeUpAlert): object {
  const {
    group,
    cluster = "orders",
    alertName = "KafkaConsumerGroupStopped",
    status = "firing",
    severity = "critical",
    component = "consumer",
    startsAt = "2026-11-21T12:00:00Z",
    summary = `${group ?? alertName} has a problem.`,
  } = alert;
  return {
    status,
    labels: {
      alertname: alertName,
      ...(cluster === "" ? {} : { cluster }),
      ...(group === undefined ? {} : { group }),
      component,
      severity,
      product: "lagline",
    },
    annotations: { summary, verdict: "stopped", late: "5m 0s, objective 1m 0s" },
    startsAt,
    endsAt: "0001-01-01T00:00:00Z",
    fingerprint: `${alertName}-${cluster}-${group ?? ""}`,
  };
}
