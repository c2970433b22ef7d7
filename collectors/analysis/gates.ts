/**
 * Is the monitoring itself to be trusted in this tick? Each gate comes from something measured on a real Burrow: a
 * restart shows healthy groups as STOP while old commits are replayed; a dead broker freezes every answer at OK with
 * readiness green; a broker restart can empty the list of groups. While a gate is shut no consumer is blamed.
 */
import type { ByteReader, ByteWriter } from "./bytes.ts";
import type { TickInput } from "./contract.ts";
import { formatCount, formatDuration, plural } from "./format.ts";
import type { Settings } from "./settings.ts";

/** A busy cluster always has a few records that Burrow has not read yet; replays have thousands. */
const BUSY_SELF_LAG = 500;
/** After Burrow changed or came back, any self lag counts for this long. */
const RESTART_MS = 60_000;
/** A list this much shorter than before is the reaper or a fresh start, not many groups leaving at once. */
const SHRUNK_TO = 0.5;
const MIN_GROUPS = 3;
/** After this long a shorter list is believed. */
const SHRINK_HOLD_MS = 10 * 60_000;
/** Ticks remembered to say what usually moves. */
const MEMORY_BITS = 0b11_1111_1111;
const STEADY_BITS = 8;

/** Bounded labels for the state of the cluster; the sentence goes into `suspect_reason`. */
export type Activity = {
  /** Topics whose end offset moved in nearly every tick before the last movement. */
  steadyTopics: number;
  /** Groups that committed in nearly every tick before the last commit. */
  steadyGroups: number;
  lastHeadMoveMs: number;
  lastCommitMs: number;
  /** Ticks in a row without any movement: time in which nobody looked is no evidence. */
  quietHeadTicks: number;
  quietCommitTicks: number;
};

export type TickCounts = {
  groups: number;
  jumped: number;
  replayed: number;
  beyondEnd: number;
  /** Some group has a commit that the tick before did not have. */
  committed: boolean;
};

export class Gates {
  readonly activity: Activity = {
    steadyTopics: 0,
    steadyGroups: 0,
    lastHeadMoveMs: 0,
    lastCommitMs: 0,
    quietHeadTicks: 0,
    quietCommitTicks: 0,
  };
  #host: string | null = null;
  #restartedMs = 0;
  #holdUntilMs = 0;
  #holdReason = "";
  #listed = -1;
  #shrunkMs = 0;
  #shrunkFrom = 0;
  #started = false;

  /** Gates that can be judged before a group of this tick was read; null when all are open. */
  atBegin(input: TickInput, settings: Settings): string | null {
    const { burrow, nowMs } = input;
    if (!this.#started) {
      this.#started = true;
      this.#restartedMs = nowMs;
    }
    if (burrow.host !== null) {
      if (this.#host !== null && this.#host !== burrow.host) this.#restartedMs = nowMs;
      this.#host = burrow.host;
    }
    if (!burrow.ready) {
      this.#restartedMs = nowMs;
      return this.#hold(
        nowMs + settings.replayHoldMs,
        "Burrow is not ready: it is starting or cannot reach Kafka.",
      );
    }
    const selfLag = burrow.selfLag ?? 0;
    const restarting = nowMs - this.#restartedMs < RESTART_MS;
    if (selfLag > (restarting ? 0 : BUSY_SELF_LAG)) {
      this.#restartedMs = nowMs;
      const reason = `Burrow is ${formatCount(selfLag)} records behind on the offsets topic: it replays old commits.`;
      return this.#hold(nowMs + settings.replayHoldMs, reason);
    }
    const shrunk = this.#shrunkList(input);
    if (shrunk !== null) return shrunk;
    return nowMs < this.#holdUntilMs ? this.#holdReason : null;
  }

  /** After the topics were read: has everything that usually moves stopped moving at once? */
  frozen(nowMs: number, settings: Settings): string | null {
    const { steadyTopics, steadyGroups, lastHeadMoveMs, lastCommitMs, quietHeadTicks, quietCommitTicks } =
      this.activity;
    const headMs = nowMs - lastHeadMoveMs;
    const commitMs = nowMs - lastCommitMs;
    const headsFrozen = steadyTopics > 0 && quietHeadTicks > 1 && headMs >= settings.freezeMs;
    const commitsFrozen = steadyGroups > 0 && quietCommitTicks > 1 && commitMs >= settings.freezeMs;
    // One topic with one group can fall silent for reasons of its own; several at once cannot.
    if (headsFrozen && commitsFrozen && steadyTopics + steadyGroups >= MIN_GROUPS) {
      return `Nothing has moved in the whole cluster for ${formatDuration(Math.min(headMs, commitMs) / 1000)}: Kafka is down or Burrow lost it; its answers are frozen.`;
    }
    if (!headsFrozen && commitsFrozen && steadyGroups >= MIN_GROUPS) {
      return `No commit of any of ${plural(steadyGroups, "group")} for ${formatDuration(commitMs / 1000)} while messages are produced: Burrow does not read commits any more.`;
    }
    return null;
  }

  /** After all groups were read: what only shows across groups. */
  acrossGroups(counts: TickCounts, nowMs: number, settings: Settings): string | null {
    const most = Math.max(MIN_GROUPS, counts.groups / 2);
    if (counts.replayed >= Math.max(2, counts.groups * 0.3)) {
      return this.#hold(
        nowMs + settings.replayHoldMs,
        `Burrow answers with older commits than before for ${counts.replayed} of ${plural(counts.groups, "group")}: it replays old commits.`,
      );
    }
    if (counts.jumped >= most) {
      return this.#hold(
        nowMs + 2 * settings.intervalMs,
        `Lag jumped in ${counts.jumped} of ${plural(counts.groups, "group")} in the same tick: this is the monitoring or the brokers, not the consumers.`,
      );
    }
    if (counts.beyondEnd >= most) {
      if (!counts.committed) {
        this.#holdUntilMs = Math.max(this.#holdUntilMs, nowMs + 1.5 * settings.intervalMs);
        this.#holdReason = "Neither commits nor end offsets moved a moment ago (held for one tick).";
        return "Neither commits nor end offsets move: Kafka is down or Burrow lost it; its answers are frozen.";
      }
      this.#holdUntilMs = Math.max(this.#holdUntilMs, nowMs + 1.5 * settings.intervalMs);
      this.#holdReason = "End offsets stood still behind commits a moment ago (held for one tick).";
      return `End offsets stand still behind the commits of ${counts.beyondEnd} of ${plural(counts.groups, "group")}: Burrow does not refresh them.`;
    }
    return null;
  }

  /** The part that must survive a restart: what was listed, and what usually moves. */
  write(writer: ByteWriter): void {
    writer.text(this.#host ?? "");
    writer.uint(this.#listed + 1);
    writer.uint(this.activity.steadyTopics);
    writer.uint(this.activity.steadyGroups);
    writer.uint(this.activity.lastHeadMoveMs);
    writer.uint(this.activity.lastCommitMs);
  }

  read(reader: ByteReader): void {
    const host = reader.text();
    this.#host = host === "" ? null : host;
    this.#listed = reader.uint() - 1;
    this.activity.steadyTopics = reader.uint();
    this.activity.steadyGroups = reader.uint();
    this.activity.lastHeadMoveMs = reader.uint();
    this.activity.lastCommitMs = reader.uint();
  }

  #hold(untilMs: number, reason: string): string {
    this.#holdUntilMs = Math.max(this.#holdUntilMs, untilMs);
    this.#holdReason = `${reason.slice(0, -1)} (held until its cached answers are gone).`;
    return reason;
  }

  #shrunkList(input: TickInput): string | null {
    if (!input.listComplete) return null;
    const count = input.listedGroups.length;
    const before = this.#shrunkMs > 0 ? this.#shrunkFrom : this.#listed;
    const shrunk = before >= MIN_GROUPS && count < before * SHRUNK_TO;
    if (!shrunk || (this.#shrunkMs > 0 && input.nowMs - this.#shrunkMs > SHRINK_HOLD_MS)) {
      this.#shrunkMs = 0;
      this.#listed = count;
      return null;
    }
    if (this.#shrunkMs === 0) {
      this.#shrunkMs = input.nowMs;
      this.#shrunkFrom = before;
    }
    return `Burrow's list of groups shrank from ${before} to ${count} at once: it lost them, for example to its groups reaper after a broker restart.`;
  }
}

/** Shifts one tick into a bit history of the last ten. */
export function shiftActivity(bits: number, moved: boolean): number {
  return ((bits << 1) | (moved ? 1 : 0)) & MEMORY_BITS;
}

/** Moved in at least eight of the ten ticks before. */
export function isSteady(bits: number): boolean {
  let count = 0;
  for (let rest = bits; rest > 0; rest &= rest - 1) count++;
  return count >= STEADY_BITS;
}
