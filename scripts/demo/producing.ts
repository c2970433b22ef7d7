/** Writes the messages of all scenarios with one producer, twice a second. */
import { Producer } from "@platformatic/kafka";
import { kafkaReasonText } from "../kafka-admin/failures.ts";
import type { KafkaClientOptions } from "../kafka-admin/connection.ts";
import { atMost, sleep } from "../kafka-admin/waiting.ts";
import type { PlannedMessage, ProductionPlan } from "./produce-plan.ts";

const TICK_MS = 500;
const ALL_REPLICAS = -1;

export type ProducingOptions = {
  readonly plans: readonly ProductionPlan[];
  readonly client: KafkaClientOptions;
  /** Takes the number of messages written. */
  readonly count: (messages: number) => void;
  readonly log: (sentence: string) => void;
};

/** Produces until the signal. What cannot be written while Kafka is away is left out, not saved up. */
export async function runProducing(options: ProducingOptions, signal: AbortSignal): Promise<void> {
  const producer = new Producer({ ...options.client, clientId: "lagline-demo-producer", acks: ALL_REPLICAS });
  producer.on("error", () => undefined);
  let lastAt = performance.now();
  let failing = false;
  try {
    while (!signal.aborted) {
      const now = performance.now();
      const messages = options.plans.flatMap((plan) => plan.next((now - lastAt) / 1000));
      lastAt = now;
      const failure = await send(producer, messages);
      if (failure === undefined) options.count(messages.length);
      if (failure !== undefined && !failing) options.log(`Messages cannot be written: ${failure}.`);
      if (failure === undefined && failing) options.log("Messages are written again.");
      failing = failure !== undefined;
      await sleep(Math.max(0, TICK_MS - (performance.now() - now)), signal);
    }
  } finally {
    await atMost(1000, producer.close());
  }
}

/** Undefined, or why it failed. */
async function send(producer: Producer, messages: readonly PlannedMessage[]): Promise<string | undefined> {
  if (messages.length === 0) return undefined;
  const timestamp = BigInt(Date.now());
  try {
    await producer.send({
      messages: messages.map(({ topic, partition, key, value }) => ({
        topic,
        partition,
        timestamp,
        key: Buffer.from(key),
        value: Buffer.from(value),
      })),
    });
    return undefined;
  } catch (error) {
    producer.clearMetadata();
    return kafkaReasonText(error, 1);
  }
}
