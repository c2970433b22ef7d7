/** Fields and tags of the documents of shape `telegraf`, with their types in Elasticsearch. */

type FieldType = "keyword" | "long" | "double";

/** Tags by name; those of a series identify it, the others change with a healthy restart. */
export const TELEGRAF_TAGS = {
  series: ["cluster", "group", "topic", "partition", "server"],
  other: ["owner", "host"],
} as const;

/** Telegraf's own fields first, then Lagline's (`extra_fields`, and the measurement `burrow_scrape`). */
export const TELEGRAF_FIELDS = {
  burrow_group: {
    status: "keyword",
    status_code: "long",
    partition_count: "long",
    total_lag: "long",
    lag: "long",
    offset: "long",
    timestamp: "long",
    complete: "double",
  },
  burrow_partition: {
    status: "keyword",
    status_code: "long",
    lag: "long",
    offset: "long",
    timestamp: "long",
    complete: "double",
    client_id: "keyword",
    start_offset: "long",
    start_timestamp: "long",
    observed_at: "long",
    observed_lag: "long",
  },
  burrow_topic: { offset: "long" },
  burrow_scrape: {
    up: "long",
    duration_seconds: "double",
    requests: "long",
    failures: "long",
    groups: "long",
    groups_unreadable: "long",
    topics: "long",
    partitions: "long",
    documents: "long",
  },
} as const satisfies Record<string, Record<string, FieldType>>;
