/**
 * `lagline topics`: the deployment's one-shot step that gives a cluster its declared topics and makes it ready for
 * Burrow. Idempotent: a second run does nothing. It never shrinks or deletes anything; it says so instead.
 */
import { Admin } from "@platformatic/kafka";
import { LaglineError } from "../../model/errors.ts";
import { readBrokers, readTopics, TOPIC_RESOURCE } from "./cluster.ts";
import { kafkaClientOptions } from "./connection.ts";
import type { KafkaConnection } from "./connection.ts";
import { hasReason } from "./failures.ts";
import { ensureOffsetsTopic, OFFSETS_TOPIC } from "./offsets-topic.ts";
import { describeAction, planTopics } from "./topics-plan.ts";
import type { DeclaredTopics, TopicAction } from "./topics-plan.ts";
import { checkKnownEverywhere } from "./topic-leaders.ts";
import { atMost, retryUntil } from "./waiting.ts";

export type ApplyTopicsOptions = KafkaConnection & {
  readonly topics: DeclaredTopics;
  /** Brokers that must have joined before anything is created, so that replicas can be placed. */
  readonly brokers?: number;
  /** How long to wait for the brokers and for `__consumer_offsets`. */
  readonly deadlineSeconds?: number;
  readonly signal: AbortSignal;
  /** Takes one sentence per thing done. */
  readonly log: (sentence: string) => void;
};

export type ApplyTopicsResult = {
  readonly created: readonly string[];
  readonly grown: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** Partitions of `__consumer_offsets`. */
  readonly offsetsTopicPartitions: number;
};

/** A broker start on a slow disk takes up to a minute; twice that. */
const DEFAULT_DEADLINE_SECONDS = 120;
const OPERATION_SET = 0;

/**
 * Waits for the cluster, creates and aligns topics, and waits for `__consumer_offsets`.
 * @throws LaglineError one sentence: unreachable, refused by Kafka (with the topic), or interrupted.
 */
export async function applyTopics(options: ApplyTopicsOptions): Promise<ApplyTopicsResult> {
  const admin = new Admin(await kafkaClientOptions(options, "lagline-topics"));
  try {
    const brokers = await waitForBrokers(admin, options);
    const actions = await planAndApply(admin, options, brokers);
    const offsetsTopicPartitions = await waitForOffsetsTopic(admin, options);
    return { ...summarise(actions, options.topics), offsetsTopicPartitions };
  } finally {
    await atMost(2000, admin.close());
  }
}

const where = (options: ApplyTopicsOptions): string => options.bootstrapServers.join(", ");
const deadline = (options: ApplyTopicsOptions): number => options.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS;

async function waitForBrokers(admin: Admin, options: ApplyTopicsOptions): Promise<number> {
  const wanted = options.brokers ?? 1;
  return retryUntil(
    async () => {
      const brokers = await readBrokers(admin);
      if (brokers.length >= wanted) return brokers.length;
      throw new LaglineError({
        code: "LAGLINE_KAFKA_BROKERS_MISSING",
        message: `${brokers.length} of ${wanted} brokers have joined`,
        retryable: true,
      });
    },
    {
      failure: `Kafka at ${where(options)} did not answer`,
      refusal: `Kafka at ${where(options)} cannot be used`,
      hint: "Check that the broker runs, that the address is right and that credentials and TLS match its listener.",
      deadlineSeconds: deadline(options),
      signal: options.signal,
      onWaiting: (reason) => options.log(`Waiting for Kafka at ${where(options)}: ${reason}.`),
    },
  );
}

async function planAndApply(
  admin: Admin,
  options: ApplyTopicsOptions,
  brokers: number,
): Promise<readonly TopicAction[]> {
  const names = Object.keys(options.topics);
  const existing = await retryUntil(async () => readTopics(admin, names), {
    failure: `The topics of Kafka at ${where(options)} could not be read`,
    hint: "The user needs the right to describe topics and their configuration.",
    deadlineSeconds: deadline(options),
    signal: options.signal,
  });
  const actions = planTopics({ declared: options.topics, existing, brokers });
  for (const action of actions) {
    await retryUntil(async () => applyAction(admin, action), {
      failure: failureOf(action),
      hint: "Correct the topic in lagline.yaml, or give the user the right to create and alter topics, and run `lagline topics` again.",
      deadlineSeconds: 30,
      signal: options.signal,
    });
    options.log(describeAction(action));
  }
  await retryUntil(() => checkKnownEverywhere(admin, names), {
    failure: "The topics did not become known to every broker",
    hint: "A partition may have no leader: are all brokers running?",
    deadlineSeconds: deadline(options),
    pauseMilliseconds: 250,
    signal: options.signal,
  });
  return actions;
}

function failureOf(action: TopicAction): string {
  const verb = { create: "created", grow: "given more partitions", set_options: "configured", leave: "left" };
  return `Topic ${action.topic} could not be ${verb[action.kind]}`;
}

async function applyAction(admin: Admin, action: TopicAction): Promise<void> {
  switch (action.kind) {
    case "create":
      return create(admin, action);
    case "grow":
      return admin.createPartitions({
        topics: [{ name: action.topic, count: action.to, assignments: null }],
      });
    case "set_options":
      return admin.incrementalAlterConfigs({
        resources: [
          {
            resourceType: TOPIC_RESOURCE,
            resourceName: action.topic,
            configs: Object.entries(action.options).map(([name, value]) => ({
              name,
              value,
              configOperation: OPERATION_SET,
            })),
          },
        ],
      });
    case "leave":
      return;
  }
}

async function create(admin: Admin, action: TopicAction & { kind: "create" }): Promise<void> {
  try {
    await admin.createTopics({
      topics: [action.topic],
      partitions: action.partitions,
      replicas: action.replicas,
      configs: Object.entries(action.options).map(([name, value]) => ({ name, value })),
    });
  } catch (error) {
    // A first attempt whose answer was lost, or another deployment step at the same moment.
    if (!hasReason(error, "TOPIC_ALREADY_EXISTS")) throw error;
  }
}

async function waitForOffsetsTopic(admin: Admin, options: ApplyTopicsOptions): Promise<number> {
  const partitions = await retryUntil(async () => ensureOffsetsTopic(admin), {
    failure: `${OFFSETS_TOPIC} did not become ready`,
    hint: "Check offsets.topic.replication.factor against the number of brokers, and the broker's log.",
    deadlineSeconds: deadline(options),
    pauseMilliseconds: 500,
    signal: options.signal,
  });
  options.log(`${OFFSETS_TOPIC} is ready: ${partitions} partitions, each with a leader.`);
  return partitions;
}

function summarise(
  actions: readonly TopicAction[],
  declared: DeclaredTopics,
): Omit<ApplyTopicsResult, "offsetsTopicPartitions"> {
  const of = (kind: TopicAction["kind"]): readonly string[] =>
    actions.filter((action) => action.kind === kind).map((action) => action.topic);
  const touched = new Set([...of("create"), ...of("grow"), ...of("set_options")]);
  return {
    created: of("create"),
    grown: of("grow"),
    changed: of("set_options"),
    unchanged: Object.keys(declared).filter((topic) => !touched.has(topic)),
  };
}
