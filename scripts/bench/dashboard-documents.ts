/** Documents of a large installation, cheap to make: what the pages read, with a few groups in trouble at any time. */
import type { LagDocument } from "../../model/documents.ts";
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";

export type Installation = {
  readonly clusters: number;
  readonly groups: number;
  readonly partitionsPerGroup: number;
  readonly topics: number;
};

const OBJECTIVE_SECONDS = 60;
const OWNERS = 3;
const TEAMS = 20;
/** One group in so many is in trouble, others by the hour. */
const TROUBLED_EVERY = 100;
const HOUR_MS = 3_600_000;
const TROUBLES: readonly Verdict[] = ["stopped", "stalled", "falling_behind", "hot_partition", "rewound"];

/** Everything of one tick. */
export function tickDocuments(tickMs: number, of: Installation): readonly LagDocument[] {
  const stamp = new Date(tickMs).toISOString();
  const numbers = Array.from({ length: of.groups }, (_, number) => number);
  return [
    ...Array.from({ length: of.clusters }, (_, index) =>
      clusterDocuments(stamp, `cluster-${index}`, of),
    ).flat(),
    ...numbers.flatMap((number) => groupDocuments(tickMs, stamp, { number, of })),
    ...Array.from({ length: of.topics }, (_, number) => topicDocument(stamp, number, of)),
  ];
}

export function groupName(number: number): string {
  return `team-${number % TEAMS}-consumer-of-events-${String(number).padStart(4, "0")}`;
}

function verdictOf(number: number, tickMs: number): Verdict {
  const hour = Math.floor(tickMs / HOUR_MS);
  if ((number + hour) % TROUBLED_EVERY !== 0) return number % 7 === 0 ? "idle" : "ok";
  return TROUBLES[number % TROUBLES.length] ?? "stopped";
}

type Shared = Omit<LagDocument, "record">;

function partitionDocument(
  share: Shared,
  topic: string,
  of: { partition: number; number: number; tickMs: number; lag: number },
): LagDocument {
  const { partition, number, tickMs, lag } = of;
  const owner = partition % OWNERS;
  return {
    ...share,
    record: "partition",
    topic,
    partition: String(partition),
    partition_number: partition,
    partition_label: `${topic}/${String(partition).padStart(6, "0")}`,
    lag,
    committed_offset: Math.round(tickMs / 1000),
    log_end_offset: Math.round(tickMs / 1000) + lag,
    partition_owner: `10.0.${number % 250}.${owner}`,
    client_id: `consumer-${number}-${owner}`,
  };
}

function groupDocuments(
  tickMs: number,
  stamp: string,
  { number, of }: { readonly number: number; readonly of: Installation },
): readonly LagDocument[] {
  const verdict = verdictOf(number, tickMs);
  const { code } = VERDICTS[verdict];
  const isBad = code > VERDICTS.suspect_data.code;
  const late = isBad ? (tickMs % HOUR_MS) / 1000 : (number % 40) / 10;
  const lag = Math.round(late * 50);
  const share = {
    "@timestamp": stamp,
    cluster: `cluster-${number % of.clusters}`,
    group: groupName(number),
    verdict,
    verdict_code: code,
    verdict_since: stamp,
    verdict_seconds: late,
    status: isBad ? "ERR" : "OK",
    status_code: isBad ? 3 : 1,
    complete: 1,
    time_lag_seconds: late,
    time_lag_method: "interpolated",
    time_lag_error_seconds: 3,
    commit_age_seconds: isBad ? late : 2,
    produce_rate: 50 + (number % 13),
    consume_rate: isBad ? 0 : 50 + (number % 13),
    lag_velocity: isBad ? 50 : 0,
    suspect: 0,
    cause: isBad
      ? `No commit for ${Math.round(late)} s on all partitions while ${lag} messages wait; no consumer is left.`
      : `Keeps up: ${lag} messages wait, ${late} s late, objective 60 s.`,
  } as const;
  const topic = `events-${number % of.topics}`;
  return [
    {
      ...share,
      record: "group",
      total_lag: lag * of.partitionsPerGroup,
      max_lag: lag,
      objective_seconds: OBJECTIVE_SECONDS,
      objective_ratio: late / OBJECTIVE_SECONDS,
      within_objective: late <= OBJECTIVE_SECONDS ? 1 : 0,
      lag_floor: 100,
      policy: "default",
      tier: "standard",
      team: `team-${number % TEAMS}`,
      topics: [topic],
      worst_topic: topic,
      worst_partition: 0,
      worst_owner: `10.0.${number % 250}.1`,
      partition_count: of.partitionsPerGroup,
      owner_count: OWNERS,
    },
    ...Array.from({ length: of.partitionsPerGroup }, (_, partition) =>
      partitionDocument(share, topic, { partition, number, tickMs, lag }),
    ),
  ];
}

function topicDocument(stamp: string, number: number, of: Installation): LagDocument {
  return {
    "@timestamp": stamp,
    record: "topic",
    cluster: `cluster-${number % of.clusters}`,
    topic: `events-${number}`,
    topic_rollup: 1,
    produce_rate: 100 + number,
    partition_count: of.partitionsPerGroup,
    skew: 1.2,
  };
}

function clusterDocuments(stamp: string, cluster: string, of: Installation): readonly LagDocument[] {
  const groups = Math.floor(of.groups / of.clusters);
  return [
    {
      "@timestamp": stamp,
      record: "cluster",
      cluster,
      group_count: groups,
      groups_ok: groups - 5,
      groups_critical: 3,
      groups_warning: 2,
      groups_unknown: 0,
      groups_unreadable: 0,
      burrow_ready: 1,
      suspect: 0,
      data_age_seconds: 3,
    },
    {
      "@timestamp": stamp,
      record: "collector",
      cluster,
      collector: cluster,
      cycle_seconds: 1.6,
      spool_documents: 0,
      spool_age_seconds: 0,
      documents_stored: 1_000_000,
      documents_duplicate: 0,
      documents_dropped: 0,
      documents_dead_lettered: 0,
      burrow_errors: 0,
    },
  ];
}
