/** `lagline canary`: one producer and one consumer whose lag is programmed, for as long as it runs. */
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { runDemo } from "../demo/run.ts";
import { connectionOf } from "../kafka-admin/of-cluster.ts";
import { canaryScenario } from "./scenario.ts";

export type CanaryRunOptions = {
  readonly signal: AbortSignal;
  /** Takes one sentence. */
  readonly log: (sentence: string) => void;
};

/** @throws LaglineError `LAGLINE_CONFIG_NO_CANARY`, or the sentence of a Kafka that does not answer. */
export async function runCanary(config: Config, { signal, log }: CanaryRunOptions): Promise<void> {
  const { canary } = config.alerts;
  const cluster = canary === undefined ? undefined : config.clusters[canary.cluster];
  if (canary === undefined || cluster?.kafka === undefined) {
    throw new LaglineError({
      code: "LAGLINE_CONFIG_NO_CANARY",
      message: "alerts.canary does not name a cluster whose Kafka is known.",
      hint: "Set alerts.canary.cluster to a cluster with `kafka`.",
    });
  }
  await runDemo({
    ...connectionOf(cluster),
    seed: 1,
    // Its topic and group are its own, and the configuration asked for them.
    allowRemote: true,
    maxMessages: Number.POSITIVE_INFINITY,
    scenarios: [canaryScenario(canary)],
    signal,
    log,
  });
}
