import { expect, test } from "vitest";
import { describeAction, planTopics } from "./topics-plan.ts";
import type { ExistingTopic, PlanInput } from "./topics-plan.ts";

const topic = (change: Partial<ExistingTopic> = {}): ExistingTopic => ({
  partitions: 3,
  replicas: 1,
  options: new Map([
    ["retention.ms", "604800000"],
    ["cleanup.policy", "compact,delete"],
  ]),
  ...change,
});
const plan = (declared: PlanInput["declared"], existing: Record<string, ExistingTopic> = {}, brokers = 1) =>
  planTopics({ declared, existing: new Map(Object.entries(existing)), brokers });

test("a topic with more partitions than declared stays as it is and says why", () => {
  const actions = plan({ orders: { partitions: 2, options: {} } }, { orders: topic() });
  expect(actions).toEqual([
    {
      kind: "leave",
      topic: "orders",
      sentence:
        "Topic orders has 3 partitions and 2 declared: Kafka cannot remove partitions, it stays as it is.",
    },
  ]);
});

test("another number of replicas stays as it is and says how to change it", () => {
  const [action] = plan(
    { orders: { partitions: 3, replication_factor: 3, options: {} } },
    { orders: topic() },
    3,
  );
  expect(action).toMatchObject({
    kind: "leave",
    sentence: expect.stringContaining("kafka-reassign-partitions"),
  });
});

test("a topic that is as declared needs nothing, however its options are written", () => {
  const declared = {
    partitions: 3,
    options: { "retention.ms": 604_800_000, "cleanup.policy": "delete, compact" },
  };
  expect(plan({ orders: declared }, { orders: topic() })).toEqual([]);
});

test("a missing topic is created with one replica per broker, at most three", () => {
  const replicas = (brokers: number) =>
    plan({ orders: { partitions: 6, options: { "retention.ms": 1000 } } }, {}, brokers);
  expect(replicas(2)).toEqual([
    { kind: "create", topic: "orders", partitions: 6, replicas: 2, options: { "retention.ms": "1000" } },
  ]);
  expect(replicas(5)).toMatchObject([{ replicas: 3 }]);
  expect(plan({ orders: { partitions: 6, replication_factor: 1, options: {} } }, {}, 5)).toMatchObject([
    { replicas: 1 },
  ]);
});

test("partitions grow and only options that differ are set", () => {
  const declared = { partitions: 4, options: { "retention.ms": 1000, "cleanup.policy": "compact,delete" } };
  expect(plan({ orders: declared }, { orders: topic() })).toEqual([
    { kind: "grow", topic: "orders", from: 3, to: 4 },
    {
      kind: "set_options",
      topic: "orders",
      options: { "retention.ms": "1000" },
      before: { "retention.ms": "604800000" },
    },
  ]);
});

test("topics are handled in the order of their names", () => {
  const one = { partitions: 1, options: {} };
  expect(plan({ b: one, a: one, c: one }).map(({ topic: name }) => name)).toEqual(["a", "b", "c"]);
});

test("every action says what was done in a sentence", () => {
  const sentences = [
    ...plan({ fresh: { partitions: 1, options: { "retention.ms": 1000 } } }),
    ...plan(
      { orders: { partitions: 4, options: { "retention.ms": 1000, "x.y": true } } },
      { orders: topic() },
    ),
  ].map(describeAction);
  expect(sentences).toEqual([
    "Created topic fresh with 1 partition and 1 replica, retention.ms=1000.",
    "Topic orders grew from 3 to 4 partitions.",
    "Topic orders: retention.ms is now 1000 (was 604800000), x.y is now true (was not set).",
  ]);
});
