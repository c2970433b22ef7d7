/** Which alerts each scenario of the simulator must raise, under the default policy of tests. Not listed: none at all. */
export type AlertExpectation = {
  /** Rules about the subject, in the order in which they fire. */
  readonly subject?: readonly string[];
  /** Rules about the monitoring. */
  readonly monitoring?: readonly string[];
  /** When what the first rule is about can be told from something harmless, where the scenario does not say it. */
  readonly decidableAt?: number;
  /** Why there is more than one. */
  readonly why?: string;
};

const STOPPED = { subject: ["KafkaConsumerGroupStopped"] };
const STALLED = { subject: ["KafkaConsumerPartitionStalled"] };
const LATE = { subject: ["KafkaConsumerObjectiveMissed"] };
const BLIND = { monitoring: ["LagPipelineDataStale"] };

export const ALERT_EXPECTATIONS: Readonly<Record<string, AlertExpectation>> = {
  "burst beyond the objective": LATE,
  "slow consumer": LATE,
  "slow leak under a generous objective": { subject: ["KafkaConsumerLagGrowing"] },
  "consumer dead": STOPPED,
  "consumer dead and back": STOPPED,
  "crash loop": STOPPED,
  "poison message, commits go on": STALLED,
  "poison message, no commits": STALLED,
  "one consumer hangs": STOPPED,
  "partition without owner": STOPPED,
  "hot key": LATE,
  "canary is slow": LATE,
  "offset reset back, consumer works on": { subject: ["KafkaConsumerOffsetsRewound"] },
  "offset reset forward while stopped": STOPPED,
  "topic recreated under a dead consumer": STOPPED,
  "retention overtakes a consumer": STOPPED,
  "Burrow restart": { monitoring: ["LagPipelineDataSuspect"] },
  "Burrow restart, stopped group stays stopped": { ...STOPPED, monitoring: ["LagPipelineDataSuspect"] },
  "Burrow behind": { ...BLIND, decidableAt: 900 },
  "Kafka brokers down": { ...BLIND, decidableAt: 900 },
  "Burrow cut off from Kafka": { ...BLIND, decidableAt: 900 },
  "group deleted": STOPPED,
  "stopped before its window filled": STOPPED,
  "Burrow's WARN flaps with fast commits": LATE,
  "REWIND fades while still behind": {
    subject: ["KafkaConsumerOffsetsRewound", "KafkaConsumerObjectiveMissed"],
    why: "First the rewind; ten minutes later everything is read again and the group is still late.",
  },
  "nightly batch does not begin": STOPPED,
  "nightly batch fails, the next run succeeds": STOPPED,
  "nightly batch begins, then dies": STOPPED,
  "collector misses ticks": { ...BLIND, decidableAt: 900 },
  "collector loses its history": LATE,
  "collector starts into a stopped group": STOPPED,
};
