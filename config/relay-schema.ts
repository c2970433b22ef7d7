/** `alerts.relay`, `alerts.watchdog`, `alerts.canary`: the way of an alert to Slack, and proofs that it works. */
import { z } from "zod";
import {
  cpus,
  filePath,
  httpUrl,
  megabytes,
  nonEmpty,
  port,
  secretFile,
  seconds,
  topicName,
} from "./common-schema.ts";

export const relay = z
  .strictObject({
    address: nonEmpty
      .default("127.0.0.1")
      .describe("Address that the relay listens on. In a deployment it is the container's own network."),
    port: port.default(8090).describe("Port for Grafana's webhook, /healthz, /readyz and /metrics."),
    url: httpUrl
      .optional()
      .describe(
        "Address at which Grafana reaches the relay. Default: the relay of the deployment; for a Grafana elsewhere it must be given.",
      ),
    token_file: secretFile
      .default("secrets/relay-token")
      .describe("File with the token that Grafana shows the relay; created by `lagline secrets init`."),
    directory: filePath
      .default("var/relay")
      .describe("Where notifications, messages and state are kept. In a deployment this is a volume."),
    maximum_bytes: z
      .int()
      .min(1_048_576)
      .default(67_108_864)
      .describe("Bound of the notifications on disk. Beyond it the oldest are dropped and counted."),
    maximum_age_seconds: seconds
      .default(86_400)
      .describe(
        "A message that Slack did not take for this long is no news any more and goes to the dead letters.",
      ),
    address_patience_seconds: seconds
      .default(900)
      .describe(
        "How long messages wait when Slack refuses the address itself (revoked webhook, archived channel), so that it can be mended, before they go to the dead letters.",
      ),
    blind_grace_seconds: seconds
      .default(60)
      .describe(
        "How long Elasticsearch or the collector may be away before a message says that nobody watches.",
      ),
    request_timeout_seconds: seconds.default(10).describe("Deadline of one request to Slack."),
    message_gap_seconds: seconds
      .default(1.1)
      .describe("Between two messages of a channel. Slack allows about one a second."),
    retry_maximum_seconds: seconds
      .default(60)
      .describe("The longest wait between two tries while Slack fails, unless Slack asks for more."),
    stop_deadline_seconds: seconds
      .default(8)
      .describe("Time to send what waits after SIGTERM; the rest stays on disk."),
    log_level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("Log level."),
    memory_megabytes: megabytes.default(160).describe("Memory limit of the container."),
    cpus: cpus.default(0.25).describe("CPU quota of the container."),
  })
  .prefault({})
  .describe("The relay between Grafana and Slack (`alerts.slack.delivery: relay`).");

export const watchdog = z
  .strictObject({
    heartbeat_url_file: secretFile
      .optional()
      .describe(
        "File with the address of a dead-man's switch of yours: it gets a POST about every minute as long as Grafana's alerting works, and must alarm when none comes.",
      ),
    silence_seconds: seconds
      .default(300)
      .describe("The relay tells in Slack when Grafana's heartbeat was not heard for this long."),
  })
  .prefault({})
  .describe("An alert that always fires, about every minute: its silence is the alarm.");

/** Verdict, pending time, evaluation and group wait take about five minutes together. */
const SHORTEST_LATE_SECONDS = 420;

export const canary = z
  .strictObject({
    cluster: nonEmpty.describe("Cluster whose Kafka the canary uses; its `kafka` must be given."),
    group: nonEmpty.default("lagline-canary").describe("Consumer group of the canary, its own."),
    topic: topicName
      .default("lagline-canary")
      .describe("Topic of the canary, its own; created where it is missing."),
    quiet_seconds: seconds.default(3000).describe("How long the canary keeps up between two stops."),
    late_seconds: z
      .number()
      .min(SHORTEST_LATE_SECONDS)
      .default(600)
      .describe("How long it stops; long enough for its alert to come."),
    silence_seconds: seconds
      .optional()
      .describe(
        "The relay alarms when the canary's alert did not come for this long. Default: two cycles and 15 minutes.",
      ),
    report_seconds: seconds
      .optional()
      .describe(
        "How often a line in Slack says that the canary's alert came, so that Slack itself is proven too. Left out: never.",
      ),
  })
  .superRefine((value, context) => {
    const cycle = value.quiet_seconds + value.late_seconds;
    if (value.silence_seconds !== undefined && value.silence_seconds <= cycle) {
      context.addIssue({
        code: "custom",
        path: ["silence_seconds"],
        input: value.silence_seconds,
        message: `must be longer than a cycle, quiet_seconds and late_seconds together (${cycle})`,
      });
    }
  })
  .describe(
    "A consumer group that stops on purpose, over and over. Its alert never reaches people; its absence does. Needs the relay.",
  );

export type CanaryConfig = z.output<typeof canary>;
