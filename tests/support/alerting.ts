/** The alerting that tests render, unless they are about its settings. */
import type { AlertPolicy, AlertingConfig } from "../../alerts/types.ts";

export const DEFAULT_POLICY: AlertPolicy = {
  name: "default",
  tier: "standard",
  team: null,
  runbook: null,
  slackChannel: null,
  muteWindows: [],
};

export const ALERTING: AlertingConfig = {
  environment: "test",
  datasourceUid: "lagline",
  rootUrl: "https://grafana.example.org",
  clusters: ["orders"],
  intervalSeconds: 30,
  evaluationSeconds: 60,
  staleAfterSeconds: 150,
  removedClusters: [],
  maximumGroups: 5000,
  spoolMaximumBytes: 536_870_912,
  policies: [DEFAULT_POLICY],
  repeatIntervalSeconds: 14_400,
  criticalRepeatIntervalSeconds: 3600,
  routing: "policy_tree",
};
