/**
 * Signs of life. Grafana's always-firing rule arrives as a heartbeat: it is passed on to a dead-man's switch, and its
 * silence is told. The canary group's alert proves the chain from Kafka on: its silence is told too.
 */
import { withDeadline } from "../../model/deadline.ts";
import { isHeartbeat } from "./classify.ts";
import { withMerged } from "./decide.ts";
import { clock, duration } from "./markup.ts";
import type { RelayEvents } from "./relay-events.ts";
import type { StateKeeper } from "./state-file.ts";
import { withOwnMessage } from "./outbox.ts";
import type { RelayState } from "./state.ts";
import { blindDraft, sightDraft } from "./own-texts.ts";
import type { GrafanaNotification } from "./webhook-body.ts";

export type HeartbeatOptions = {
  readonly keeper: StateKeeper;
  readonly events: RelayEvents;
  readonly now: () => number;
  readonly newId: () => string;
  /** Without a heartbeat for this long Grafana's alerting counts as dead; null: no watchdog rule is deployed. */
  readonly silenceMs: number | null;
  /** Address of the dead-man's switch, read anew for each heartbeat; null where there is none. */
  readonly heartbeatUrl: () => Promise<string | null>;
  readonly canary: CanaryOptions | null;
};

export type CanaryOptions = {
  readonly cluster: string;
  readonly group: string;
  /** Its alert must come at least this often. */
  readonly silenceMs: number;
  /** How often a line says in Slack that the chain works; null: never. */
  readonly reportMs: number | null;
};

/** A dead-man's switch needs no more. */
const PASS_ON_MS = 20_000;
const DEADLINE_MS = 10_000;

export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #startedMs: number;
  #heardAtMs: number | null = null;
  #passedOnAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#startedMs = options.now();
  }

  get heardAtMs(): number | null {
    return this.#heardAtMs;
  }

  /** True when it was a heartbeat and needs no further treatment. */
  take({ alerts }: GrafanaNotification): boolean {
    if (!isHeartbeat(alerts)) return false;
    // A reload of the rules sends it as resolved; it fires again at once.
    if (alerts.some(({ status }) => status === "firing")) {
      const { events, now } = this.#options;
      this.#heardAtMs = now();
      events.heartbeat();
      void this.#passOn();
    }
    return true;
  }

  /** Tells about silence, once, and about its end. */
  async turn(nowMs: number): Promise<void> {
    const { keeper } = this.#options;
    const next = this.#canarySilence(this.#watchdogSilence(keeper.now, nowMs), nowMs);
    if (next === keeper.now) return;
    await keeper.change((state) => this.#canarySilence(this.#watchdogSilence(state, nowMs), nowMs));
  }

  /** The canary's alert, firing or over: it proves the chain and wakes nobody. */
  takeCanary(state: RelayState, { alerts }: GrafanaNotification, nowMs: number): RelayState | null {
    const { canary, newId } = this.#options;
    const isCanary =
      canary !== null &&
      alerts.every(({ labels }) => labels["group"] === canary.group && labels["cluster"] === canary.cluster);
    if (!isCanary) return null;
    if (!alerts.some(({ status }) => status === "firing")) return withMerged(state, "canary");
    const due = canary.reportMs !== null && nowMs - (state.canaryReportedAtMs ?? 0) >= canary.reportMs;
    const seen = withMerged({ ...state, canarySeenAtMs: nowMs }, "canary");
    return due
      ? withOwnMessage(
          { ...seen, canaryReportedAtMs: nowMs },
          canaryReport(canary, alerts[0]?.startsAt ?? "", nowMs),
          { id: newId(), nowMs },
        )
      : seen;
  }

  #watchdogSilence(state: RelayState, nowMs: number): RelayState {
    const { silenceMs, newId } = this.#options;
    if (silenceMs === null) return state;
    const sinceMs = this.#heardAtMs ?? this.#startedMs;
    const about = { id: newId(), nowMs };
    if (state.watchdogToldAtMs === null) {
      if (nowMs - sinceMs < silenceMs) return state;
      const message = {
        title: "Grafana's alerting is silent",
        text: `No heartbeat of Grafana's watchdog rule ${this.#heardAtMs === null ? "since the relay started" : `since ${clock(sinceMs)} UTC`}, for ${duration(nowMs - sinceMs)}. No alert about lag will come until it is back.\nFirst: does Grafana run, and does it reach the relay?`,
      };
      return withOwnMessage({ ...state, watchdogToldAtMs: nowMs }, blindDraft(message), about);
    }
    if (this.#heardAtMs === null || this.#heardAtMs <= state.watchdogToldAtMs) return state;
    const message = {
      title: "Grafana's alerting is back",
      text: `Its watchdog is heard again, ${duration(nowMs - state.watchdogToldAtMs)} after its silence was told. Alerts that began meanwhile come now.`,
    };
    return withOwnMessage({ ...state, watchdogToldAtMs: null }, sightDraft(message), about);
  }

  #canarySilence(state: RelayState, nowMs: number): RelayState {
    const { canary, newId } = this.#options;
    if (canary === null) return state;
    const sinceMs = Math.max(state.canarySeenAtMs ?? 0, this.#startedMs);
    const isSilent = nowMs - sinceMs >= canary.silenceMs;
    const about = { id: newId(), nowMs };
    if (state.canaryToldAtMs === null && isSilent) {
      const message = {
        title: `The canary's alert did not come: ${canary.cluster}`,
        text: `\`${canary.group}\` is made late on purpose; its alert was due ${duration(canary.silenceMs)} after ${clock(sinceMs)} UTC. Somewhere between Kafka and Grafana lag is no longer noticed.\nFirst: \`lagline doctor\`, then \`lagline top\`: is the canary late there?`,
      };
      return withOwnMessage({ ...state, canaryToldAtMs: nowMs }, blindDraft(message), about);
    }
    if (state.canaryToldAtMs === null || (state.canarySeenAtMs ?? 0) <= state.canaryToldAtMs) return state;
    const message = {
      title: `The canary's alert comes again: ${canary.cluster}`,
      text: "Lag is noticed again, from Kafka to Slack.",
    };
    return withOwnMessage({ ...state, canaryToldAtMs: null }, sightDraft(message), about);
  }

  /** Never awaited by the sender of the heartbeat: a slow switch must not slow Grafana. */
  async #passOn(): Promise<void> {
    const { heartbeatUrl, events, now } = this.#options;
    if (now() - this.#passedOnAtMs < PASS_ON_MS) return;
    this.#passedOnAtMs = now();
    try {
      const url = await heartbeatUrl();
      if (url === null) return;
      const response = await withDeadline({ ms: DEADLINE_MS, signals: [] }, async (signal) => {
        const answer = await fetch(url, { method: "POST", signal });
        await answer.body?.cancel();
        return answer;
      });
      if (!response.ok) events.heartbeatUrlFails(`HTTP ${response.status}`);
    } catch {
      // Its message may hold the address, which is a secret.
      events.heartbeatUrlFails("no answer");
    }
  }
}

function canaryReport(canary: CanaryOptions, startsAt: string, nowMs: number) {
  const began = Date.parse(startsAt);
  return sightDraft({
    title: `Canary: the chain from Kafka to Slack works (${canary.cluster})`,
    text: `\`${canary.group}\` was made late on purpose, and its alert arrived${Number.isNaN(began) ? "" : `, ${duration(nowMs - began)} after it began`}.`,
  });
}
