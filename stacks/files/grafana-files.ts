/** Grafana's files of a configuration: dashboards, data source, rules. */
import { renderGrafana } from "../../alerts/index.ts";
import type { AlertPolicy, GrafanaRenderOptions, SlackOptions } from "../../alerts/index.ts";
import { policyWays } from "../../config/alert-routing.ts";
import type { PolicyWay } from "../../config/alert-routing.ts";
import { elasticsearchAccess, externalApiKeyFile } from "../../config/elasticsearch-access.ts";
import type { Config } from "../../config/schema.ts";
import { documentsIndex } from "../../config/documents-index.ts";
import { elasticsearchHostUrls, elasticsearchUrls, PATHS } from "../endpoints.ts";
import { channelSecret, heartbeatPath, relayTarget, tellingSecrets, usesRelay } from "./relay-files.ts";

/** Secrets that Grafana reads: setting in lagline.yaml, file of the user, name under /run/secrets. */
export function grafanaSecrets(
  config: Config,
): { readonly setting: string; readonly file: string; readonly name: string }[] {
  const { managed, elasticsearch } = config.grafana;
  const own = elasticsearchAccess(config, "grafana");
  const hasOther = elasticsearch.password_file !== undefined || elasticsearch.api_key_file !== undefined;
  // One key for all is the collector's, and never Grafana's.
  const hasKeys = config.elasticsearch.external?.api_keys_directory !== undefined;
  const candidates = [
    {
      setting: "grafana.managed.admin_password_file",
      file: managed?.admin_password_file,
      name: "grafana-admin-password",
    },
    ...tellingSecrets(config),
    {
      setting: "grafana.elasticsearch.password_file",
      file: elasticsearch.password_file ?? (hasOther ? undefined : own?.passwordFile),
      name: "grafana-elasticsearch-password",
    },
    {
      setting: "grafana.elasticsearch.api_key_file",
      file:
        elasticsearch.api_key_file ??
        (hasOther || !hasKeys ? undefined : externalApiKeyFile(config, "grafana")),
      name: "grafana-elasticsearch-api-key",
    },
    {
      setting: "grafana.elasticsearch.ca_file",
      file: elasticsearch.ca_file ?? own?.caFile,
      name: "grafana-elasticsearch-ca",
    },
  ];
  return candidates.flatMap(({ setting, file, name }) =>
    file === undefined ? [] : [{ setting, file, name }],
  );
}

/** Address that people use to reach Grafana. */
export function grafanaRootUrl(config: Config): string {
  const { root_url: rootUrl, external, managed } = config.grafana;
  return rootUrl ?? external?.url ?? `http://127.0.0.1:${managed?.host_port ?? 3000}`;
}

export function grafanaFiles(config: Config, runbooks: ReadonlyMap<string, string>): Map<string, string> {
  return renderGrafana(grafanaRenderOptions(config, runbooks));
}

/** What the files are made from. */
export function grafanaRenderOptions(
  config: Config,
  runbooks: ReadonlyMap<string, string>,
): GrafanaRenderOptions {
  const { elasticsearch, managed } = config.grafana;
  const [url = ""] = managed === undefined ? elasticsearchHostUrls(config) : elasticsearchUrls(config);
  const paths = new Map(
    grafanaSecrets(config).map(({ setting, name }) => [setting, `${PATHS.secrets}/${name}`]),
  );
  const secret = (setting: string, key: string): Record<string, string> => {
    const path = paths.get(setting);
    return path === undefined ? {} : { [key]: path };
  };
  const slack = slackOptions(config);
  const heartbeat = heartbeatPath(config);
  return {
    environment: config.environment,
    clusters: Object.keys(config.clusters),
    removedClusters: config.alerts.removed_clusters,
    intervalSeconds: config.collector.interval_seconds,
    rootUrl: grafanaRootUrl(config),
    dashboardsPath: PATHS.grafanaDashboards,
    elasticsearch: {
      url: elasticsearch.url ?? url,
      index: documentsIndex(config).search,
      ...grafanaUser(config),
      ...secret("grafana.elasticsearch.password_file", "passwordFile"),
      ...secret("grafana.elasticsearch.api_key_file", "apiKeyFile"),
      ...secret("grafana.elasticsearch.ca_file", "caFile"),
    },
    ...(slack === undefined ? {} : { slack }),
    ...(heartbeat === undefined ? {} : { heartbeatUrlFile: heartbeat }),
    policies: policyWays(config.policies).map((way) => alertPolicy(way, config)),
    spoolMaximumBytes: config.collector.spool.maximum_bytes,
    repeatIntervalSeconds: config.alerts.repeat_interval_seconds,
    criticalRepeatIntervalSeconds: config.alerts.critical_repeat_interval_seconds,
    ...(config.alerts.runbook_url_prefix === undefined
      ? {}
      : { runbookUrlPrefix: config.alerts.runbook_url_prefix }),
    runbooks,
  };
}

function slackOptions(config: Config): SlackOptions | undefined {
  const { slack } = config.alerts;
  if (slack === undefined) return undefined;
  return {
    ...(usesRelay(config) ? { relay: relayTarget(config) } : {}),
    webhookFile: `${PATHS.secrets}/slack-webhook-url`,
    mentionOnCritical: slack.mention_on_critical,
    channels: Object.keys(slack.channels).map((name) => ({
      name,
      webhookFile: `${PATHS.secrets}/${channelSecret(name)}`,
    })),
  };
}

function alertPolicy(way: PolicyWay, { alerts: { slack } }: Config): AlertPolicy {
  const channel = way.slack_channel;
  return {
    name: way.name,
    tier: way.tier,
    team: way.team,
    runbook: way.runbook,
    // The channel of the common webhook needs no way of its own.
    slackChannel: channel !== null && slack?.channels[channel] !== undefined ? channel : null,
    muteWindows: way.mute_windows,
  };
}

/** The user that the configuration names, or the one of a managed Elasticsearch that may only read. */
function grafanaUser(config: Config): { username?: string } {
  const { username, api_key_file: apiKeyFile } = config.grafana.elasticsearch;
  const own = apiKeyFile === undefined ? elasticsearchAccess(config, "grafana")?.username : undefined;
  const name = username ?? own;
  return name === undefined ? {} : { username: name };
}
