/** Every file that Grafana reads, as path and text. Pure: nothing is written or read here. */
import { stringify } from "yaml";
import { buildAlerting } from "./build-alerting.ts";
import type { AlertPolicy, AlertingConfig, SlackOptions } from "./types.ts";
import { windowSeconds } from "./consumer-values.ts";
import { buildDashboards, dashboardProviderFile, datasourceFile, toSortedJson } from "../dashboards/index.ts";
import type { DatasourceOptions } from "../dashboards/index.ts";
import { isList, sorted } from "../dashboards/json.ts";
import type { BuiltDashboard, Json, JsonObject } from "../dashboards/types.ts";

export type GrafanaRenderOptions = {
  readonly environment: string;
  readonly clusters: readonly string[];
  /** Clusters whose heartbeat rules a Grafana with a kept database may still have. @default [] */
  readonly removedClusters?: readonly string[];
  readonly intervalSeconds: number;
  /** Address people use to reach Grafana. */
  readonly rootUrl: string;
  readonly elasticsearch: Omit<DatasourceOptions, "uid" | "intervalSeconds">;
  /** Where the dashboards' folder is mounted in Grafana's container. @default "/etc/grafana/lagline/dashboards" */
  readonly dashboardsPath?: string;
  /** Left out: rules are provisioned and visible in Grafana, and nothing is sent. */
  readonly slack?: SlackOptions;
  /** Path inside Grafana's container of the file with the address of a dead-man's switch. */
  readonly heartbeatUrlFile?: string;
  /** Policies by whose name alerts are routed. @default none: everything goes the common way */
  readonly policies?: readonly AlertPolicy[];
  /** @default 14400 */
  readonly repeatIntervalSeconds?: number;
  /** @default 3600 */
  readonly criticalRepeatIntervalSeconds?: number;
  readonly runbookUrlPrefix?: string;
  /** @default "policy_tree" */
  readonly routing?: "policy_tree" | "rules";
  /** Time between evaluations of rules; rounded up to a multiple of 10. @default 60 */
  readonly evaluationSeconds?: number;
  /** Groups per cluster that rules look at. @default 5000 */
  readonly maximumGroups?: number;
  /** `collector.spool.maximum_bytes`. @default 536870912 */
  readonly spoolMaximumBytes?: number;
  /** Markdown of the runbooks by name, see `loadRunbooks`. */
  readonly runbooks: ReadonlyMap<string, string>;
};

const DATASOURCE_UID = "lagline";
const HEADER = "Written by `lagline render` from lagline.yaml; edits are overwritten.";
const NO_SLACK =
  "No Slack webhook is configured (alerts.slack.webhook_file): rules are evaluated and shown in Grafana, nothing is sent.";

/**
 * Paths relative to the output directory: `grafana/dashboards/*.json`, `grafana/provisioning/{datasources,dashboards,
 * alerting}/*.yaml`. Throws `LAGLINE_ALERTS_INVALID` with every problem when Grafana would refuse a file.
 */
export function renderGrafana(options: GrafanaRenderOptions): Map<string, string> {
  const { environment, intervalSeconds, runbooks } = options;
  // The same window as the rules: what the pages call blind is what the heartbeat rule calls blind.
  const staleAfterSeconds = windowSeconds(intervalSeconds);
  const provisioning = "grafana/provisioning";
  const files = new Map<string, string>();
  const datasource = datasourceFile({ ...options.elasticsearch, uid: DATASOURCE_UID, intervalSeconds });
  files.set(`${provisioning}/datasources/lagline.yaml`, toYaml(datasource));
  const provider = dashboardProviderFile(options.dashboardsPath ?? "/etc/grafana/lagline/dashboards");
  files.set(`${provisioning}/dashboards/lagline.yaml`, toYaml(provider));
  const dashboards = buildDashboards({
    environment,
    datasourceUid: DATASOURCE_UID,
    intervalSeconds,
    staleAfterSeconds,
    runbooks,
  });
  for (const { fileName, json } of dashboards)
    files.set(`grafana/dashboards/${fileName}`, toSortedJson(json));
  const config = alertingConfig(options);
  const known = { datasourceUids: [DATASOURCE_UID], panels: panelsOf(dashboards) };
  for (const { fileName, json } of buildAlerting(config, known)) {
    files.set(
      `${provisioning}/alerting/${fileName}`,
      toYaml(json, options.slack === undefined ? NO_SLACK : ""),
    );
  }
  return files;
}

/** The part of the options that rules, routes and messages are made from, defaults filled in. */
export function alertingConfig(options: GrafanaRenderOptions): AlertingConfig {
  const { environment, intervalSeconds } = options;
  return {
    environment,
    datasourceUid: DATASOURCE_UID,
    rootUrl: options.rootUrl.replace(/\/+$/, ""),
    clusters: options.clusters,
    removedClusters: options.removedClusters ?? [],
    intervalSeconds,
    evaluationSeconds: Math.ceil((options.evaluationSeconds ?? 60) / 10) * 10,
    staleAfterSeconds: windowSeconds(intervalSeconds),
    maximumGroups: options.maximumGroups ?? 5000,
    spoolMaximumBytes: options.spoolMaximumBytes ?? 536_870_912,
    policies: options.policies ?? [],
    repeatIntervalSeconds: options.repeatIntervalSeconds ?? 14_400,
    criticalRepeatIntervalSeconds: options.criticalRepeatIntervalSeconds ?? 3600,
    routing: options.routing ?? "policy_tree",
    ...(options.slack === undefined ? {} : { slack: options.slack }),
    ...(options.heartbeatUrlFile === undefined ? {} : { heartbeatUrlFile: options.heartbeatUrlFile }),
    ...(options.runbookUrlPrefix === undefined ? {} : { runbookUrlPrefix: options.runbookUrlPrefix }),
  };
}

/** Values are always quoted, so that no reader takes `yes` or `1_000` for something else; long texts stand as blocks. */
function toYaml(json: JsonObject, note = ""): string {
  const text = stringify(sorted(json), {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "PLAIN",
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  const comment = [HEADER, note].filter((line) => line !== "").map((line) => `# ${line}\n`);
  return `${comment.join("")}${text}`;
}

function panelsOf(dashboards: readonly BuiltDashboard[]): ReadonlyMap<string, readonly number[]> {
  return new Map(dashboards.map(({ uid, json }) => [uid, idsIn(json["panels"] ?? [])]));
}

function idsIn(panels: Json): readonly number[] {
  if (!isList(panels)) return [];
  return panels.flatMap((panel) => {
    const id = panel !== null && typeof panel === "object" && !isList(panel) ? panel["id"] : undefined;
    return typeof id === "number" ? [id] : [];
  });
}
