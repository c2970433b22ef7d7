/**
 * Asks an external Kafka, before anything is deployed, for what would keep Burrow from starting: else that is found minutes
 * later, as a container that does not become healthy.
 */
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import type { Observation } from "../doctor/finding.ts";
import type { KafkaFacts } from "../doctor/kafka-checks.ts";
import { judgeKafka } from "../doctor/kafka-checks.ts";
import { readKafkaFacts } from "../doctor/kafka-facts.ts";
import type { KafkaConnection } from "../kafka-admin/connection.ts";
import { connectionOf } from "../kafka-admin/of-cluster.ts";

export type KafkaVerdict = {
  /** What Kafka itself said, and Burrow will be told as well. */
  readonly refusals: readonly Observation[];
  /** Not reached from here; a container may have another way. */
  readonly unsure: readonly Observation[];
};

/** Pure. */
export function judgeForBurrow(servers: readonly string[], facts: KafkaFacts): KafkaVerdict {
  const broken = judgeKafka(servers, facts).filter(({ outcome }) => outcome === "broken");
  const isSaid = (observation: Observation): boolean => {
    if (facts.kind === "failed") {
      return facts.ids.includes("SASL_AUTHENTICATION_FAILED") || /authentication failed/i.test(facts.reason);
    }
    // Brokers and leaders come back; a topic that is missing or closed does not by itself.
    const isClosed = facts.offsets.kind === "missing" || facts.offsets.kind === "hidden";
    return observation.check === "rights" || (observation.check === "offsets-topic" && isClosed);
  };
  return { refusals: broken.filter(isSaid), unsure: broken.filter((observation) => !isSaid(observation)) };
}

export type KafkaPreflightOptions = {
  /** A line for a person. */
  readonly log: (line: string) => void;
  /** @default readKafkaFacts */
  readonly readFacts?: (connection: KafkaConnection) => Promise<KafkaFacts>;
};

/** @throws LaglineError `LAGLINE_PREFLIGHT_KAFKA` with what each Kafka refuses, `LAGLINE_KAFKA_FILE`. */
export async function kafkaPreflight(config: Config, options: KafkaPreflightOptions): Promise<void> {
  const { log, readFacts = readKafkaFacts } = options;
  const verdicts = await Promise.all(
    Object.entries(config.clusters)
      .filter(([, { kafka, burrow }]) => kafka?.external !== undefined && burrow.managed !== undefined)
      .map(async ([name, entry]) => {
        const connection = connectionOf(entry);
        return [name, judgeForBurrow(connection.bootstrapServers, await readFacts(connection))] as const;
      }),
  );
  for (const [name, { unsure }] of verdicts) {
    for (const { evidence } of unsure) log(`Kafka ${name}, seen from this host: ${evidence}`);
  }
  const refused = verdicts.flatMap(([name, { refusals }]) =>
    refusals.map(
      ({ evidence, fix }) =>
        `  - ${name}: ${evidence}${fix === undefined ? "" : `\n    ${fix.replaceAll("\n", "\n      ")}`}`,
    ),
  );
  if (refused.length === 0) return;
  throw new LaglineError({
    code: "LAGLINE_PREFLIGHT_KAFKA",
    message: `Burrow could not read Kafka:\n${refused.join("\n")}\nNothing was changed.`,
  });
}
