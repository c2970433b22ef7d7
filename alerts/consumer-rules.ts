/**
 * Rules about consumer groups. Each is one rule for all groups. A parent silences its children by the condition itself,
 * because file provisioning has no inhibition: while a critical verdict holds (nothing is consumed), only the rule of
 * that verdict fires, not the ones about lateness.
 */
import { math, threshold } from "./expressions.ts";
import { COUNT, DURATION, RATIO, duration, name, verdictWord, whenKnown } from "./text.ts";
import { NOT_SILENCED } from "./consumer-values.ts";
import type { ValueRef } from "./consumer-values.ts";
import type { AlertRule } from "./types.ts";
import type { JsonObject } from "../dashboards/types.ts";
import { VERDICTS } from "../model/verdicts.ts";

export type ConsumerRule = AlertRule & {
  /** Values that the condition compares or the message shows; each costs one query per evaluation. */
  readonly values: readonly ValueRef[];
  /** Over the reduced values of fields that are held while suspect; the last item is the condition `C`. */
  readonly condition: readonly JsonObject[];
};

const {
  no_owner: noOwner,
  stalled,
  stopped,
  rewound,
  catching_up: catchingUp,
  falling_behind: fallingBehind,
} = VERDICTS;
const NOTHING_CONSUMED = `$V == ${noOwner.code} || $V >= ${stopped.code}`;
/** Hysteresis: late again at 1, over only below this. */
const RECOVERED_RATIO = 0.9;
const WHO = `${name("group")} on ${name("cluster")}`;
const WAITING = whenKnown("L", `${COUNT} messages wait`, "messages wait");

const STOPPED: ConsumerRule = {
  uid: "lagline-consumer-group-stopped",
  when: "nothing is consumed: verdict stopped, no owner or vanished",
  name: "KafkaConsumerGroupStopped",
  severity: "critical",
  pendingSeconds: 120,
  keepFiringSeconds: 120,
  reason:
    "The verdict itself already waits for several commit intervals; two minutes more let a rolling restart pass.",
  runbook: "kafka-consumer-group-stopped",
  panel: "fleetTimeline",
  summary: `${WHO} ${byVerdict({
    no_owner: "has partitions that no consumer owns",
    vanished: "is gone from Burrow",
    stopped: "has stopped: nothing is committed",
  })}, ${WAITING}.`,
  description: `First: does the group have all its members? ${byVerdict({
    no_owner: "If one is missing, restart it.",
    vanished: "If it was removed on purpose, silence this.",
    stopped: `Last commit ${whenKnown("A", `${DURATION} ago`, "not seen")}.`,
  })}`,
  values: ["V", "T", "O", "L", "P", "Q", "A", "W", "G", "Z"],
  condition: [math("C", `(${NOTHING_CONSUMED}) && ${NOT_SILENCED}`)],
};

const STALLED: ConsumerRule = {
  uid: "lagline-consumer-partition-stalled",
  when: "verdict stalled: commits come, the offset stays",
  name: "KafkaConsumerPartitionStalled",
  severity: "critical",
  pendingSeconds: 180,
  keepFiringSeconds: 120,
  reason: "A stuck message does not heal by itself; three minutes exclude a long but finished batch.",
  runbook: "kafka-consumer-partition-stalled",
  panel: "fleetTimeline",
  summary: `${WHO} is stuck on ${whenKnown("S", '{{ printf "%.0f" .Value }} {{ if eq .Value 1.0 }}partition{{ else }}partitions{{ end }}', "a partition")}, ${WAITING}.`,
  description:
    "Commits come but the offset stays: a message that cannot be processed, or a handler that hangs. First: what stands at the committed offset of that partition?",
  values: ["V", "S", "T", "O", "L", "P", "Q", "W", "G", "Z"],
  // The verdict, not the number of partitions: only the verdict is held while suspect. Stopped is worse and has its own alert.
  condition: [math("C", `$V == ${stalled.code} && ${NOT_SILENCED}`)],
};

const OBJECTIVE: ConsumerRule = {
  uid: "lagline-consumer-objective-missed",
  when: "time lag above the objective of the group's policy, and no critical verdict",
  name: "KafkaConsumerObjectiveMissed",
  severity: "warning",
  pendingSeconds: 300,
  keepFiringSeconds: 300,
  reason: "Five minutes as in the catalogue of peers; the objective is the group's own, from its policy.",
  runbook: "kafka-consumer-objective-missed",
  panel: "fleetTimeLag",
  summary: `${WHO} is later than its objective${whenKnown("R", ` (${RATIO}×)`, "")}. Verdict: ${verdictWord("V")}.`,
  description: "First: is more produced than usual, or less consumed? On all partitions or one?",
  values: ["V", "R", "T", "O", "L", "P", "Q", "E", "W", "G", "Z", "B"],
  condition: [
    // 0 while a critical verdict or a rewind has its own alert, and while a batch run works off what has waited for it.
    math(
      "M",
      `$R * ($V < ${noOwner.code}) * ($V != ${rewound.code}) * !($V == ${catchingUp.code} && $B == 0) * (${NOT_SILENCED})`,
    ),
    threshold("C", "M", { operator: "gt", fire: 1, recover: RECOVERED_RATIO }),
  ],
};

const GROWING: ConsumerRule = {
  uid: "lagline-consumer-lag-growing",
  when: "verdict falling behind, and not late yet",
  name: "KafkaConsumerLagGrowing",
  severity: "warning",
  pendingSeconds: 300,
  keepFiringSeconds: 300,
  reason: "Only groups that are not late yet, but will be within the horizon; five minutes exclude a burst.",
  runbook: "kafka-consumer-lag-growing",
  panel: "fleetTimeLag",
  summary: `${WHO} falls behind and will miss its objective of ${duration("O")} ${whenKnown("X", `in ${DURATION}`, "soon")}.`,
  description: "Nothing is late yet. First: is more produced than usual, or less consumed?",
  values: ["V", "R", "X", "T", "O", "L", "P", "Q", "W", "G", "Z"],
  // Of a group that is not late the verdict says this only when the objective will be missed within a quarter of an hour.
  condition: [math("C", `$V == ${fallingBehind.code} && $R <= 1 && ${NOT_SILENCED}`)],
};

const REWOUND: ConsumerRule = {
  uid: "lagline-consumer-offsets-rewound",
  when: "verdict rewound: committed offsets went back",
  name: "KafkaConsumerOffsetsRewound",
  severity: "warning",
  pendingSeconds: 0,
  keepFiringSeconds: 300,
  reason:
    "An offset does not go back by itself: told at once, because whoever did it by mistake can still stop the consumer. Over when the group is where it was.",
  runbook: "kafka-consumer-offsets-rewound",
  panel: "fleetTimeline",
  summary: `${WHO} reads again what it has read before: its offsets went back, ${WAITING}.`,
  description: "First: did somebody reset the offsets on purpose? Each of these messages is handled twice.",
  values: ["V", "T", "O", "L", "P", "Q", "E", "W", "G", "Z"],
  condition: [math("C", `$V == ${rewound.code} && ${NOT_SILENCED}`)],
};

type NothingConsumed = "no_owner" | "vanished" | "stopped";

/** Words by the verdict that holds now; `stopped` also where none is known. */
function byVerdict(words: Record<NothingConsumed, string>): string {
  const { no_owner: owner, vanished } = VERDICTS;
  return whenKnown(
    "V",
    `{{ if eq .Value ${owner.code}.0 }}${words.no_owner}{{ else if eq .Value ${vanished.code}.0 }}${words.vanished}{{ else }}${words.stopped}{{ end }}`,
    words.stopped,
  );
}

export const CONSUMER_RULES: readonly ConsumerRule[] = [STOPPED, STALLED, OBJECTIVE, GROWING, REWOUND];
