/**
 * One member of a consumer group: joins, reads at its capacity, commits by hand. Automatic commits would commit what was
 * fetched, not what was handled, and no lag would show.
 */
import { Consumer } from "@platformatic/kafka";
import { hasReason, kafkaReasonText } from "../kafka-admin/failures.ts";
import type { KafkaClientOptions } from "../kafka-admin/connection.ts";
import { atMost, forever, sleep } from "../kafka-admin/waiting.ts";
import type { ConnectionNews } from "./connection-news.ts";
import { fetchOffsets, readCommitted, resetPositions } from "./member-io.ts";
import { Reading } from "./reading.ts";
import type { Moment } from "./timeline.ts";
import type { Scenario } from "./types.ts";

/** What the members of one group share. */
export type GroupShared = {
  readonly scenario: Scenario;
  readonly client: KafkaClientOptions;
  readonly moment: () => Moment;
  /** Rewinds already done, as `ordinal:partition`, so that a rebalance does not repeat them. */
  readonly rewound: Set<string>;
  /** Takes how many messages were handled and commits sent since the last call. */
  readonly count: (handled: number, commits: number) => void;
  readonly news: ConnectionNews;
  readonly log: (sentence: string) => void;
};

const STEP_MS = 1000;
/** The Java client's default auto.commit.interval.ms. */
const COMMIT_MS = 5000;
/** A member that vanishes without leaving is out of the group after this. */
const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 15_000;
/** Members notice a rebalance at their next heartbeat. */
const HEARTBEAT_MS = 2000;
/** Joining waits for the other members, so requests must outlast the longest rebalance. */
const REQUEST_TIMEOUT_MS = REBALANCE_TIMEOUT_MS + 5000;
const CLOSE_MS = 1500;
const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 5000;

/** Plays a member until the signal; a lost connection only starts it anew. */
export async function runMember(shared: GroupShared, name: string, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const session = new MemberSession(shared, name);
    try {
      await untilAborted(session.open(), signal);
      shared.news.back(name);
      pause = FIRST_PAUSE_MS;
      await session.run(signal);
    } catch (error) {
      if (!signal.aborted) shared.news.lost(name, kafkaReasonText(error, 1));
    } finally {
      await session.close();
    }
    if (!signal.aborted) await sleep(pause, signal);
    pause = Math.min(LAST_PAUSE_MS, pause * 2);
  }
  shared.news.back(name);
}

/** Waits for a promise or the signal, whichever comes first; the caller looks at its signal. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const finished = new AbortController();
  const aborted = forever(AbortSignal.any([signal, finished.signal]));
  try {
    await Promise.race([promise, aborted]);
  } finally {
    finished.abort();
  }
}

class MemberSession {
  readonly #shared: GroupShared;
  readonly #consumer: Consumer;
  #reading = new Reading(new Map());
  /** Generation that `#reading` belongs to; commits of another one could set a group back. */
  #generation = -1;
  #rebalancing = false;
  #failure: Error | undefined;
  #steppedAt = 0;
  #committedAt = 0;

  constructor(shared: GroupShared, name: string) {
    this.#shared = shared;
    this.#consumer = new Consumer({
      ...shared.client,
      clientId: name,
      groupId: shared.scenario.group,
      autocommit: false,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
    });
    this.#consumer.on("error", (error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    });
    this.#consumer.on("consumer:group:rebalance", () => {
      this.#rebalancing = true;
    });
    this.#consumer.on("consumer:group:join", () => {
      this.#rebalancing = false;
    });
  }

  async open(): Promise<void> {
    this.#consumer.topics.track(this.#shared.scenario.topic);
    await this.#consumer.joinGroup({});
    this.#steppedAt = performance.now();
    // The first commit comes one interval after joining; at once it would only repeat what was committed before.
    this.#committedAt = this.#steppedAt;
  }

  /** Steps once a second until the signal. @throws the client's error when the session is lost. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#stepThroughRebalance();
      await sleep(STEP_MS, signal);
    }
    await atMost(CLOSE_MS, this.#commitPositions());
  }

  async #stepThroughRebalance(): Promise<void> {
    try {
      await this.#step();
    } catch (error) {
      if (!isRebalance(error)) throw error;
      // The heartbeat notices the same and joins again; positions are read anew then.
      this.#generation = -1;
    }
  }

  async #step(): Promise<void> {
    const now = performance.now();
    const seconds = (now - this.#steppedAt) / 1000;
    this.#steppedAt = now;
    const { phase, ordinal } = this.#shared.moment();
    if (phase.hung === true || this.#rebalancing) return;
    await this.#adopt();
    if (this.#reading.partitions.length === 0) return;
    const rewound = this.#rewind(phase.rewindMessages, ordinal);
    await this.#read(seconds);
    if (!rewound && now - this.#committedAt < COMMIT_MS) return;
    this.#committedAt = now;
    await this.#commitPositions();
  }

  /** After a rebalance: the partitions owned now, from where the group committed. */
  async #adopt(): Promise<void> {
    const generation = this.#consumer.generationId;
    if (generation === this.#generation) return;
    const committed = await readCommitted(this.#consumer, this.#shared.scenario.topic);
    this.#reading = new Reading(committed);
    this.#generation = generation;
  }

  #rewind(messages: number | undefined, ordinal: number): boolean {
    if (messages === undefined) return false;
    const fresh = this.#reading.partitions.filter(
      (partition) => !this.#shared.rewound.has(`${ordinal}:${partition}`),
    );
    for (const partition of fresh) {
      this.#shared.rewound.add(`${ordinal}:${partition}`);
      this.#reading.rewind(partition, messages);
    }
    return fresh.length > 0;
  }

  async #read(seconds: number): Promise<void> {
    const wanted = this.#reading.want(this.#shared.moment().phase, seconds);
    if (wanted.length === 0) return;
    try {
      const found = await fetchOffsets(this.#consumer, this.#shared.scenario.topic, wanted);
      for (const [partition, offsets] of found) {
        this.#shared.count(this.#reading.handle(partition, offsets), 0);
      }
    } catch (error) {
      if (!hasReason(error, "OFFSET_OUT_OF_RANGE")) throw error;
      await resetPositions(this.#consumer, {
        topic: this.#shared.scenario.topic,
        reading: this.#reading,
        wanted,
      });
    }
  }

  async #commitPositions(): Promise<void> {
    const { topic } = this.#shared.scenario;
    const { phase } = this.#shared.moment();
    if (this.#rebalancing || phase.hung === true || this.#generation !== this.#consumer.generationId) return;
    const due = this.#reading.positions();
    if (due.length === 0) return;
    await this.#consumer.commit({
      offsets: due.map(({ partition, offset }) => ({ topic, partition, offset, leaderEpoch: -1 })),
    });
    this.#shared.count(0, 1);
  }

  /** Leaves the group; where Kafka does not answer, the sockets are closed without it. */
  async close(): Promise<void> {
    const left = await atMost(
      CLOSE_MS,
      this.#consumer.close().then(() => true),
    );
    if (left !== true) await atMost(500, this.#consumer.connections.close());
  }
}

function isRebalance(error: unknown): boolean {
  return ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"].some((id) =>
    hasReason(error, id),
  );
}
