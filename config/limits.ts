/**
 * Every bound of the collector: what happens at it, what counts it and what is said. The table in the documentation is
 * made of this and of the schema; a test holds the two against each other and against the metrics.
 */
export type Limit = {
  /** Setting of lagline.yaml. */
  readonly setting: string;
  /** What happens beyond it. */
  readonly beyond: string;
  /** Metric that counts it; null where nothing is lost or left out. */
  readonly counter: string | null;
  /** Code of the log line; null where there is none. */
  readonly code: string | null;
};

const exceeded = (limit: string) => `lagline_limit_exceeded_total{limit="${limit}"}`;

export const LIMITS: readonly Limit[] = [
  {
    setting: "collector.limits.response_bytes",
    beyond: "The answer of Burrow is cut off and that group or list is reported as unreadable.",
    counter: exceeded("response_bytes"),
    code: "LAGLINE_BURROW_BODY_TOO_LARGE.group",
  },
  {
    setting: "collector.limits.groups",
    beyond:
      "Groups behind it in the order of their names are not read, nor taken for gone. The same number bounds topics.",
    counter: exceeded("groups"),
    code: "LAGLINE_BURROW_LIMIT.cluster",
  },
  {
    setting: "collector.limits.partitions",
    beyond: "Groups that would go beyond it, and those after them, are reported as unreadable in this tick.",
    counter: exceeded("partitions"),
    code: "LAGLINE_BURROW_LIMIT.group",
  },
  {
    setting: "collector.limits.partitions_per_group",
    beyond: "Further partitions of that group are left out. A topic with more is left out.",
    counter: exceeded("partitions_per_group"),
    code: "LAGLINE_BURROW_LIMIT.partition",
  },
  {
    setting: "collector.limits.name_characters",
    beyond:
      "A group or topic is reported as unreadable; of a partition the topic is left out, or only its owner or client id.",
    counter: exceeded("name_characters"),
    code: "LAGLINE_BURROW_UNREACHABLE_NAME.group",
  },
  {
    setting: "collector.limits.elasticsearch_answer_bytes",
    beyond: "The answer is cut off and counts as none: the documents stay in the spool and are sent again.",
    counter: exceeded("elasticsearch_answer_bytes"),
    code: "LAGLINE_ELASTICSEARCH_RETRY",
  },
  {
    setting: "collector.limits.log_lines",
    beyond: "Further lines of that kind are not written; the next one that is says how many.",
    counter: "lagline_log_lines_suppressed_total",
    code: null,
  },
  {
    setting: "collector.limits.log_interval_seconds",
    beyond: "The interval of `log_lines`.",
    counter: null,
    code: null,
  },
  {
    setting: "collector.request_timeout_seconds",
    beyond: "The request to Burrow is cut off and that group or list is reported as unreadable.",
    counter: 'lagline_burrow_problems_total{kind="timeout"}',
    code: "LAGLINE_BURROW_TIMEOUT.group",
  },
  {
    setting: "collector.concurrent_requests",
    beyond: "Further requests to Burrow wait their turn; connections are bounded by the same number.",
    counter: null,
    code: null,
  },
  {
    setting: "collector.concurrent_bulks",
    beyond: "Further batches wait in the spool.",
    counter: null,
    code: null,
  },
  {
    setting: "collector.bulk_documents",
    beyond: "A batch is sent in several requests.",
    counter: null,
    code: null,
  },
  {
    setting: "collector.bulk_bytes",
    beyond: "A batch is sent in several requests; one larger document goes alone.",
    counter: null,
    code: null,
  },
  {
    setting: "collector.spool.maximum_bytes",
    beyond: "The oldest documents are dropped, a segment of 8 MiB at a time.",
    counter: 'lagline_spool_dropped_documents_total{reason="size"}',
    code: "LAGLINE_SPOOL_DROPPED",
  },
  {
    setting: "collector.spool.maximum_age_seconds",
    beyond: "Older documents are dropped.",
    counter: 'lagline_spool_dropped_documents_total{reason="age"}',
    code: "LAGLINE_SPOOL_DROPPED",
  },
  {
    setting: "collector.spool.dead_letter_maximum_bytes",
    beyond: "The oldest dead letters are removed, an eighth of the store at a time.",
    counter: "lagline_dead_letters_dropped_total",
    code: "LAGLINE_SPOOL_DEAD_LETTERS_DROPPED",
  },
  {
    setting: "collector.outputs.file.file_bytes",
    beyond: "The next file is begun. A batch that is larger than a file is left out of the files.",
    counter: 'lagline_file_output_lost_documents_total{reason="too_large"}',
    code: "LAGLINE_FILE_OUTPUT_LOST",
  },
  {
    setting: "collector.outputs.file.files",
    beyond: "The oldest file is removed before another is begun.",
    counter: null,
    code: null,
  },
  {
    setting: "collector.stop_deadline_seconds",
    beyond: "What was not delivered stays in the spool for the next start.",
    counter: null,
    code: "LAGLINE_COLLECT_STOPPED",
  },
  {
    setting: "collector.memory_megabytes",
    beyond: "The container is stopped and started again; what was accepted is in the spool.",
    counter: null,
    code: null,
  },
];
