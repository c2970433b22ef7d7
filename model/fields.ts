/**
 * Every field of every document, once: Elasticsearch type, role, unit and meaning. Index templates, dashboards, alert
 * rules and the generated reference all read this table, so a name cannot drift between them.
 *
 * Roles: `dimension` identifies a time series and must survive a healthy restart unchanged; `metric` is a gauge;
 * `text` is a keyword that describes but does not identify; `time` is a date.
 */
export type RecordKind = (typeof RECORD_KINDS)[number];
export const RECORD_KINDS = [
  "partition",
  "group",
  "topic",
  "owner",
  "cluster",
  "event",
  "collector",
] as const;

type FieldType = "keyword" | "long" | "integer" | "double" | "date";
export type FieldInfo = {
  readonly type: FieldType;
  readonly role: "dimension" | "metric" | "text" | "time";
  readonly unit?:
    | "seconds"
    | "messages"
    | "messages/s"
    | "messages/s²"
    | "ratio"
    | "bytes"
    | "count"
    | "offset"
    | "0/1";
  readonly records: readonly RecordKind[];
  readonly description: string;
};

const all = RECORD_KINDS;
const dimension = (records: readonly RecordKind[], description: string) =>
  ({ type: "keyword", role: "dimension", records, description }) as const;
const text = (records: readonly RecordKind[], description: string) =>
  ({ type: "keyword", role: "text", records, description }) as const;
const time = (records: readonly RecordKind[], description: string) =>
  ({ type: "date", role: "time", records, description }) as const;
const long = (
  unit: "messages" | "offset" | "bytes" | "count",
  records: readonly RecordKind[],
  description: string,
) => ({ type: "long", role: "metric", unit, records, description }) as const;
const double = (
  unit: "seconds" | "messages/s" | "messages/s²" | "ratio",
  records: readonly RecordKind[],
  description: string,
) => ({ type: "double", role: "metric", unit, records, description }) as const;
const code = (records: readonly RecordKind[], description: string) =>
  ({ type: "integer", role: "metric", unit: "count", records, description }) as const;
const flag = (records: readonly RecordKind[], description: string) =>
  ({ type: "integer", role: "metric", unit: "0/1", records, description }) as const;

const P = ["partition"] as const;
const G = ["group"] as const;
const PG = ["partition", "group"] as const;
const C = ["cluster"] as const;
const E = ["event"] as const;
const K = ["collector"] as const;

export const FIELDS = {
  "@timestamp": time(all, "The tick: start of the interval in UTC, the same for every document of a cycle."),
  record: dimension(all, "Which kind of document this is."),
  cluster: dimension(all, "Kafka cluster, as named in lagline.yaml."),
  group: dimension(["partition", "group", "owner", "event"], "Consumer group."),
  topic: dimension(["partition", "topic", "event"], "Topic."),
  partition: dimension(
    ["partition", "topic", "event"],
    "Partition number as text, so that it can identify a series.",
  ),
  owner: dimension(["owner"], "Host that owns partitions of the group; only on owner records."),
  collector: dimension(
    K,
    "Name of the collector; only on its own records, so that two collectors write the same lag documents.",
  ),
  event_kind: dimension(
    E,
    "What happened: verdict, owners, rewind (offsets went back, or jumped ahead: see event_to), group_appeared, group_vanished, deployment, mute.",
  ),

  partition_number: code(["partition", "topic"], "Partition number, sortable."),
  partition_label: text(["partition", "topic"], "Topic and zero-padded partition number, sorts as text."),
  status: text(PG, "Burrow's own status word. Evidence, not the verdict."),
  status_code: code(
    PG,
    "Burrow's own number of its status: NOTFOUND 0, OK 1, WARN 2, ERR 3, STOP 4, STALL 5, REWIND 6.",
  ),
  complete: double("ratio", PG, "How much of Burrow's window is filled; below 1 its status says nothing."),
  lag: long("messages", P, "Messages behind: log end offset minus committed offset."),
  committed_offset: long("offset", P, "Offset the group committed last."),
  log_end_offset: long(
    "offset",
    ["partition", "topic"],
    "Offset the next produced message will get; on a topic roll-up the sum over its partitions.",
  ),
  partition_owner: text(P, "Host that owns the partition now, or the last one known."),
  client_id: text(P, "Client id of the owner."),
  committed_at: time(PG, "Time of the last commit, by the broker's clock."),
  observed_at: time(P, "When Burrow saw that commit, by Burrow's clock."),
  commit_age_seconds: double(
    "seconds",
    PG,
    "Time since the last commit; for a group since the last commit on any partition.",
  ),
  window_start_offset: long("offset", P, "Oldest commit of Burrow's window."),
  window_start_at: time(P, "Time of the oldest commit of Burrow's window."),
  window_seconds: double("seconds", P, "Length of Burrow's window."),

  consume_rate: double(
    "messages/s",
    ["partition", "group", "owner"],
    "Messages committed per second, smoothed.",
  ),
  produce_rate: double(
    "messages/s",
    ["partition", "group", "topic"],
    "Messages appended per second, smoothed; for a group over the partitions it reads.",
  ),
  lag_velocity: double("messages/s", PG, "Change of lag per second; above 0 it grows."),
  time_lag_seconds: double(
    "seconds",
    ["partition", "group", "owner"],
    "Age of the oldest message not yet consumed; for a group the worst partition.",
  ),
  time_lag_method: text(PG, "How the time lag was found: exact, interpolated, lower_bound, estimated, none."),
  time_lag_error_seconds: double(
    "seconds",
    PG,
    "Half-width of the interval in which the time lag lies, for methods exact and interpolated.",
  ),
  eta_seconds: double(
    "seconds",
    PG,
    "Time until the lag is gone at the present rates; absent while it does not shrink.",
  ),
  breach_in_seconds: double(
    "seconds",
    G,
    "Time until the objective is missed at the present rates; absent while lag does not grow.",
  ),
  verdict: text(PG, "Lagline's answer in one word."),
  verdict_code: code(
    PG,
    "Number of the verdict, in order of urgency. While suspect it repeats the last trusted verdict, so that a rule that reads it neither fires nor resolves on doubtful data.",
  ),
  cause: text(["partition", "group", "event"], "Why, in one sentence with the numbers behind it."),
  verdict_since: time(PG, "When this verdict began."),
  verdict_seconds: double("seconds", PG, "How long this verdict has held."),
  suspect: flag(["partition", "group", "cluster"], "1 while the monitoring itself cannot be trusted."),
  suspect_reason: text(["group", "cluster"], "What makes the data suspect."),

  total_lag: long("messages", ["group", "owner", "cluster"], "Sum of the lag of all partitions."),
  max_lag: long("messages", G, "Lag of the partition that is furthest behind, in messages."),
  worst_topic: text(
    G,
    "Topic of the partition with the highest time lag (or lag, where no time lag is known).",
  ),
  worst_partition: code(G, "Number of that partition."),
  worst_owner: text(G, "Owner of that partition."),
  topics: text(G, "Topics the group reads."),
  owners: text(G, "Hosts that own partitions."),
  owner_count: long(
    "count",
    G,
    "Number of hosts that own partitions; absent where Burrow cannot know (KIP-848 groups).",
  ),
  partition_count: long("count", ["group", "owner", "topic", "cluster"], "Number of partitions."),
  partitions_lagging: long("count", G, "Partitions above the lag floor."),
  partitions_stopped: long("count", G, "Partitions judged stopped."),
  partitions_stalled: long("count", G, "Partitions judged stalled."),
  partitions_rewound: long("count", G, "Partitions judged rewound."),
  partitions_without_owner: long(
    "count",
    G,
    "Partitions with lag and no known owner while the group has owners.",
  ),
  hot_partition_share: double("ratio", G, "Share of the group's lag that sits on its worst partition."),
  policy: text(G, "Policy rule that applies."),
  tier: text(G, "Tier of that policy."),
  team: text(["group", "event"], "Team that owns the group; on events of kind verdict."),
  objective_seconds: double("seconds", G, "Highest time lag that is still fine."),
  objective_ratio: double(
    "ratio",
    G,
    "Highest time lag ÷ objective over the partitions that hold their share of the lag floor; above 1 the objective is missed. 0 below the lag floor and while idle; while suspect it repeats the last trusted value.",
  ),
  within_objective: flag(
    G,
    "1 while objective_ratio is at most 1, 0 while the objective is missed; absent while suspect, because nothing is known then. Its average over a time is the share of that time within the objective.",
  ),
  lag_floor: long("messages", G, "Lag below which time lag is not held against the group."),
  expected_idle: flag(G, "1 where a group without commits is normal."),
  lag_expected: flag(
    G,
    "1 while lag is expected, outside the batch windows of the policy; only where it has batch windows.",
  ),

  skew: double("ratio", ["topic"], "Highest produce rate of a partition ÷ mean over the topic's partitions."),
  topic_rollup: flag(["topic"], "1 on the record of the whole topic, 0 on the record of one partition."),

  group_count: long("count", C, "Groups read in this tick."),
  groups_failing: long("count", C, "Groups whose verdict is a warning or worse."),
  groups_unreadable: long("count", C, "Groups that are listed but could not be read."),
  topic_count: long("count", C, "Topics read in this tick."),
  data_age_seconds: double("seconds", C, "Age of the newest commit that Burrow saw in any group."),
  burrow_ready: flag(C, "1 when Burrow said READY."),
  burrow_self_lag: long("messages", C, "Records of __consumer_offsets that Burrow has not read yet."),
  incomplete_groups: long("count", C, "Groups whose Burrow window is not filled yet."),
  groups_ok: long("count", C, "Groups by verdict: ok, idle or catching up."),
  groups_warning: long("count", C, "Groups with a warning verdict."),
  groups_critical: long("count", C, "Groups with a critical verdict."),
  groups_unknown: long("count", C, "Groups with verdict unknown or suspect_data."),

  event_from: text(E, "State before."),
  event_to: text(E, "State after."),
  event_until: time(
    E,
    "When a deployment or a mute is over; until then no alert about the group begins. Only on events of kind mute and deployment, whose event_to is rolling, blue_green, canary or stop.",
  ),
  event_text: text(E, "The event in one sentence."),
  duration_seconds: double("seconds", E, "How long the state before had held."),
  event_since: time(E, "When the state before began; on events of kind verdict."),
  peak_time_lag_seconds: double(
    "seconds",
    E,
    "Highest time lag while the verdict before held; on events of kind verdict, where that was a warning or worse.",
  ),
  peak_lag: long("messages", E, "Highest lag of the whole group in that time."),
  peak_cause: text(E, "The cause as it was last said while most partitions were concerned."),
  rewound_messages: long("messages", E, "How far the committed offset went back."),

  collector_version: text(K, "Build of the collector."),
  cycle_seconds: double("seconds", K, "Whole cycle, from the tick to the last document spooled."),
  scrape_seconds: double("seconds", K, "Reading from Burrow."),
  interval_seconds: double("seconds", K, "Configured interval."),
  burrow_requests: long("count", K, "Requests to Burrow in this cycle."),
  burrow_errors: long("count", K, "Requests to Burrow that failed in this cycle."),
  ticks_skipped: long("count", K, "Ticks skipped since the collector started, because a cycle overran."),
  spool_documents: long("count", K, "Documents waiting in the spool."),
  spool_bytes: long("bytes", K, "Bytes on disk in the spool."),
  spool_age_seconds: double("seconds", K, "Age of the oldest document waiting in the spool."),
  documents_accepted: long("count", K, "Documents accepted into the spool since the collector started."),
  documents_stored: long("count", K, "Documents that Elasticsearch stored since the collector started."),
  documents_duplicate: long("count", K, "Documents that Elasticsearch already had."),
  documents_dead_lettered: long("count", K, "Documents moved to the dead-letter store."),
  documents_dropped: long("count", K, "Documents dropped because the spool reached its bound."),
  bulk_retries: long("count", K, "Bulk requests that had to be sent again."),
  resident_bytes: long("bytes", K, "Resident memory of the collector."),
} as const satisfies Record<string, FieldInfo>;

export type FieldName = keyof typeof FIELDS;
type ValueOf<T extends FieldType> = T extends "keyword" | "date" ? string : number;
/** Keyword fields that hold a list. */
type ListField = "topics" | "owners";
export type FieldValues = {
  [K in FieldName]: K extends ListField ? readonly string[] : ValueOf<(typeof FIELDS)[K]["type"]>;
};

/** Every field, in the order of the table. */
// eslint-disable-next-line typescript/no-unsafe-type-assertion -- the table is a constant: its keys are exactly these
export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[];
export const DIMENSIONS = FIELD_NAMES.filter((name) => FIELDS[name].role === "dimension");
