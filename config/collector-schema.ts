/** `collector`: how Burrow is read, and what is kept until it is delivered. */
import { z } from "zod";
import { cpus, filePath, hostName, megabytes, port, seconds } from "./common-schema.ts";
import { outputs } from "./output-schema.ts";
import { shard } from "./shard-schema.ts";
import { telegraf } from "./telegraf-schema.ts";

/** Host names fit. */
const collectorName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    "must be 1 to 128 letters, digits, `.`, `_` or `-`, and begin with a letter or digit",
  );

const spool = z
  .strictObject({
    maximum_bytes: z
      .int()
      .min(1_048_576)
      .default(536_870_912)
      .describe(
        "Bound of the spool on disk. Beyond it the oldest documents are dropped, counted and alarmed.",
      ),
    maximum_age_seconds: seconds
      .default(259_200)
      .describe("Documents older than this are dropped, counted and alarmed (72 hours)."),
    dead_letter_maximum_bytes: z
      .int()
      .min(65_536)
      .default(67_108_864)
      .describe("Bound of the dead-letter store."),
  })
  .prefault({})
  .describe("Bounds of the spool.");

const limits = z
  .strictObject({
    response_bytes: z.int().min(1024).default(67_108_864).describe("Largest answer of Burrow that is read."),
    groups: z
      .int()
      .min(1)
      .default(20_000)
      .describe("Groups read per tick; the rest is counted and reported."),
    partitions: z
      .int()
      .min(1)
      .default(500_000)
      .describe(
        "Partitions read per tick over all groups; groups beyond it are reported as unreadable. Each needs about 1 kB of memory.",
      ),
    partitions_per_group: z.int().min(1).default(100_000).describe("Partitions read per group."),
    name_characters: z
      .int()
      .min(16)
      .default(1024)
      .describe("Longest name of a group, topic, owner or client that is read."),
    elasticsearch_answer_bytes: z
      .int()
      .min(65_536)
      .max(268_435_456)
      .default(67_108_864)
      .describe("Largest answer of Elasticsearch that is read; the request counts as not answered."),
    log_interval_seconds: seconds
      .default(300)
      .describe(
        "Length of the interval for log_lines. A line that is written says how many like it were not.",
      ),
    log_lines: z
      .int()
      .min(1)
      .default(1)
      .describe(
        "Log lines of one kind that are written per interval. Events that come once are never held back.",
      ),
  })
  .prefault({})
  .describe("Bounds against runaway input.");

export const collector = z
  .strictObject({
    name: collectorName
      .optional()
      .describe(
        "Name of this collector on its own records. Two collectors of one cluster need two names, and a name must stay the same over a restart. Default: the name of the host; in a deployment the name of the cluster.",
      ),
    standby_seconds: z
      .number()
      .min(0)
      .default(0)
      .describe(
        "For the second collector of a cluster: it reads this long after the tick, so that the documents of the first are stored and its own fill what is missing. At most a fifth of interval_seconds.",
      ),
    shard: shard.optional(),
    interval_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(30)
      .describe("Time between ticks. Ticks are aligned to multiples of it, in UTC."),
    jitter_seconds: z
      .number()
      .min(0)
      .default(0)
      .describe(
        "Random delay before each scrape, so that many collectors do not ask at once. The tick keeps its time.",
      ),
    shape: z
      .enum(["native", "telegraf"])
      .default("native")
      .describe(
        "`native`: Lagline's documents. `telegraf`: the documents of Telegraf's inputs.burrow and outputs.elasticsearch.",
      ),
    without_records: z
      .array(z.enum(["topic", "partition", "owner"]))
      .default([])
      .describe(
        "Kinds of native documents that are not written, to save space. They are read and judged all the same; the pages and commands about them have nothing to show. In shape telegraf `telegraf.measurements` says it.",
      ),
    telegraf,
    sidecar_mode: z
      .enum(["network-namespace", "shared-network"])
      .default("shared-network")
      .describe(
        "`shared-network`: the collector reads Burrow by name. `network-namespace`: it shares Burrow's network namespace and reads 127.0.0.1; Docker does not start it again when Burrow was stopped on purpose or the engine restarts, `scripts/up` does.",
      ),
    request_timeout_seconds: seconds.default(5).describe("Deadline of one request to Burrow."),
    concurrent_requests: z.int().min(1).max(64).default(8).describe("Requests to Burrow at a time."),
    minimum_complete: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Below this share of a filled window Burrow's status is not used."),
    spool_directory: filePath
      .default("var/spool")
      .describe("Where documents wait. In a deployment this is a volume."),
    spool,
    limits,
    outputs,
    bulk_documents: z.int().min(1).max(50_000).default(5000).describe("Documents per bulk request."),
    bulk_bytes: z.int().min(65_536).default(1_048_576).describe("Bytes per bulk request."),
    concurrent_bulks: z.int().min(1).max(8).default(2).describe("Bulk requests at a time."),
    gzip: z.boolean().default(true).describe("Compress bulk requests."),
    exit_after_unreachable_ticks: z
      .int()
      .min(1)
      .default(3)
      .describe(
        "In mode network-namespace, or with `collect --sidecar`: stop after this many ticks without a connection to Burrow, so that the restart policy joins its new namespace.",
      ),
    certificate_warning_days: z
      .int()
      .min(1)
      .max(365)
      .default(30)
      .describe(
        "A certificate that ends within this many days is said in the log once a day, and by `lagline doctor`: those that Elasticsearch and Burrow present, their authorities, and the files below `tls`; an API key that expires likewise.",
      ),
    stop_deadline_seconds: seconds
      .default(8)
      .describe("Time to deliver what waits after SIGTERM; the rest stays in the spool."),
    health_address: hostName.default("127.0.0.1").describe("Address of /healthz, /readyz and /metrics."),
    health_port: port.default(8089).describe("Port of /healthz, /readyz and /metrics."),
    log_level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Log level."),
    memory_megabytes: megabytes.default(256).describe("Memory limit of the container."),
    cpus: cpus.default(0.5).describe("CPU quota of the container."),
  })
  .prefault({})
  .describe("The collector beside each Burrow.");

export type CollectorConfig = z.output<typeof collector>;
