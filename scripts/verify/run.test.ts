import { expect, test } from "vitest";
import { configSchema } from "../../config/schema.ts";
import { chooseClusters } from "./run.ts";

const burrow = { external: { servers: ["http://127.0.0.1:8000"] } };
const kafka = { external: { bootstrap_servers: ["kafka-1:9092"] } };
const config = configSchema.parse({
  environment: "test",
  clusters: { orders: { kafka, burrow }, "orders-blind": { burrow }, payments: { kafka, burrow } },
  elasticsearch: { external: { url: "http://127.0.0.1:9200" } },
  collector: {},
});
const names = (globs: readonly string[]) => chooseClusters(config, globs).map(([name]) => name);

test("a cluster that does not exist is named with those that do", () => {
  expect(() => names(["order"])).toThrow(
    "No cluster matches order; there are orders, orders-blind, payments.",
  );
});

test("a cluster whose Kafka is not known cannot be compared", () => {
  expect(() => names(["orders-blind"])).toThrow("Kafka's address is not known for orders-blind.");
});

test("without a glob every cluster with a Kafka is compared", () => {
  expect(names([])).toEqual(["orders", "payments"]);
  expect(names(["orders*"])).toEqual(["orders"]);
});
