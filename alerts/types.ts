/** Shapes of alert rules before they become Grafana's provisioning files. */
import type { JsonObject } from "../dashboards/types.ts";
import type { PANEL_IDS } from "../dashboards/links.ts";
import type { Weekday } from "../model/policy.ts";
import type { RunbookName } from "../dashboards/runbooks-dashboard.ts";

export type AlertingConfig = {
  readonly environment: string;
  readonly datasourceUid: string;
  /** Address people use to reach Grafana; every link starts with it. No slash at the end. */
  readonly rootUrl: string;
  readonly clusters: readonly string[];
  /** Clusters that are configured no longer; their heartbeat rules are deleted from Grafana. */
  readonly removedClusters: readonly string[];
  /** Time between ticks. */
  readonly intervalSeconds: number;
  /** Time between evaluations; a multiple of 10. One minute carries 2,000 groups (measured). */
  readonly evaluationSeconds: number;
  /** After this long without a trusted tick the monitoring counts as blind; the pages use the same. */
  readonly staleAfterSeconds: number;
  /** Groups per cluster that a rule looks at; beyond it groups are cut in silence, so keep it above their number. */
  readonly maximumGroups: number;
  /** Bound of a collector's spool; the rule about its filling compares with it. */
  readonly spoolMaximumBytes: number;
  readonly slack?: SlackOptions;
  /** Path inside Grafana's container of the file that holds the address of a dead-man's switch. */
  readonly heartbeatUrlFile?: string;
  /** Every policy of the configuration, `default` too. Names are unique. */
  readonly policies: readonly AlertPolicy[];
  readonly repeatIntervalSeconds: number;
  /** The same for critical alerts. */
  readonly criticalRepeatIntervalSeconds: number;
  /** Where runbooks are published; left out: the runbook page of Grafana. */
  readonly runbookUrlPrefix?: string;
  /**
   * `policy_tree`: Lagline provides the whole notification policy tree of the organisation. `rules`: each rule names its
   * receiver and the tree stays as it is, for a Grafana that others use too (Grafana 10.4 or newer).
   */
  readonly routing: "policy_tree" | "rules";
};

/** Where Grafana posts instead of to Slack. */
export type RelayTarget = {
  readonly url: string;
  /** Path inside Grafana's container of the file that holds the token. */
  readonly tokenFile: string;
};

export type SlackOptions = {
  /** Left out: Grafana posts to Slack by itself. */
  readonly relay?: RelayTarget;
  /** Path inside Grafana's container of the file that holds the webhook's address. */
  readonly webhookFile: string;
  readonly mentionOnCritical: "none" | "here" | "channel";
  /** Further channels, each with a webhook of its own, because a webhook is bound to one channel. */
  readonly channels?: readonly { readonly name: string; readonly webhookFile: string }[];
};

/** What alerting needs of a policy. */
export type AlertPolicy = {
  readonly name: string;
  readonly tier: string;
  readonly team: string | null;
  /** Address or name of the group's own runbook. */
  readonly runbook: string | null;
  /** One of `SlackOptions.channels`, or null for the common one. */
  readonly slackChannel: string | null;
  readonly muteWindows: readonly MuteWindow[];
};

/** A time in which nothing about groups of a policy is sent. */
export type MuteWindow = {
  readonly weekdays: readonly Weekday[];
  /** `HH:MM`; a window that ends at or before its begin ends on the next day. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
};

/** `critical` pages, `warning` goes to the channel, `info` is one note without an all-clear. */
export type Severity = "critical" | "warning" | "info";

export type AlertRule = {
  /** Fixed for ever: Grafana knows the rule by it. */
  readonly uid: string;
  readonly name: string;
  readonly severity: Severity;
  readonly pendingSeconds: number;
  readonly keepFiringSeconds: number;
  /** The condition in words, for the catalogue. */
  readonly when: string;
  /** Why these numbers; part of the catalogue. */
  readonly reason: string;
  readonly runbook: RunbookName;
  readonly panel: keyof typeof PANEL_IDS;
  readonly summary: string;
  readonly description: string;
};

/** A file of `provisioning/alerting/`. */
export type AlertingFile = { readonly fileName: string; readonly json: JsonObject };
