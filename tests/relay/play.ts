/** The relay's judgement over time without a process: the clock is moved by hand, Slack takes everything at once. */
import { decide } from "../../alerts/relay/decide.ts";
import type { Evidence } from "../../alerts/relay/judge.ts";
import { conservation } from "../../alerts/relay/relay-metrics.ts";
import { questionOf } from "../../alerts/relay/desk.ts";
import { blindReason, judgeAllClear } from "../../alerts/relay/sight.ts";
import type { GroupEvidence, Reading } from "../../alerts/relay/sight.ts";
import { EMPTY_STATE } from "../../alerts/relay/state.ts";
import type { OutboxMessage, RelayState } from "../../alerts/relay/state.ts";
import { needsWatch, watch, watchedAlerts } from "../../alerts/relay/watch.ts";
import { parseNotification } from "../../alerts/relay/webhook-body.ts";
import type { GrafanaNotification } from "../../alerts/relay/webhook-body.ts";
import { notificationBody, recordedNotifications } from "./recorded.ts";
import type { MadeUpAlert } from "./recorded.ts";

const CLUSTERS = ["orders"];
const INTERVAL_SECONDS = 10;
export const MINUTE_MS = 60_000;
/** What is stored of the three groups of the recording while nothing has healed. */
export const BAD: Omit<GroupEvidence, "tickMs"> = {
  verdict: "stopped",
  objective_ratio: 2,
  partitions_stalled: 1,
};
export const WELL: Omit<GroupEvidence, "tickMs"> = { verdict: "ok", objective_ratio: 0.1 };

/** What Elasticsearch answers about a group at a time; `tickMs` is the newest tick that is stored. */
export type Store = (group: string, nowMs: number) => Reading;
export const fresh =
  (evidence: Omit<GroupEvidence, "tickMs">): Store =>
  (_group, nowMs) => ({
    kind: "read",
    clusterTickMs: nowMs,
    group: { ...evidence, tickMs: nowMs },
  });
export const unreadable: Store = () => ({
  kind: "unreadable",
  reason: "Elasticsearch cannot be read (ECONNREFUSED).",
});
export const stoppedAt =
  (tickMs: number, evidence = BAD): Store =>
  () => ({ kind: "read", clusterTickMs: tickMs, group: { ...evidence, tickMs } });

export class Play {
  state: RelayState = EMPTY_STATE;
  received = 0;
  readonly sent: OutboxMessage[] = [];
  readonly times: number[] = [];
  nowMs: number;
  store: Store;
  #id = 0;

  constructor(nowMs: number, store: Store) {
    this.nowMs = nowMs;
    this.store = store;
  }

  /** What was received and what became of it; equal when all adds up. */
  get account(): readonly [number, number] {
    const { sent, merged, queued, deadLettered } = conservation(this.state, 0);
    return [this.received, sent + merged + queued + deadLettered];
  }

  get titles(): readonly string[] {
    return this.sent.map(({ title }) => title);
  }

  get texts(): string {
    return this.sent.map(({ title, text }) => `${title}\n${text}`).join("\n\n");
  }

  /** Time passes; the relay looks every 5 seconds, as the process does. */
  until(nowMs: number): this {
    for (; this.nowMs < nowMs; this.nowMs += 5000) this.#look();
    return this;
  }

  pass(ms: number): this {
    return this.until(this.nowMs + ms);
  }

  receive(notification: GrafanaNotification): this {
    this.received += 1;
    const { clusters, alerts } = questionOf(notification, CLUSTERS);
    this.state = decide(this.state, notification, {
      evidence: this.#evidence(clusters, alerts),
      options: {
        id: this.#newId(),
        nowMs: this.nowMs,
        clusters: CLUSTERS,
        channel: "",
        reminderMs: 30 * MINUTE_MS,
        forgetMs: 8 * 60 * MINUTE_MS,
      },
    });
    return this.#send();
  }

  alert(...alerts: readonly MadeUpAlert[]): this {
    return this.receive(parseNotification(notificationBody(...alerts)));
  }

  #look(): void {
    if (!needsWatch(this.state)) return;
    this.state = watch(this.state, this.#evidence(CLUSTERS, watchedAlerts(this.state)), {
      nowMs: this.nowMs,
      graceMs: MINUTE_MS,
      patienceMs: 20 * MINUTE_MS,
      settleMs: 10 * MINUTE_MS,
      gatherMs: MINUTE_MS,
      burstMs: 10 * MINUTE_MS,
      newId: () => this.#newId(),
    });
    this.#send();
  }

  #evidence(clusters: readonly string[], alerts: ReturnType<typeof questionOf>["alerts"]): Evidence {
    const about = { nowMs: this.nowMs, intervalSeconds: INTERVAL_SECONDS };
    return {
      blind: new Map(clusters.map((name) => [name, blindReason(this.store("", this.nowMs), about)])),
      sights: new Map(
        alerts.map(({ fingerprint, alertName, group }) => [
          fingerprint,
          judgeAllClear(this.store(group, this.nowMs), { ...about, alertName }),
        ]),
      ),
    };
  }

  /** A Slack that takes everything at once. */
  #send(): this {
    for (const message of this.state.outbox) {
      this.sent.push(message);
      this.times.push(this.nowMs);
    }
    const { totals } = this.state;
    const sent = totals.sent + this.state.outbox.filter(({ kind }) => kind === "notification").length;
    this.state = { ...this.state, outbox: [], totals: { ...totals, sent } };
    return this;
  }

  #newId(): string {
    this.#id += 1;
    return `id-${this.#id}`;
  }
}

export const isAllClear = ({ title, closes, thread }: OutboxMessage): boolean =>
  !thread.startsWith("/") && (closes || title.startsWith("OVER"));

/** Firing first, then what the fault made of it; the times are those of the recording. */
export function replay(fault: string, store: (nowMs: number) => Store): Play {
  const notifications = recordedNotifications(fault);
  const first = Date.parse(notifications[0]?.alerts[0]?.startsAt ?? "");
  const play = new Play(first, fresh(BAD));
  for (const notification of notifications) {
    const times = notification.alerts.map(({ status, startsAt, endsAt }) =>
      Date.parse(status === "resolved" ? (endsAt ?? startsAt) : startsAt),
    );
    play.until(Math.max(play.nowMs, ...times));
    play.store = store(play.nowMs);
    play.receive(notification);
  }
  return play;
}
