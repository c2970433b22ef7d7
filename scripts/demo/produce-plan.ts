/** What is to be produced: amounts per partition and tick, and message contents. Pure and seeded. */
import { seededRandom, wholeBetween } from "./random.ts";
import type { Random } from "./random.ts";
import type { Scenario } from "./types.ts";

/** A message as it goes to Kafka, its timestamp apart. */
export type PlannedMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
};

/** After a broker outage at most this much is caught up, so that the demo never floods a broker that just came back. */
const MAX_GAP_SECONDS = 2;

/** Share of the rate by which amounts vary around it, so that graphs look like traffic. */
const JITTER = 0.2;

/** Writes one scenario's messages: fractions are kept, so the rate holds over any length of time. */
export class ProductionPlan {
  readonly scenario: Scenario;
  readonly #random: Random;
  readonly #perSecond: readonly number[];
  readonly #owed: number[];
  #sequence = 0;
  #started = false;

  constructor(scenario: Scenario, seed: number) {
    this.scenario = scenario;
    this.#random = seededRandom(seed, `${scenario.topic} messages`);
    this.#perSecond = ratePerPartition(scenario);
    this.#owed = this.#perSecond.map(() => this.#random());
  }

  /** The messages due after another `seconds` have passed. */
  next(seconds: number): readonly PlannedMessage[] {
    const passed = Math.min(seconds, MAX_GAP_SECONDS);
    const messages: PlannedMessage[] = [];
    for (const [partition, rate] of this.#perSecond.entries()) {
      const wobble = 1 + JITTER * (2 * this.#random() - 1);
      const owed = (this.#owed[partition] ?? 0) + rate * passed * wobble;
      const count = Math.floor(owed) + this.#burst();
      this.#owed[partition] = owed - Math.floor(owed);
      for (let index = 0; index < count; index += 1) messages.push(this.#message(partition));
    }
    this.#started = true;
    return messages;
  }

  #burst(): number {
    return this.#started ? 0 : (this.scenario.production.firstBurst ?? 0);
  }

  #message(partition: number): PlannedMessage {
    this.#sequence += 1;
    const key = `${this.scenario.topic}-${partition}-${wholeBetween(this.#random, 1, 999)}`;
    const value = JSON.stringify({
      number: this.#sequence,
      customer: wholeBetween(this.#random, 10_000, 99_999),
      amount_cents: wholeBetween(this.#random, 100, 250_000),
    });
    return { topic: this.scenario.topic, partition, key, value };
  }
}

/** Messages per second of each partition. */
export function ratePerPartition({ partitions, production }: Scenario): readonly number[] {
  const weights = Array.from({ length: partitions }, (_, partition) => production.weights?.[partition] ?? 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (production.ratePerSecond * weight) / total);
}
