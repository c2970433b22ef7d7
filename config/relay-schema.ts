/** `alerts.relay`, `alerts.watchdog`, `alerts.canary`: the way of an alert to Slack, and proofs that it works. */
import { z } from "zod";
import { cpus, filePath, httpUrl, megabytes, nonEmpty, port, secretFile, seconds } from "./common-schema.ts";

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
