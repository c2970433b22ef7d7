/**
 * The relay's two loops over one state: one judges what Grafana sent and watches over what time brings, the other takes
 * messages to Slack. Both only ever act on what is on disk.
 */
import { sleep } from "../../collectors/schedule.ts";
import { deal } from "./desk.ts";
import type { DeskOptions } from "./desk.ts";
import type { Inbox } from "./inbox.ts";
import type { Sender } from "./sender.ts";
import { needsWatch, watch, watchedAlerts } from "./watch.ts";
import type { WatchOptions } from "./watch.ts";

export type RelayTimes = DeskOptions["times"] &
  Pick<WatchOptions, "graceMs" | "patienceMs" | "settleMs" | "gatherMs" | "burstMs"> & {
    /** Between two looks at Elasticsearch while something is in question. */
    readonly watchMs: number;
  };

export type RelayOptions = DeskOptions & {
  readonly inbox: Inbox;
  readonly sender: Sender;
  readonly times: RelayTimes;
  /** Called at every turn, for what else depends on time; see `heartbeats.ts`. */
  readonly onTurn: (nowMs: number) => Promise<void>;
};

/** Messages judged ahead; the rest waits in the inbox, unjudged, so that judgements are not old when they are sent. */
const OUTBOX_BOUND = 100;
/** The longest sleep of a loop: time passes for watch and heartbeats too. */
const TURN_MS = 1000;
const AFTER_FAILURE_MS = 2000;

export class Relay {
  readonly #options: RelayOptions;
  #lastTurnMs: number;
  #watchedAtMs = Number.NEGATIVE_INFINITY;
  #processing = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#lastTurnMs = options.now();
  }

  /** When both loops were last seen alive, epoch ms. */
  get lastTurnMs(): number {
    return this.#lastTurnMs;
  }

  /** Notifications in the inbox that are not dealt with yet. */
  waiting(): number {
    return Math.max(0, this.#options.inbox.stats().documents - this.#processing);
  }

  /** Runs until `stop`, then sends what may still be sent until `force`. */
  async run(stop: AbortSignal, force: AbortSignal): Promise<void> {
    await Promise.all([this.#judge(stop, force), this.#send(stop, force)]);
  }

  async #judge(stop: AbortSignal, force: AbortSignal): Promise<void> {
    const { inbox, events, now, onTurn } = this.#options;
    for (;;) {
      try {
        this.#lastTurnMs = now();
        const isBusy = await this.turn(force);
        if (!stop.aborted) await onTurn(now());
        if (stop.aborted && (force.aborted || !isBusy)) return;
        if (!isBusy) await inbox.wait({ timeoutMs: TURN_MS, signal: stop });
      } catch (error) {
        events.turnFailed(error);
        if (stop.aborted) return;
        await sleep(AFTER_FAILURE_MS, stop);
      }
    }
  }

  /** Deals with one notification and with what time brought. True when there may be more at once. */
  async turn(signal: AbortSignal): Promise<boolean> {
    const { inbox, keeper } = this.#options;
    await this.#watchWhenDue(signal);
    if (keeper.now.outbox.length >= OUTBOX_BOUND || signal.aborted) return false;
    const taken = await inbox.take();
    if (taken === undefined) return false;
    try {
      await deal(taken, this.#options, signal);
      this.#processing = 1;
      await inbox.settle(taken);
    } catch (error) {
      inbox.giveBack(taken, this.#options.now() + AFTER_FAILURE_MS);
      throw error;
    } finally {
      this.#processing = 0;
    }
    return true;
  }

  async #watchWhenDue(signal: AbortSignal): Promise<void> {
    const { keeper, ask, now, clusters, times, newId } = this.#options;
    const nowMs = now();
    if (!needsWatch(keeper.now) || nowMs - this.#watchedAtMs < times.watchMs) return;
    this.#watchedAtMs = nowMs;
    const alerts = watchedAlerts(keeper.now);
    const asked = [...new Set([...clusters, ...Object.keys(keeper.now.blind)])];
    const evidence = await ask({ clusters: asked, alerts }, { nowMs, signal });
    await keeper.change((state) => watch(state, evidence, { ...times, nowMs: now(), newId }));
  }

  async #send(stop: AbortSignal, force: AbortSignal): Promise<void> {
    const { sender, events, now, keeper } = this.#options;
    const wasStopped = { hurried: false };
    for (;;) {
      try {
        if (stop.aborted && !wasStopped.hurried) {
          wasStopped.hurried = true;
          sender.hurry();
        }
        const sent = force.aborted ? false : await sender.sendNext(force);
        if (stop.aborted && (force.aborted || keeper.now.outbox.length === 0)) return;
        if (!sent) {
          const dueMs = sender.dueMs();
          const waitMs = Math.min(TURN_MS / 5, dueMs === null ? TURN_MS : Math.max(5, dueMs - now()));
          await sleep(waitMs, stop.aborted ? force : stop);
        }
      } catch (error) {
        events.turnFailed(error);
        if (stop.aborted) return;
        await sleep(AFTER_FAILURE_MS, stop);
      }
    }
  }
}
