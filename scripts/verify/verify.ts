/** `lagline verify`: what is stored against what Kafka itself says, for one cluster. */
import type { KafkaConnection } from "../kafka-admin/connection.ts";
import { readGroupOffsets } from "../kafka-admin/offsets.ts";
import type { NameFilter } from "../search/globs.ts";
import type { Search } from "../search/search.ts";
import { compareOffsets } from "./compare.ts";
import type { Comparison, Tolerance } from "./compare.ts";
import { readStoredPartitions } from "./stored.ts";

export type VerifyOptions = {
  readonly search: Search;
  readonly kafka: KafkaConnection;
  /** Cluster as named in lagline.yaml. */
  readonly cluster: string;
  /** Groups to compare, those the collector's filters leave out excepted. */
  readonly group: NameFilter;
  /** Topics to compare; left out: all. */
  readonly topic?: NameFilter;
  readonly tolerance: Tolerance;
  /** The collector's interval; documents up to three of them before the newest tick count. */
  readonly intervalSeconds: number;
  readonly signal: AbortSignal;
};

export type VerifyResult = {
  readonly comparison: Comparison;
  /** Newest tick that was compared (epoch ms); null without any document. */
  readonly tickMs: number | null;
  /** What could not be read or understood, a sentence each. Not empty: the comparison covers only the rest. */
  readonly problems: readonly string[];
};

const SPAN_INTERVALS = 3;

/** @throws LaglineError where Elasticsearch or Kafka cannot be read at all. */
export async function verifyCluster(options: VerifyOptions): Promise<VerifyResult> {
  const burrowItself = `burrow-${options.cluster}`;
  const wanted: NameFilter = (group) => group !== burrowItself && options.group(group);
  // Documents first: Kafka's answer must not be older than what it is compared with.
  const stored = await readStoredPartitions(options.search, {
    cluster: options.cluster,
    group: wanted,
    spanSeconds: options.intervalSeconds * SPAN_INTERVALS,
    signal: options.signal,
  });
  const kafka = await readGroupOffsets({ ...options.kafka, includeGroup: wanted, signal: options.signal });
  const wantedTopic = options.topic ?? (() => true);
  const comparison = compareOffsets({
    stored: stored.partitions.filter(({ topic }) => wantedTopic(topic)),
    kafka: kafka.offsets.filter(({ topic }) => wantedTopic(topic)),
    kafkaReadAtMs: kafka.endedAtMs,
    tolerance: options.tolerance,
  });
  const unreadable =
    stored.unreadable === 0
      ? []
      : [`${stored.unreadable} stored documents could not be understood; written by another version?`];
  return { comparison, tickMs: stored.tickMs, problems: [...unreadable, ...kafka.problems] };
}
