/** The canary's programme: a group that keeps up, and stops for a while on purpose, over and over. */
import type { CanaryConfig } from "../../config/relay-schema.ts";
import type { Scenario } from "../demo/types.ts";

/** Above the lag floor of most policies after a minute; a few MB a day. */
const MESSAGES_PER_SECOND = 5;
/** Burrow's refresh, the collector's tick and the verdict's patience, measured in the demo. */
const STOP_SHOWS_SECONDS = 100;
const WARM_UP_SECONDS = 60;

export function canaryScenario(canary: CanaryConfig): Scenario {
  return {
    group: canary.group,
    topic: canary.topic,
    partitions: 1,
    shows: "Stops on purpose, so that its alert proves the chain from Kafka to Slack.",
    production: { ratePerSecond: MESSAGES_PER_SECOND },
    phases: [
      {
        seconds: canary.quiet_seconds,
        members: 1,
        capacity: 20 * MESSAGES_PER_SECOND,
        says: "keeps up",
        expected: ["ok"],
        settleSeconds: WARM_UP_SECONDS,
      },
      {
        seconds: canary.late_seconds,
        members: 1,
        capacity: 20 * MESSAGES_PER_SECOND,
        hung: true,
        says: "stops on purpose; its alert must come",
        expected: ["stopped"],
        settleSeconds: STOP_SHOWS_SECONDS,
      },
    ],
    repeatFrom: 0,
  };
}
