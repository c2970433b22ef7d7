/** `lagline demo`: plays all scenarios on a Kafka until it is stopped, its time is over or its messages are used up. */
import { Admin } from "@platformatic/kafka";
import { applyTopics } from "../kafka-admin/apply-topics.ts";
import { readBrokers } from "../kafka-admin/cluster.ts";
import { kafkaClientOptions } from "../kafka-admin/connection.ts";
import type { KafkaClientOptions, KafkaConnection } from "../kafka-admin/connection.ts";
import { atMost, forever, retryUntil, sleep } from "../kafka-admin/waiting.ts";
import { ConnectionNews } from "./connection-news.ts";
import { runGroup } from "./group.ts";
import type { GroupShared } from "./member.ts";
import { hostOf, refuseRemote } from "./guard.ts";
import { ProductionPlan } from "./produce-plan.ts";
import { runProducing } from "./producing.ts";
import { SCENARIOS } from "./scenarios.ts";
import { momentAt } from "./timeline.ts";
import type { Scenario } from "./types.ts";

export type DemoOptions = KafkaConnection & {
  readonly seed: number;
  /** Stops by itself after this; left out: plays until the signal. */
  readonly durationSeconds?: number;
  /** Phases pass this many times faster; rates stay as they are. Default 1. */
  readonly speed?: number;
  /** Stops after this many messages. Default 20 million, about a day and a half. */
  readonly maxMessages?: number;
  /**
   * Waits so long after it created topics, before its groups join: Burrow forgets the owners of partitions whose topic
   * it does not know yet, and it looks for topics only every `topic_refresh_seconds`. Default 0.
   */
  readonly settleSeconds?: number;
  /** Allows a Kafka that is neither on this host nor in a container network. */
  readonly allowRemote?: boolean;
  readonly scenarios?: readonly Scenario[];
  readonly signal: AbortSignal;
  /** Takes one sentence. */
  readonly log: (sentence: string) => void;
};

export type DemoResult = {
  readonly ended: "signal" | "duration" | "messages";
  readonly seconds: number;
  readonly produced: number;
  readonly handled: number;
  readonly commits: number;
};

const DEFAULT_MAX_MESSAGES = 20_000_000;
const DEADLINE_SECONDS = 120;
const STATUS_SECONDS = 60;

/** Topic options of every demo topic: two hours of messages in segments of ten minutes, some 300 MB in all. */
const DEMO_TOPIC_OPTIONS = { "retention.ms": 7_200_000, "segment.ms": 600_000 } as const;

/**
 * Plays the demo. Topics are created where they are missing; committed offsets of an earlier run are where groups go on.
 * @throws LaglineError `LAGLINE_DEMO_REMOTE` for a Kafka elsewhere, or the sentence of a Kafka that does not answer.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  if (options.allowRemote !== true) await refuseRemote(options.bootstrapServers.map(hostOf));
  const client = await kafkaClientOptions(options, "lagline-demo");
  const scenarios = options.scenarios ?? SCENARIOS;
  await checkAdvertised(client, options);
  const topics = { ...options, topics: demoTopics(scenarios), deadlineSeconds: DEADLINE_SECONDS };
  const { created } = await applyTopics(topics);
  const { settleSeconds = 0 } = options;
  if (created.length > 0 && settleSeconds > 0) {
    options.log(`Groups join in ${settleSeconds} s, when Burrow knows their topics.`);
    await sleep(settleSeconds * 1000, options.signal);
  }
  return play(options, client, scenarios);
}

/** A tunnel on this host may lead elsewhere: what the brokers say about themselves counts too. */
async function checkAdvertised(client: KafkaClientOptions, options: DemoOptions): Promise<void> {
  const admin = new Admin(client);
  try {
    const brokers = await retryUntil(async () => readBrokers(admin), {
      failure: `Kafka at ${options.bootstrapServers.join(", ")} did not answer`,
      hint: "Start it, or check the address.",
      deadlineSeconds: DEADLINE_SECONDS,
      signal: options.signal,
      onWaiting: (reason) => options.log(`Waiting for Kafka: ${reason}.`),
    });
    if (options.allowRemote !== true) await refuseRemote(brokers.map(({ host }) => host));
  } finally {
    await atMost(2000, admin.close());
  }
}

function demoTopics(scenarios: readonly Scenario[]) {
  return Object.fromEntries(
    scenarios.map(({ topic, partitions }) => [topic, { partitions, options: { ...DEMO_TOPIC_OPTIONS } }]),
  );
}

type Tally = { produced: number; handled: number; commits: number };

async function play(
  options: DemoOptions,
  client: KafkaClientOptions,
  scenarios: readonly Scenario[],
): Promise<DemoResult> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const tally: Tally = { produced: 0, handled: 0, commits: 0 };
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  let ended: DemoResult["ended"] = "signal";
  const end = (reason: DemoResult["ended"]): void => {
    if (signal.aborted) return;
    ended = reason;
    ending.abort();
  };
  const count = (messages: number): void => {
    tally.produced += messages;
    if (tally.produced >= (options.maxMessages ?? DEFAULT_MAX_MESSAGES)) end("messages");
  };
  const plans = scenarios.map((scenario) => new ProductionPlan(scenario, options.seed));
  const news = new ConnectionNews(options.log, () => performance.now());
  const parts = [
    runProducing({ plans, client, log: options.log, count }, signal),
    ...scenarios.map((scenario) =>
      runGroup(groupOf(scenario, { options, client, elapsed, tally, news }), signal),
    ),
    reportStatus(() => ({ ...tally, seconds: elapsed() }), options.log, signal),
    endAfter(options.durationSeconds, signal, () => end("duration")),
  ];
  // A part that fails for a reason nobody foresaw ends the others too.
  await Promise.all(parts.map((part) => part.finally(() => ending.abort())));
  return { ended, seconds: elapsed(), ...tally };
}

type PlayContext = {
  readonly options: DemoOptions;
  readonly client: KafkaClientOptions;
  readonly elapsed: () => number;
  readonly tally: Tally;
  readonly news: ConnectionNews;
};

function groupOf(scenario: Scenario, { options, client, elapsed, tally, news }: PlayContext): GroupShared {
  const clockwork = { seed: options.seed, speed: options.speed ?? 1 };
  return {
    scenario,
    client,
    moment: () => momentAt(scenario, elapsed(), clockwork),
    rewound: new Set(),
    count: (handled, commits) => {
      tally.handled += handled;
      tally.commits += commits;
    },
    news,
    log: options.log,
  };
}

async function endAfter(seconds: number | undefined, signal: AbortSignal, end: () => void): Promise<void> {
  if (seconds === undefined) return forever(signal);
  await sleep(seconds * 1000, signal);
  end();
}

async function reportStatus(
  read: () => Omit<DemoResult, "ended">,
  log: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(STATUS_SECONDS * 1000, signal);
    const { seconds, produced, handled, commits } = read();
    log(
      `After ${Math.round(seconds)} s: ${produced} messages produced (${(produced / seconds).toFixed(0)} per second), ${handled} handled, ${commits} commits.`,
    );
  }
}
