/** Ten nights: what happened, which alert wakes the reader when, and what the pages must say then. */
import { SCENARIOS } from "../simulator/scenarios.ts";
import type { Scenario } from "../simulator/scenario.ts";

export type Walk = {
  readonly scenario: Scenario;
  /** Second of the scenario at which the reader looks. */
  readonly at: number;
  /** The rule whose message leads there. */
  readonly rule: string;
  readonly verdict: string;
  readonly cause: RegExp;
  /** Partitions that the page must show with a failing verdict. */
  readonly affected: readonly number[];
  /** Hosts that own them, as Kafka knows; none where nobody does. */
  readonly owners: readonly string[];
  /** The verdict must have begun within this span of seconds. */
  readonly since: readonly [number, number];
  /** Seconds until the lag is gone, by the scenario's own arithmetic; null where it does not shrink. */
  readonly gone: readonly [number, number] | null;
};

const EVENT = 900;
const TICK = 30;
const ALL = Array.from({ length: 12 }, (_, partition) => partition);
const HOSTS = ["10.0.3.5", "10.0.3.6", "10.0.3.7"];

/** With a team, so that the page can say whose the group is. */
export function named(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new Error(`There is no scenario "${name}".`);
  return { ...scenario, policy: { ...scenario.policy, team: "payments" } };
}

export const WALKS: readonly Walk[] = [
  {
    scenario: named("consumer dead"),
    at: 1500,
    rule: "KafkaConsumerGroupStopped",
    verdict: "stopped",
    cause:
      /^No commit for 10 min on all partitions while 1\d\d,\d{3} messages wait; no consumer is left, the last were 10\.0\.3\.5, 10\.0\.3\.6, 10\.0\.3\.7\.$/,
    affected: ALL,
    // Nobody owns them any more; the page names the last owner that was known.
    owners: HOSTS,
    since: [EVENT + 60, EVENT + 90 + 2 * TICK],
    gone: null,
  },
  {
    scenario: named("poison message, commits go on"),
    at: 1500,
    rule: "KafkaConsumerPartitionStalled",
    verdict: "stalled",
    cause:
      /^1 of 12 partitions stuck at offset \d+ for \d+ min, commits keep coming but the offset does not move: 1\d,\d{3} messages wait \(orders\/4\); it belongs to 10\.0\.3\.6\.$/,
    affected: [4],
    owners: ["10.0.3.6"],
    since: [EVENT + 60, EVENT + 90 + 2 * TICK],
    gone: null,
  },
  {
    scenario: named("one consumer hangs"),
    at: 1500,
    rule: "KafkaConsumerGroupStopped",
    verdict: "stopped",
    cause:
      /^No commit for \d+ min on 4 of 12 partitions while \d\d,\d{3} messages wait; all belong to 10\.0\.3\.7\.$/,
    affected: [2, 5, 8, 11],
    owners: ["10.0.3.7"],
    since: [EVENT + 60, EVENT + 90 + 2 * TICK],
    gone: null,
  },
  {
    scenario: named("partition without owner"),
    at: 1500,
    rule: "KafkaConsumerGroupStopped",
    verdict: "no owner",
    cause:
      /^1 of 12 partitions belongs to no consumer: no commit for \d+ min, 1\d,\d{3} messages wait \(orders\/7\)\.$/,
    affected: [7],
    owners: ["10.0.3.6"],
    since: [EVENT + 60, EVENT + 90 + 2 * TICK],
    gone: null,
  },
  {
    scenario: named("hot key"),
    at: 1800,
    rule: "KafkaConsumerObjectiveMissed",
    verdict: "hot partition",
    cause:
      /^1 of 12 partitions holds \d+ % of the lag; it belongs to 10\.0\.3\.7; orders\/2 gets 12\d\/s where the others get 20\/s: a hot key or skewed partitioning\.$/,
    affected: [2],
    owners: ["10.0.3.7"],
    since: [EVENT + 60, EVENT + 120 + 4 * TICK],
    gone: null,
  },
  {
    scenario: named("slow consumer"),
    at: 1800,
    rule: "KafkaConsumerObjectiveMissed",
    verdict: "falling behind",
    cause:
      /late on all partitions, objective 60 s; lag grows by \d+\/s: the consumer slowed from 2[34]\d\/s to 18\d\/s, the producer is at 24\d\/s/,
    affected: ALL,
    owners: HOSTS,
    since: [EVENT + 30, EVENT + 240 + 2 * TICK],
    gone: null,
  },
  {
    scenario: named("consumer dead and back"),
    at: EVENT + 600 + 90,
    rule: "KafkaConsumerGroupStopped",
    verdict: "catching up",
    cause:
      /late and catching up: \d\d,\d{3} messages wait, lag shrinks by \d+\/s; done in \d+ s at this pace\.$/,
    affected: [],
    owners: HOSTS,
    since: [EVENT + 600, EVENT + 600 + 90],
    // 600 s × 20/s wait on each partition and shrink by 80/s: gone 150 s after the return.
    gone: [30, 90],
  },
  {
    scenario: named("offset reset back, consumer works on"),
    at: EVENT + 120,
    rule: "KafkaConsumerObjectiveMissed",
    verdict: "rewound",
    cause: /^Offsets went back on 12 of 12 partitions: \d+,\d{3} messages wait, read again/,
    affected: ALL,
    owners: HOSTS,
    since: [EVENT, EVENT + 2 * TICK],
    // 12,000 messages shrink by 40/s: 300 s in all.
    gone: [120, 240],
  },
  {
    scenario: named("canary is slow"),
    at: 1800,
    rule: "KafkaConsumerObjectiveMissed",
    verdict: "hot partition",
    cause:
      /^1 of 12 partitions holds \d+ % of the lag; it belongs to 10\.0\.7\.1; orders\/11 is .* late, handles 10\/s of 20\/s produced while the others keep up: look at its consumer\.$/,
    affected: [11],
    owners: ["10.0.7.1"],
    since: [EVENT + 60, EVENT + 120 + 4 * TICK],
    gone: null,
  },
  {
    scenario: named("group deleted"),
    at: 1500,
    rule: "KafkaConsumerGroupStopped",
    verdict: "vanished",
    cause: /gone|Burrow/,
    // No partition is known of a group that is gone.
    affected: [],
    owners: [],
    since: [EVENT + 60, EVENT + 180],
    gone: null,
  },
];
