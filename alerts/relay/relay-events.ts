/**
 * What happens in the relay, one function per event: its log line and its metric together. INFO: start, stop, recovery.
 * WARN: unexpected, nothing lost. ERROR: an alert did not reach people, or a person must act.
 */
import type { Logger, RepeatLimiter } from "../../collectors/log.ts";
import type { SpoolEvents } from "../../collectors/spool/contract.ts";
import { describeError } from "../../model/errors.ts";
import type { Refusal } from "./give-up.ts";
import type { OutboxMessage } from "./state.ts";

/** Events that are counted beside the totals of the state; each is a label of one metric. */
export const COUNTED = [
  "refused_requests",
  "unauthorised_requests",
  "heartbeats",
  "heartbeat_url_failures",
  "slack_failures",
  "dead_letters_dropped",
  "disk_errors",
  "details_added",
  "details_missing",
] as const;
export type Counted = (typeof COUNTED)[number];
export type Counts = Record<Counted, number>;

export class RelayEvents {
  readonly counts: Counts = {
    refused_requests: 0,
    unauthorised_requests: 0,
    heartbeats: 0,
    heartbeat_url_failures: 0,
    slack_failures: 0,
    dead_letters_dropped: 0,
    disk_errors: 0,
    details_added: 0,
    details_missing: 0,
  };
  readonly #log: Logger;
  readonly #repeats: RepeatLimiter;

  constructor(options: { readonly log: Logger; readonly repeats: RepeatLimiter }) {
    this.#log = options.log;
    this.#repeats = options.repeats;
  }

  started(about: { version: string; address: string; port: number; waiting: number }): void {
    this.#log.info(
      { code: "LAGLINE_RELAY_STARTED", ...about },
      `Relay started on ${about.address}:${about.port}; ${about.waiting} messages wait.`,
    );
  }

  stopped(waiting: number): void {
    this.#log.info(
      { code: "LAGLINE_RELAY_STOPPED", waiting },
      waiting === 0
        ? "Relay stopped; nothing waits."
        : `Relay stopped; ${waiting} messages stay on disk for the next start.`,
    );
  }

  stateQuarantined(path: string): void {
    this.#log.error(
      { code: "LAGLINE_RELAY_STATE_LOST", path },
      `The relay's state could not be understood and was moved to ${path}; open alerts are told about once more.`,
    );
  }

  unauthorised(): void {
    this.counts.unauthorised_requests += 1;
    this.#limited("warn", "LAGLINE_RELAY_UNAUTHORISED", "A request without the right token was refused.");
  }

  refusedRequest(reason: string): void {
    this.counts.refused_requests += 1;
    this.#limited("warn", "LAGLINE_RELAY_REFUSED", `A request was refused: ${reason}.`);
  }

  notAccepted(error: unknown): void {
    this.counts.disk_errors += 1;
    this.#limited(
      "error",
      "LAGLINE_RELAY_NOT_ACCEPTED",
      `A notification could not be written to disk, Grafana was told to come again: ${describeError(error)}`,
    );
  }

  notUnderstood(reason: string): void {
    this.#limited(
      "error",
      "LAGLINE_RELAY_NOT_UNDERSTOOD",
      `A notification of Grafana could not be understood and is with the dead letters: ${reason}`,
    );
  }

  delivered(message: OutboxMessage, waitedMs: number): void {
    this.#log.debug({ code: "LAGLINE_RELAY_DELIVERED", id: message.id, waitedMs }, "Slack took a message.");
  }

  detailsAdded(): void {
    this.counts.details_added += 1;
  }

  detailsMissing(reason: string): void {
    this.counts.details_missing += 1;
    this.#limited(
      "warn",
      "LAGLINE_RELAY_DETAILS",
      `A message goes out as Grafana wrote it, without what Elasticsearch could add: ${reason}.`,
    );
  }

  interrupted(message: OutboxMessage, found: "there" | "missing" | "unknown"): void {
    const what = {
      there: "Slack has it.",
      missing: "Slack does not have it; it is sent now.",
      unknown:
        "a webhook cannot be asked whether Slack has it; it is sent again, marked as a possible repeat, because an alert twice is better than never.",
    }[found];
    this.#log.warn(
      { code: "LAGLINE_RELAY_INTERRUPTED", id: message.id, found },
      `The relay stopped while it sent a message: ${what}`,
    );
  }

  slackFails(message: OutboxMessage, about: { readonly reason: string; readonly delayMs: number }): void {
    this.counts.slack_failures += 1;
    const channel = message.channel === "" ? "Slack" : `Slack (channel ${message.channel})`;
    this.#limited(
      "warn",
      `LAGLINE_RELAY_SLACK_FAILS ${message.channel} ${about.reason}`,
      `${channel} does not take messages (${about.reason}); next try in ${Math.ceil(about.delayMs / 1000)} s.`,
    );
  }

  slackTakesAgain(channel: string, ms: number): void {
    this.#log.info(
      { code: "LAGLINE_RELAY_SLACK_RECOVERED", channel },
      `Slack takes messages again, after ${Math.round(ms / 1000)} s.`,
    );
  }

  buried(message: OutboxMessage, why: Refusal): void {
    this.#log.error(
      { code: "LAGLINE_RELAY_DEAD_LETTER", id: message.id, error_type: why.errorType, status: why.status },
      `A message did not reach Slack and is with the dead letters: ${why.reason}`,
    );
  }

  heartbeat(): void {
    this.counts.heartbeats += 1;
  }

  heartbeatUrlFails(reason: string): void {
    this.counts.heartbeat_url_failures += 1;
    this.#limited(
      "warn",
      "LAGLINE_RELAY_HEARTBEAT_URL",
      `The heartbeat address did not take a heartbeat: ${reason}.`,
    );
  }

  turnFailed(error: unknown): void {
    this.counts.disk_errors += 1;
    this.#limited("error", "LAGLINE_RELAY_TURN_FAILED", `The relay cannot work on: ${describeError(error)}`);
  }

  spool(dropped: (documents: number) => void): SpoolEvents {
    return {
      dropped: (reason, documents) => {
        dropped(documents);
        this.#log.error(
          { code: "LAGLINE_RELAY_DROPPED", reason, documents },
          `${documents} notifications were dropped from the queue (${reason}). They are lost.`,
        );
      },
      segmentAbandoned: (_segment, error) => {
        this.#disk(error);
      },
      acknowledgementsNotWritten: (error) => {
        this.#disk(error);
      },
      readFailed: (_segment, error) => {
        this.#disk(error);
      },
    };
  }

  deadLettersDropped(documents: number): void {
    this.counts.dead_letters_dropped += documents;
  }

  #disk(error: Error): void {
    this.counts.disk_errors += 1;
    this.#limited("error", "LAGLINE_RELAY_DISK", `The disk under the queue fails: ${error.message}`);
  }

  /** Kinds of lines are told apart by what follows the code after a blank. */
  #limited(level: "warn" | "error", kind: string, text: string): void {
    const [code] = kind.split(" ");
    const { write, suppressed } = this.#repeats.admit(kind);
    if (write) this.#log[level]({ code, ...(suppressed > 0 ? { suppressed } : {}) }, text);
  }
}
