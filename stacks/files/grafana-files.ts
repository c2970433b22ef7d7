/** Grafana's files of a configuration: dashboards, data source, rules. */
import { renderGrafana } from "../../alerts/index.ts";
import type { Config } from "../../config/schema.ts";
import { dataStreamName } from "../../model/documents.ts";
import { elasticsearchHostUrls, elasticsearchUrls, PATHS } from "../endpoints.ts";

/** Secrets that Grafana reads: setting in lagline.yaml, file of the user, name under /run/secrets. */
export function grafanaSecrets(
  config: Config,
): { readonly setting: string; readonly file: string; readonly name: string }[] {
  const { managed, elasticsearch } = config.grafana;
  const candidates = [
    {
      setting: "grafana.managed.admin_password_file",
      file: managed?.admin_password_file,
      name: "grafana-admin-password",
    },
    {
      setting: "alerts.slack.webhook_file",
      file: config.alerts.slack?.webhook_file,
      name: "slack-webhook-url",
    },
    {
      setting: "grafana.elasticsearch.password_file",
      file: elasticsearch.password_file,
      name: "grafana-elasticsearch-password",
    },
    {
      setting: "grafana.elasticsearch.api_key_file",
      file: elasticsearch.api_key_file,
      name: "grafana-elasticsearch-api-key",
    },
    {
      setting: "grafana.elasticsearch.ca_file",
      file: elasticsearch.ca_file,
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
  const { elasticsearch, managed } = config.grafana;
  const [url = ""] = managed === undefined ? elasticsearchHostUrls(config) : elasticsearchUrls(config);
  const paths = new Map(
    grafanaSecrets(config).map(({ setting, name }) => [setting, `${PATHS.secrets}/${name}`]),
  );
  const secret = (setting: string, key: string): Record<string, string> => {
    const path = paths.get(setting);
    return path === undefined ? {} : { [key]: path };
  };
  const slack = config.alerts.slack;
  return renderGrafana({
    environment: config.environment,
    clusters: Object.keys(config.clusters),
    removedClusters: config.alerts.removed_clusters,
    intervalSeconds: config.collector.interval_seconds,
    rootUrl: grafanaRootUrl(config),
    dashboardsPath: PATHS.grafanaDashboards,
    elasticsearch: {
      url: elasticsearch.url ?? url,
      index: dataStreamName(config.environment),
      ...(elasticsearch.username === undefined ? {} : { username: elasticsearch.username }),
      ...secret("grafana.elasticsearch.password_file", "passwordFile"),
      ...secret("grafana.elasticsearch.api_key_file", "apiKeyFile"),
      ...secret("grafana.elasticsearch.ca_file", "caFile"),
    },
    ...(slack === undefined
      ? {}
      : {
          slack: {
            webhookFile: `${PATHS.secrets}/slack-webhook-url`,
            mentionOnCritical: slack.mention_on_critical,
          },
        }),
    spoolMaximumBytes: config.collector.spool.maximum_bytes,
    repeatIntervalSeconds: config.alerts.repeat_interval_seconds,
    ...(config.alerts.runbook_url_prefix === undefined
      ? {}
      : { runbookUrlPrefix: config.alerts.runbook_url_prefix }),
    runbooks,
  });
}
