/**
 * One `/topic/<t>` answer to a `TopicReading`. Burrow leaves partitions without a leader out of its list and moves the
 * rest together, so `offsets[i]` is partition i only while the list is complete. The number of partitions known from
 * the groups of the tick before, or from a longer list, tells the two apart.
 */
import type { ScrapeProblem, TopicReading } from "../../model/snapshot.ts";
import { sentenceStart, showName } from "./names.ts";
import { describeIssues, topicOffsets } from "./schema.ts";

export type DecodedTopic = {
  readonly reading: TopicReading | null;
  readonly problem: ScrapeProblem | null;
};

export function decodeTopic(
  body: unknown,
  topic: {
    readonly server: string;
    readonly cluster: string;
    readonly name: string;
    /** Partitions the topic must have at least, from other sources. */
    readonly knownPartitions: number;
    readonly maximumPartitions: number;
  },
): DecodedTopic {
  const start = sentenceStart({ ...topic, what: `topic ${showName(topic.name)}` });
  const refuse = (kind: ScrapeProblem["kind"], detail: string): ScrapeProblem => ({
    kind,
    scope: "topic",
    name: topic.name,
    detail: `${start} sent an answer that cannot be used as it is: ${detail}.`,
  });
  const parsed = topicOffsets.safeParse(body);
  if (!parsed.success) {
    return { reading: null, problem: refuse("schema", describeIssues(parsed.error)) };
  }
  const raw = parsed.data.offsets ?? [];
  if (raw.length > topic.maximumPartitions) {
    return {
      reading: null,
      problem: {
        ...refuse("limit", `${raw.length} partitions, the limit is ${topic.maximumPartitions}`),
        limit: "partitions_per_group",
      },
    };
  }
  if (raw.length < topic.knownPartitions) {
    return {
      reading: {
        topic: topic.name,
        endOffsets: [],
        assignable: false,
        unassigned: raw.map((value) => (isOffset(value) ? value : undefined)),
      },
      problem: null,
    };
  }
  let problem: ScrapeProblem | null = null;
  const endOffsets = raw.map((value, partition) => {
    if (isOffset(value)) {
      return value;
    }
    const kind = typeof value === "number" && value > Number.MAX_SAFE_INTEGER ? "number_too_large" : "schema";
    problem ??= refuse(
      kind,
      `the end offset of partition ${partition} is not a whole number from 0 to 2^53 - 1`,
    );
    return undefined;
  });
  return { reading: { topic: topic.name, endOffsets, assignable: true }, problem };
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** How many partitions each topic has, learned from groups and lists; survives a restart with the history. */
export type PartitionCounts = {
  /** Partitions the topic must have at least; 0 when nothing is known. */
  get(topic: string): number;
  learnFromGroup(topic: string, partition: number): void;
  learnFromList(topic: string, length: number): void;
  /** Ends a tick: what groups said in this tick replaces what they said before, when the tick was whole. */
  endTick(complete: boolean): void;
};

/** Ticks after which a list that stays shorter is believed: the topic was made again with fewer partitions. */
const LIST_MEMORY_TICKS = 10;

export function createPartitionCounts(): PartitionCounts {
  let fromGroups = new Map<string, number>();
  let next = new Map<string, number>();
  const fromLists = new Map<string, { length: number; age: number }>();
  return {
    get(topic) {
      // Groups are the better witness where the topic has any: their count follows a topic that was made again.
      return fromGroups.get(topic) ?? fromLists.get(topic)?.length ?? 0;
    },
    learnFromGroup(topic, partition) {
      if (partition >= (next.get(topic) ?? 0)) {
        next.set(topic, partition + 1);
      }
    },
    learnFromList(topic, length) {
      const known = fromLists.get(topic);
      if (known === undefined || length >= known.length) {
        fromLists.set(topic, { length, age: 0 });
      }
    },
    endTick(complete) {
      if (complete) {
        fromGroups = next;
      } else {
        for (const [topic, count] of next) {
          fromGroups.set(topic, Math.max(count, fromGroups.get(topic) ?? 0));
        }
      }
      next = new Map();
      for (const [topic, entry] of fromLists) {
        entry.age += 1;
        if (entry.age > LIST_MEMORY_TICKS) {
          fromLists.delete(topic);
        }
      }
    },
  };
}
