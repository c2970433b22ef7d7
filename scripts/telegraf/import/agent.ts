/** `[agent]` and `[global_tags]` to the collector's settings. */
import type { Notes } from "./notes.ts";
import type { Table, TomlTable } from "./table.ts";

export type CollectorDraft = {
  shape: "telegraf";
  telegraf: { defects: "keep" | "fix"; host_tag?: string | false; tags?: Record<string, string> };
  interval_seconds?: number;
  jitter_seconds?: number;
  standby_seconds?: number;
  bulk_documents?: number;
  gzip?: boolean;
  log_level?: "debug" | "warn";
  request_timeout_seconds?: number;
  concurrent_requests?: number;
};

const LONGEST_INTERVAL = 3600;
const LARGEST_BATCH = 50_000;

const SPOOLED = "documents wait on disk, bounded by collector.spool.maximum_bytes and maximum_age_seconds.";
const AT_ONCE = "documents are sent as soon as their cycle is on disk.";
const LOGGING = "the collector writes JSON lines to standard error; your service manager keeps them.";

export function readAgent(agent: Table, collector: CollectorDraft): void {
  setInterval(collector, agent);
  const batch = agent.whole("metric_batch_size");
  if (batch !== undefined) collector.bulk_documents = batchSize(batch);
  if (agent.flag("debug") === true) collector.log_level = "debug";
  else if (agent.flag("quiet") === true) collector.log_level = "warn";
  const host = agent.text("hostname");
  if (agent.flag("omit_hostname") === true) collector.telegraf.host_tag = false;
  else if (host !== undefined) collector.telegraf.host_tag = host;
  if (agent.flag("round_interval") === false) {
    agent.note(
      "round_interval",
      "is false there; Lagline's ticks are always aligned, so that two collectors agree.",
    );
  }
  agent.without({
    precision: "all documents of a cycle have the time of its tick.",
    metric_buffer_limit: SPOOLED,
    buffer_strategy: SPOOLED,
    buffer_directory: SPOOLED,
    buffer_disk_sync: SPOOLED,
    flush_interval: AT_ONCE,
    flush_jitter: AT_ONCE,
    quiet: "sets the log level, which debug sets already.",
    logfile: LOGGING,
    logformat: LOGGING,
    logtarget: LOGGING,
    logfile_rotation_interval: LOGGING,
    logfile_rotation_max_size: LOGGING,
    logfile_rotation_max_archives: LOGGING,
    log_with_timezone: LOGGING,
    structured_log_message_key: LOGGING,
    statefile: "the spool and the collector's own files keep what has to survive.",
    skip_processors_after_aggregators: "there are no processors.",
    skip_processors_after_startup: "there are no processors.",
  });
  agent.finish();
}

export function batchSize(documents: number): number {
  return Math.min(Math.max(documents, 1), LARGEST_BATCH);
}

/** From the agent, or from the input, which goes before it. */
export function setInterval(collector: CollectorDraft, table: Table, prefix = ""): void {
  const interval = table.seconds("interval");
  if (interval !== undefined) {
    const whole = Math.min(Math.max(Math.round(interval), 1), LONGEST_INTERVAL);
    collector.interval_seconds = whole;
    if (whole !== interval)
      table.note(
        "interval",
        `is ${interval} s there; whole seconds from 1 to ${LONGEST_INTERVAL} are possible, so it is ${whole}.`,
      );
  }
  const jitter = table.seconds(`${prefix}collection_jitter`);
  if (jitter !== undefined && jitter > 0) collector.jitter_seconds = jitter;
  const offset = table.seconds("collection_offset");
  if (offset !== undefined && offset > 0) collector.standby_seconds = offset;
}

/** Bounds that depend on the interval, which agent and inputs set one after the other. */
export function fitToInterval(collector: CollectorDraft, notes: Notes): void {
  const {
    interval_seconds: interval = LONGEST_INTERVAL,
    jitter_seconds: jitter = 0,
    standby_seconds: offset = 0,
  } = collector;
  const most = interval / 5;
  if (offset > most) {
    collector.standby_seconds = most;
    notes.add(
      "collection_offset",
      `is ${offset} s there; at most a fifth of the interval is possible, so it is ${most} (collector.standby_seconds).`,
    );
  }
  if (jitter >= interval) {
    collector.jitter_seconds = interval / 2;
    notes.add(
      "collection_jitter",
      `is ${jitter} s there; it must be less than the interval, so it is ${interval / 2}.`,
    );
  }
}

const OWN_TAGS = new Set(["cluster", "group", "topic", "partition", "owner", "server"]);

/** Tags of every document. Names that the measurements set themselves cannot be replaced, there as here. */
export function readTags(tags: TomlTable, collector: CollectorDraft, table: Table): void {
  for (const name of Object.keys(tags)) {
    const value = table.text(name);
    if (value === undefined) continue;
    if (name === "host") collector.telegraf.host_tag = value;
    else if (OWN_TAGS.has(name)) table.note(name, "is a tag that the measurements set themselves.");
    else collector.telegraf.tags = { ...collector.telegraf.tags, [name]: value };
  }
  table.finish();
}
