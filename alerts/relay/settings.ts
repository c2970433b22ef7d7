/** From the configuration to what the relay's parts need. */
import type { ClientSettings } from "../../collectors/elasticsearch/client.ts";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import type { RelayTimes } from "./relay.ts";
import type { SlackSender } from "./sender.ts";
import { botSender, webhookSender } from "./slack-senders.ts";

/** Below `alerts.relay.directory`. */
export const RELAY_LETTER_FOLDER = "dead-letters";

type SlackConfig = NonNullable<Config["alerts"]["slack"]>;

/** Grafana tries again after its group interval of 5 minutes; a reminder comes after an hour or more. */
const REMINDER_MS = 30 * 60_000;
/** Pending times are 5 minutes at most, evaluations a minute apart; after three times that it does not fire again. */
const PATIENCE_MS = 20 * 60_000;
/** Longer than the longest pending time plus two evaluations: after a reload of the rules it would have fired again. */
const SETTLE_MS = 10 * 60_000;
/** Grafana evaluates a rule a minute, so all rules within a minute of a reload. */
const GATHER_MS = 60_000;
/** Twice the group interval of 5 minutes, for which Grafana may hold back news of a group. */
const BURST_MS = 10 * 60_000;
const WATCH_MINIMUM_MS = 5000;

export function relayTimes(config: Config): RelayTimes {
  return {
    watchMs: Math.max(WATCH_MINIMUM_MS, (config.collector.interval_seconds * 1000) / 2),
    graceMs: config.alerts.relay.blind_grace_seconds * 1000,
    patienceMs: PATIENCE_MS,
    settleMs: SETTLE_MS,
    gatherMs: GATHER_MS,
    burstMs: BURST_MS,
    forgetMs: 2 * config.alerts.repeat_interval_seconds * 1000 + PATIENCE_MS,
    reminderMs: Math.min(REMINDER_MS, (config.alerts.repeat_interval_seconds * 1000) / 2),
  };
}

/** @throws LaglineError `LAGLINE_CONFIG_NO_SLACK` where the configuration has no Slack. */
export function slackOf(config: Config, now: () => number): SlackSender {
  const { slack, relay } = config.alerts;
  if (slack === undefined) {
    throw new LaglineError({
      code: "LAGLINE_CONFIG_NO_SLACK",
      message: "alerts.slack is missing: the relay has nobody to tell.",
      hint: "Add alerts.slack with webhook_file and `delivery: relay`.",
    });
  }
  const common = {
    mention: slack.mention_on_critical,
    deadlineMs: relay.request_timeout_seconds * 1000,
    now,
  };
  return slack.bot_token_file === undefined
    ? webhookSender({ ...common, files: webhookFiles(slack) })
    : botSender({
        ...common,
        apiUrl: slack.api_url,
        tokenFile: slack.bot_token_file,
        // A further channel is called in Slack what it is called here.
        commonChannel: slack.channel ?? "",
      });
}

function webhookFiles({ webhook_file: common, channels }: SlackConfig): ReadonlyMap<string, string> {
  return new Map([
    ["", common],
    ...Object.entries(channels).map(([name, { webhook_file: file }]) => [name, file] as const),
  ]);
}

/** Names of the further channels. */
export function channelNames(config: Config): readonly string[] {
  return Object.keys(config.alerts.slack?.channels ?? {});
}

/** Grafana's own credentials where it has some: they may read, the collector's need not. */
export function storeOf(config: Config): ClientSettings {
  const base = { ...clientSettings(config, "relay"), connections: 2 };
  const { username, password_file: password, api_key_file: key, ca_file: ca } = config.grafana.elasticsearch;
  const own = {
    ...(key === undefined ? {} : { apiKeyFile: key }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { passwordFile: password }),
  };
  const authority = ca === undefined ? {} : { caFile: ca };
  if (Object.keys(own).length === 0) return { ...base, files: { ...base.files, ...authority } };
  const { caFile, certificateFile, keyFile, caFingerprint } = base.files;
  return {
    ...base,
    files: {
      ...(caFile === undefined ? {} : { caFile }),
      ...(certificateFile === undefined ? {} : { certificateFile }),
      ...(keyFile === undefined ? {} : { keyFile }),
      ...(caFingerprint === undefined ? {} : { caFingerprint }),
      ...authority,
      ...own,
    },
  };
}
