/** `lagline_notifications_*`: totals that add up, over restarts too, because they are part of the state on disk. */
import {
  type MetricsText,
  type ReadMetric,
  type Reading,
  createReadMetrics,
} from "../../collectors/read-metrics.ts";
import { COUNTED } from "./relay-events.ts";
import type { Counts } from "./relay-events.ts";
import type { RelayState } from "./state.ts";

export type Conservation = {
  /** Notifications of Grafana that were accepted. */
  readonly received: number;
  readonly sent: number;
  /** In the inbox and the outbox. */
  readonly queued: number;
  readonly merged: number;
  readonly deadLettered: number;
  readonly dropped: number;
};

/**
 * `received = sent + queued + merged + deadLettered + dropped`. `inbox`: notifications in the inbox that are not dealt
 * with yet. After a kill the inbox may hold some for a moment that are, and `received` is too high by as many.
 */
export function conservation(state: RelayState, inbox: number): Conservation {
  const { processed, dropped, sent, deadLettered, merged } = state.totals;
  return {
    received: processed + dropped + inbox,
    sent,
    queued: inbox + state.outbox.filter(({ kind }) => kind === "notification").length,
    merged: Object.values(merged).reduce((sum, count) => sum + count, 0),
    deadLettered,
    dropped,
  };
}

export type RelayMetricsOptions = {
  readonly version: string;
  readonly state: () => RelayState;
  readonly inbox: () => number;
  readonly oldestMs: () => number | null;
  readonly counts: Counts;
  readonly blind: () => boolean;
  readonly slackFails: () => boolean;
  /** Null before the first one of this process. */
  readonly heartbeatMs: () => number | null;
  /** Of the dead letters that are kept. */
  readonly letterBytes: () => number;
  readonly now: () => number;
};

export async function createRelayMetrics(options: RelayMetricsOptions): Promise<MetricsText> {
  return createReadMetrics(relayMetrics(options));
}

function relayMetrics(options: RelayMetricsOptions): readonly ReadMetric[] {
  return [...notificationMetrics(options), ...processMetrics(options)];
}

function notificationMetrics({ state, inbox }: RelayMetricsOptions): readonly ReadMetric[] {
  const numbers = (): Conservation => conservation(state(), inbox());
  return [
    counter(
      "lagline_notifications_received_total",
      "Notifications of Grafana on disk: sent + queued + merged + dead-lettered + dropped.",
      () => numbers().received,
    ),
    counter(
      "lagline_notifications_sent_total",
      "Notifications whose message Slack took.",
      () => numbers().sent,
    ),
    gauge("lagline_notifications_queued", "Notifications that wait, judged or not.", () => numbers().queued),
    {
      type: "counter",
      name: "lagline_notifications_merged_total",
      help: "Notifications without a message of their own: said before, or covered by a message about blindness.",
      labels: ["reason"],
      read: () => readingsBy("reason", Object.entries(state().totals.merged)),
    },
    counter(
      "lagline_notifications_dead_lettered_total",
      "Notifications that Slack will not take, or that are too old.",
      () => numbers().deadLettered,
    ),
    counter(
      "lagline_notifications_dropped_total",
      "Notifications that the bounds of the queue pushed out.",
      () => numbers().dropped,
    ),
    counter(
      "lagline_notifications_uncertain_total",
      "Attempts whose end is not known; their messages were sent again.",
      () => state().totals.uncertain,
    ),
  ];
}

function processMetrics(options: RelayMetricsOptions): readonly ReadMetric[] {
  const { state, now } = options;
  return [
    {
      ...gauge("lagline_build_info", "Always 1; the label is the build.", () => 1),
      labels: ["version"],
      read: () => readingsBy("version", [[options.version, 1]]),
    },
    counter(
      "lagline_relay_messages_queued_total",
      "Messages of the relay's own.",
      () => state().totals.ownQueued,
    ),
    counter(
      "lagline_relay_messages_sent_total",
      "Messages of the relay's own that Slack took.",
      () => state().totals.ownSent,
    ),
    counter(
      "lagline_relay_messages_dead_lettered_total",
      "Messages of the relay's own that Slack will not take.",
      () => state().totals.ownDeadLettered,
    ),
    gauge(
      "lagline_relay_dead_letter_bytes",
      "Size of the dead letters that are kept until somebody sends them again or drops them.",
      options.letterBytes,
    ),
    gauge(
      "lagline_relay_open_alerts",
      "Alerts that people were told about and that are not over.",
      () => Object.keys(state().alerts).length,
    ),
    gauge("lagline_relay_oldest_message_seconds", "Age of the oldest message that waits.", () => {
      const oldestMs = options.oldestMs();
      return oldestMs === null ? 0 : Math.max(0, now() - oldestMs) / 1000;
    }),
    gauge("lagline_relay_blind", "1 while a cluster cannot be seen.", () => (options.blind() ? 1 : 0)),
    gauge("lagline_relay_slack_up", "0 while Slack does not take messages.", () =>
      options.slackFails() ? 0 : 1,
    ),
    gauge(
      "lagline_relay_heartbeat_timestamp_seconds",
      "When Grafana's watchdog rule was last heard; 0: not since the start of the process.",
      () => (options.heartbeatMs() ?? 0) / 1000,
    ),
    {
      type: "counter",
      name: "lagline_relay_events_total",
      help: "What else happened since the start of the process.",
      labels: ["kind"],
      read: () =>
        readingsBy(
          "kind",
          COUNTED.map((kind) => [kind, options.counts[kind]]),
        ),
    },
  ];
}

function readingsBy(
  label: string,
  counts: readonly (readonly [value: string, count: number])[],
): readonly Reading[] {
  return counts.map(([of, value]) => ({ labels: { [label]: of }, value }));
}

function counter(name: ReadMetric["name"], help: string, read: () => number): ReadMetric {
  return { type: "counter", name, help, read: () => [{ value: read() }] };
}

function gauge(name: ReadMetric["name"], help: string, read: () => number): ReadMetric {
  return { type: "gauge", name, help, read: () => [{ value: read() }] };
}
