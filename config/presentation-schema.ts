/** `grafana`, `alerts`, `policies`: who looks, who is told, and what is expected of each group. */
import { z } from "zod";
import { WEEKDAYS } from "../model/policy.ts";
import { slackChannels } from "./alert-routing.ts";
import {
  cpus,
  exactlyOne,
  filePath,
  globs,
  httpUrl,
  megabytes,
  nonEmpty,
  port,
  seconds,
  secretFile,
} from "./common-schema.ts";
import { canary, relay, watchdog } from "./relay-schema.ts";

const managedGrafana = z
  .strictObject({
    memory_megabytes: megabytes.default(512).describe("Memory limit."),
    cpus: cpus.default(1).describe("CPU quota."),
    host_port: port.default(13_000).describe("Port on this host, bound to 127.0.0.1."),
    admin_password_file: secretFile
      .default("secrets/grafana-admin-password")
      .describe("File with the password of the user `admin`; created by `lagline secrets init`."),
    image: nonEmpty
      .optional()
      .describe("Another image than the default, for example from a registry of your own."),
  })
  .describe("A Grafana that a stack provisions.");

export const grafana = z
  .strictObject({
    managed: managedGrafana.optional(),
    external: z
      .strictObject({ url: httpUrl.describe("Address of Grafana, for links.") })
      .optional()
      .describe("A Grafana that exists already: its files are rendered, you mount them."),
    files: z.strictObject({}).optional().describe("No Grafana: only render its files."),
    root_url: httpUrl
      .optional()
      .describe("Address that people use to reach Grafana; every link in a message starts with it."),
    elasticsearch: z
      .strictObject({
        url: httpUrl
          .optional()
          .describe("Address of Elasticsearch as Grafana sees it, where it differs from the collector's."),
        username: nonEmpty.optional().describe("User that may read."),
        password_file: secretFile.optional().describe("File with that user's password."),
        api_key_file: secretFile
          .optional()
          .describe("File with the value of the Authorization header: `ApiKey ` and a key that may read."),
        ca_file: filePath.optional().describe("Certificate authority of Elasticsearch, PEM."),
      })
      .prefault({})
      .describe("How Grafana reads Elasticsearch. Its own read-only credentials, never the collector's."),
  })
  .superRefine(exactlyOne(["managed", "external", "files"]))
  .describe("Where people look.");

export const alerts = z
  .strictObject({
    slack: z
      .strictObject({
        webhook_file: secretFile.describe("File with the address of a Slack incoming webhook."),
        channel: nonEmpty
          .optional()
          .describe("Name of the common webhook's channel, so that policies may name it."),
        channels: slackChannels,
        mention_on_critical: z
          .enum(["none", "here", "channel"])
          .default("none")
          .describe("Who is called on a critical alert."),
        delivery: z
          .enum(["grafana", "relay"])
          .default("grafana")
          .describe(
            "Who posts. `grafana`: Grafana by itself, without a second try when Slack fails, and with false all-clears when Elasticsearch or the collector dies. `relay`: Lagline's relay, which keeps messages until Slack takes them and checks every all-clear.",
          ),
        bot_token_file: secretFile
          .optional()
          .describe(
            "File with a bot token (`chat:write`, and `channels:history` or `groups:history`). With it the relay replies in threads and can ask Slack what arrived. Needs `channel`.",
          ),
        api_url: httpUrl
          .default("https://slack.com/api")
          .describe("Address of Slack's Web API, for the bot token."),
      })
      .superRefine((value, context) => {
        if (value.bot_token_file !== undefined && value.channel === undefined) {
          context.addIssue({
            code: "custom",
            path: ["channel"],
            message: "is needed with `bot_token_file`: a bot is bound to no channel",
          });
        }
        if (value.bot_token_file !== undefined && value.delivery === "grafana") {
          context.addIssue({
            code: "custom",
            path: ["bot_token_file"],
            message: "is only used by the relay; set `delivery: relay`, or leave it out",
          });
        }
      })
      .optional()
      .describe("Slack. Left out: rules are provisioned and visible in Grafana, nothing is sent."),
    repeat_interval_seconds: seconds.default(14_400).describe("How often a lasting alert is sent again."),
    critical_repeat_interval_seconds: seconds
      .default(3600)
      .describe("How often a lasting critical alert is sent again."),
    relay,
    watchdog,
    canary: canary.optional(),
    removed_clusters: z
      .array(nonEmpty)
      .default([])
      .describe(
        "Clusters that this file no longer has. Grafana keeps the heartbeat rule of a removed cluster, which then calls it blind for ever; named here, the rule is deleted.",
      ),
    runbook_url_prefix: httpUrl
      .optional()
      .describe("Where your runbooks are published; the rule's runbook name is added to it."),
  })
  .prefault({})
  .describe("Who is told.");

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day from "00:00" to "23:59", in quotes');

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const batchWindow = z
  .strictObject({
    weekdays: z
      .array(z.enum(WEEKDAYS))
      .default([])
      .describe("Days on which the window begins. Empty: every day."),
    from: timeOfDay.describe("Begin, for example `02:00`."),
    to: timeOfDay.describe("End; at or before `from` it is on the next day."),
    timezone: nonEmpty
      .refine(isTimezone, { error: "must be a time zone such as UTC or Europe/Berlin" })
      .default("UTC")
      .describe("Time zone of both times, IANA name."),
    grace_seconds: z
      .int()
      .min(0)
      .max(43_200)
      .default(900)
      .describe("How much later than `from` the group may begin, and than `to` it may end."),
  })
  .describe("A time in which a batch consumer works.");

/** Without a grace: what is muted begins and ends at the minute. */
const muteWindow = batchWindow.omit({ grace_seconds: true }).describe("A time in which nothing is sent.");

const expectation = {
  tier: nonEmpty.describe("Importance, free text; rules route by it."),
  team: nonEmpty.describe("Team that owns the group."),
  objective_seconds: seconds.describe("Highest time lag that is still fine."),
  lag_floor: z.int().min(0).describe("Lag in messages below which time lag is not held against the group."),
  expected_idle: z.boolean().describe("True where a group without commits is normal."),
  runbook: nonEmpty.describe("Link or name of the group's own runbook."),
  slack_channel: nonEmpty.describe("Channel for this group's alerts, one of `alerts.slack.channels`."),
  mute_windows: z
    .array(muteWindow)
    .describe(
      "Times in which alerts of these groups are shown in Grafana and not sent. For work that is only done at some times use `batch_windows`.",
    ),
  batch_windows: z
    .array(batchWindow)
    .describe(
      "When a batch consumer works. Outside of these windows lag is expected; inside, the group must handle what waited when the window began, then it may stop. Empty: it works all the time.",
    ),
};

const policyRule = z
  .strictObject({
    name: nonEmpty.describe("Name shown in documents and alerts."),
    match: z
      .strictObject({
        clusters: globs.default([]).describe("Clusters. Empty: any."),
        groups: globs.default([]).describe("Groups. Empty: any."),
        topics: globs.default([]).describe("Topics, at least one of which the group reads. Empty: any."),
      })
      .prefault({})
      .describe(
        "Which groups it applies to. The most specific rule wins: more literal characters in the group glob, then in topic, then cluster; then the later one.",
      ),
    ...z.object(expectation).partial().shape,
  })
  .describe("A rule. What it leaves out comes from `default`.");

export const policies = z
  .strictObject({
    default: z
      .strictObject({
        tier: expectation.tier.default("standard"),
        team: expectation.team.optional(),
        objective_seconds: expectation.objective_seconds.default(300),
        lag_floor: expectation.lag_floor.default(100),
        expected_idle: expectation.expected_idle.default(false),
        runbook: expectation.runbook.optional(),
        slack_channel: expectation.slack_channel.optional(),
        batch_windows: expectation.batch_windows.optional(),
        mute_windows: expectation.mute_windows.optional(),
      })
      .prefault({})
      .describe("What holds where no rule says otherwise."),
    rules: z.array(policyRule).default([]).describe("Rules for groups that need something else."),
  })
  .prefault({})
  .describe("What is expected of consumer groups.");

export type GrafanaConfig = z.output<typeof grafana>;
export type PoliciesConfig = z.output<typeof policies>;
export type PolicyRule = PoliciesConfig["rules"][number];
