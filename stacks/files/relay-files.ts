/** The relay's side of a deployment: its configuration as the container sees it, and the secrets that it reads. */
import { createHash } from "node:crypto";
import type { Config, ConfigInput } from "../../config/schema.ts";
import { PATHS, RELAY_NAME } from "../endpoints.ts";
import { elasticsearchInside, elasticsearchSecrets } from "./collector-files.ts";

type RelaySecret = { readonly setting: string; readonly file: string; readonly name: string };

export const RELAY_CONFIGURATION = "relay/lagline.yaml";
/** Grafana shows it, the relay checks it. */
const TOKEN = "relay-token";
const HEARTBEAT = "watchdog-heartbeat-url";
const BOT_TOKEN = "slack-bot-token";
const WEBHOOK = "slack-webhook-url";

export function usesRelay({ alerts }: Config): boolean {
  return alerts.slack?.delivery === "relay";
}

/** Channels may have names that no file can have. */
export function channelSecret(channel: string): string {
  return `${WEBHOOK}-${createHash("sha256").update(channel).digest("hex").slice(0, 12)}`;
}

/** Addresses that notifications are posted to, by whoever posts: Grafana or the relay. */
export function slackSecrets({ alerts: { slack } }: Config): readonly RelaySecret[] {
  if (slack === undefined) return [];
  return [
    { setting: "alerts.slack.webhook_file", file: slack.webhook_file, name: WEBHOOK },
    ...Object.entries(slack.channels).map(([channel, { webhook_file: file }]) => ({
      setting: `alerts.slack.channels.${channel}.webhook_file`,
      file,
      name: channelSecret(channel),
    })),
  ];
}

/** What Grafana needs to tell people: the token of the relay, or Slack's addresses and the dead-man's switch. */
export function tellingSecrets(config: Config): readonly RelaySecret[] {
  return usesRelay(config) ? [tokenSecret(config)] : [...slackSecrets(config), ...heartbeatSecrets(config)];
}

/** Everything that the relay reads. */
export function relaySecrets(config: Config): readonly RelaySecret[] {
  const { slack } = config.alerts;
  if (!usesRelay(config) || slack === undefined) return [];
  const bot = slack.bot_token_file;
  return [
    tokenSecret(config),
    ...slackSecrets(config),
    ...(bot === undefined ? [] : [{ setting: "alerts.slack.bot_token_file", file: bot, name: BOT_TOKEN }]),
    ...heartbeatSecrets(config),
    ...storeSecrets(config),
  ];
}

/** True for what `lagline secrets init` can make up. */
export function isRelayToken({ name }: { readonly name: string }): boolean {
  return name === TOKEN;
}

/** Where Grafana posts and with what. */
export function relayTarget(config: Config): { readonly url: string; readonly tokenFile: string } {
  const { url, port } = config.alerts.relay;
  const base = url ?? `http://${config.grafana.managed === undefined ? "127.0.0.1" : RELAY_NAME}:${port}`;
  return { url: `${base.replace(/\/+$/, "")}/grafana`, tokenFile: `${PATHS.secrets}/${TOKEN}` };
}

export function heartbeatPath(config: Config): string | undefined {
  return config.alerts.watchdog.heartbeat_url_file === undefined
    ? undefined
    : `${PATHS.secrets}/${HEARTBEAT}`;
}

/** The configuration inside the container: secrets under /run/secrets, everything else as the user wrote it. */
export function relayConfig(config: Config): string {
  const { grafana } = config;
  const inside = new Map(relaySecrets(config).map(({ file, name }) => [file, `${PATHS.secrets}/${name}`]));
  const path = (file: string): string => inside.get(file) ?? file;
  const { username, password_file: password, api_key_file: key, ca_file: ca } = grafana.elasticsearch;
  const relayed: ConfigInput = {
    environment: config.environment,
    clusters: Object.fromEntries(
      // Only the names count here; Burrow is never asked.
      Object.keys(config.clusters).map((name) => [
        name,
        {
          // Never asked; the canary's cluster must have one.
          kafka: { external: { bootstrap_servers: ["127.0.0.1:9092"] } },
          burrow: { external: { servers: ["http://127.0.0.1:8000"] } },
        },
      ]),
    ),
    elasticsearch: elasticsearchInside(config, "relay"),
    collector: {
      interval_seconds: config.collector.interval_seconds,
      shape: config.collector.shape,
    },
    grafana: {
      files: {},
      elasticsearch: {
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password_file: path(password) }),
        ...(key === undefined ? {} : { api_key_file: path(key) }),
        ...(ca === undefined ? {} : { ca_file: path(ca) }),
      },
    },
    alerts: alertsInside(config, path),
  };
  return `${JSON.stringify(relayed, undefined, 2)}\n`;
}

function alertsInside({ alerts }: Config, path: (file: string) => string): ConfigInput["alerts"] {
  const { slack, watchdog, relay, canary } = alerts;
  const channels = Object.entries(slack?.channels ?? {}).map(
    ([name, { webhook_file: file }]) => [name, { webhook_file: path(file) }] as const,
  );
  const inSlack = slack === undefined ? undefined : { ...slack, webhook_file: path(slack.webhook_file) };
  const bot = slack?.bot_token_file;
  const heartbeat = watchdog.heartbeat_url_file;
  return {
    repeat_interval_seconds: alerts.repeat_interval_seconds,
    critical_repeat_interval_seconds: alerts.critical_repeat_interval_seconds,
    ...(inSlack === undefined
      ? {}
      : {
          slack: {
            ...inSlack,
            channels: Object.fromEntries(channels),
            ...(bot === undefined ? {} : { bot_token_file: path(bot) }),
          },
        }),
    relay: {
      ...relay,
      address: "0.0.0.0",
      token_file: path(relay.token_file),
      directory: `${PATHS.spool}/relay`,
    },
    ...(canary === undefined ? {} : { canary }),
    watchdog: { ...watchdog, ...(heartbeat === undefined ? {} : { heartbeat_url_file: path(heartbeat) }) },
  };
}

function tokenSecret({ alerts }: Config): RelaySecret {
  return { setting: "alerts.relay.token_file", file: alerts.relay.token_file, name: TOKEN };
}

function heartbeatSecrets({ alerts: { watchdog } }: Config): readonly RelaySecret[] {
  const file = watchdog.heartbeat_url_file;
  return file === undefined ? [] : [{ setting: "alerts.watchdog.heartbeat_url_file", file, name: HEARTBEAT }];
}

/** It reads documents with Grafana's credentials where the configuration names some. */
function storeSecrets(config: Config): readonly RelaySecret[] {
  const { password_file: password, api_key_file: key, ca_file: ca } = config.grafana.elasticsearch;
  const setting = (name: string): string => `grafana.elasticsearch.${name}`;
  const candidates = [
    { setting: setting("password_file"), file: password, name: "grafana-elasticsearch-password" },
    { setting: setting("api_key_file"), file: key, name: "grafana-elasticsearch-api-key" },
    { setting: setting("ca_file"), file: ca, name: "grafana-elasticsearch-ca" },
  ];
  return [
    ...elasticsearchSecrets(config, "relay").map(({ file, name, setting: below }) => ({
      file,
      name,
      setting: `elasticsearch.external.${below}`,
    })),
    ...candidates.flatMap(({ file, ...rest }) => (file === undefined ? [] : [{ ...rest, file }])),
  ];
}
