/** Decides what has to be done to a cluster so that it has the declared topics. Pure; `apply-topics.ts` does it. */
import type { TopicConfig } from "../../config/kafka-schema.ts";

export type DeclaredTopics = Readonly<Record<string, TopicConfig>>;

/** A topic as the cluster has it. */
export type ExistingTopic = {
  readonly partitions: number;
  /** Replicas of its partition with the fewest. */
  readonly replicas: number;
  /** Every effective option by name, also defaults; null where Kafka hides the value. */
  readonly options: ReadonlyMap<string, string | null>;
};

export type TopicAction =
  | {
      readonly kind: "create";
      readonly topic: string;
      readonly partitions: number;
      readonly replicas: number;
      readonly options: Readonly<Record<string, string>>;
    }
  | { readonly kind: "grow"; readonly topic: string; readonly from: number; readonly to: number }
  | {
      readonly kind: "set_options";
      readonly topic: string;
      readonly options: Readonly<Record<string, string>>;
      readonly before: Readonly<Record<string, string | null>>;
    }
  | { readonly kind: "leave"; readonly topic: string; readonly sentence: string };

export type PlanInput = {
  readonly declared: DeclaredTopics;
  readonly existing: ReadonlyMap<string, ExistingTopic>;
  /** Brokers of the cluster; the default replication is one replica per broker, at most 3. */
  readonly brokers: number;
};

/** Actions in the order of topic names; a topic that is as declared gives none. */
export function planTopics(input: PlanInput): readonly TopicAction[] {
  return Object.entries(input.declared)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([topic, config]) => planTopic(topic, config, input));
}

function planTopic(topic: string, config: TopicConfig, input: PlanInput): readonly TopicAction[] {
  const options = Object.fromEntries(
    Object.entries(config.options).map(([name, value]) => [name, String(value)]),
  );
  const existing = input.existing.get(topic);
  if (existing === undefined) {
    const replicas = config.replication_factor ?? Math.min(3, Math.max(1, input.brokers));
    return [{ kind: "create", topic, partitions: config.partitions, replicas, options }];
  }
  return [
    ...planPartitions(topic, config, existing),
    ...planReplicas(topic, config, existing),
    ...planOptions(topic, options, existing),
  ];
}

function planPartitions(topic: string, config: TopicConfig, existing: ExistingTopic): readonly TopicAction[] {
  const [from, to] = [existing.partitions, config.partitions];
  if (from < to) return [{ kind: "grow", topic, from, to }];
  if (from === to) return [];
  return [
    {
      kind: "leave",
      topic,
      sentence: `Topic ${topic} has ${count(from, "partition")} and ${to} declared: Kafka cannot remove partitions, it stays as it is.`,
    },
  ];
}

function planReplicas(topic: string, config: TopicConfig, existing: ExistingTopic): readonly TopicAction[] {
  const declared = config.replication_factor;
  if (declared === undefined || declared === existing.replicas) return [];
  return [
    {
      kind: "leave",
      topic,
      sentence: `Topic ${topic} has ${count(existing.replicas, "replica")} and ${declared} declared: replicas are moved with kafka-reassign-partitions, it stays as it is.`,
    },
  ];
}

function planOptions(
  topic: string,
  declared: Readonly<Record<string, string>>,
  existing: ExistingTopic,
): readonly TopicAction[] {
  const changed = Object.entries(declared).filter(
    ([name, value]) => !sameValue(existing.options.get(name), value),
  );
  if (changed.length === 0) return [];
  const before = Object.fromEntries(changed.map(([name]) => [name, existing.options.get(name) ?? null]));
  return [{ kind: "set_options", topic, options: Object.fromEntries(changed), before }];
}

/** Kafka gives lists back as they were written; `compact,delete` and `delete, compact` mean the same. */
function sameValue(actual: string | null | undefined, declared: string): boolean {
  if (actual === null || actual === undefined) return false;
  return normalise(actual) === normalise(declared);
}

function normalise(value: string): string {
  return value
    .split(",")
    .map((part) => part.trim())
    .toSorted()
    .join(",");
}

/** What an action does, in one sentence in the past tense, for the log after it was done. */
export function describeAction(action: TopicAction): string {
  switch (action.kind) {
    case "create":
      return `Created topic ${action.topic} with ${count(action.partitions, "partition")} and ${count(action.replicas, "replica")}${withOptions(action.options)}.`;
    case "grow":
      return `Topic ${action.topic} grew from ${action.from} to ${action.to} partitions.`;
    case "set_options":
      return `Topic ${action.topic}: ${Object.entries(action.options)
        .map(([name, value]) => `${name} is now ${value} (was ${action.before[name] ?? "not set"})`)
        .join(", ")}.`;
    case "leave":
      return action.sentence;
  }
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function withOptions(options: Readonly<Record<string, string>>): string {
  const parts = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return parts.length === 0 ? "" : `, ${parts.join(", ")}`;
}
