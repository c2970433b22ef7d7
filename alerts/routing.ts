/** Who is told: Slack contact points and the tree that leads to them. */
import { DEFAULT_RECEIVER, RECEIVERS, TEMPLATES } from "./names.ts";
import { MESSAGE_TEMPLATE } from "./message-template.ts";
import type { AlertingConfig, SlackOptions } from "./types.ts";
import type { JsonObject } from "../dashboards/types.ts";

export function contactPointsFile(slack: SlackOptions): JsonObject {
  return {
    apiVersion: 1,
    contactPoints: [
      contactPoint(RECEIVERS.channel, slack, "none"),
      contactPoint(RECEIVERS.page, slack, slack.mentionOnCritical),
    ],
  };
}

export function templatesFile(): JsonObject {
  return { apiVersion: 1, templates: [{ orgId: 1, name: TEMPLATES.file, template: MESSAGE_TEMPLATE }] };
}

/** Replaces the tree of the organisation. What is not Lagline's stays with Grafana's default receiver. */
export function policiesFile(config: AlertingConfig): JsonObject {
  const repeat = `${config.repeatIntervalSeconds}s`;
  return {
    apiVersion: 1,
    policies: [
      {
        orgId: 1,
        receiver: DEFAULT_RECEIVER,
        group_by: ["grafana_folder", "alertname"],
        routes: [
          {
            receiver: RECEIVERS.channel,
            object_matchers: [["product", "=", "lagline"]],
            // One message for one group of one cluster, whatever number of rules it breaks.
            group_by: ["cluster", "group"],
            group_wait: "30s",
            group_interval: "5m",
            repeat_interval: repeat,
            routes: [
              {
                // One message when Elasticsearch does not answer, not one per rule.
                receiver: RECEIVERS.channel,
                object_matchers: [["alertname", "=~", "DatasourceError|DatasourceNoData"]],
                group_by: ["product"],
                group_wait: "1m",
                group_interval: "5m",
                repeat_interval: repeat,
              },
              {
                receiver: RECEIVERS.page,
                object_matchers: [["severity", "=", "critical"]],
                group_by: ["cluster", "group"],
                group_wait: "30s",
                group_interval: "5m",
                repeat_interval: repeat,
              },
            ],
          },
        ],
      },
    ],
  };
}

/** Grafana mentions on every message of a contact point, also when it is over; a template cannot decide it. */
function contactPoint(
  name: string,
  slack: SlackOptions,
  mention: SlackOptions["mentionOnCritical"],
): JsonObject {
  return {
    orgId: 1,
    name,
    receivers: [
      {
        uid: name,
        type: "slack",
        disableResolveMessage: false,
        settings: {
          url: `$__file{${slack.webhookFile}}`,
          username: "Lagline",
          title: `{{ template "${TEMPLATES.title}" . }}`,
          text: `{{ template "${TEMPLATES.text}" . }}`,
          color: `{{ template "${TEMPLATES.color}" . }}`,
          ...(mention === "none" ? {} : { mentionChannel: mention }),
        },
      },
    ],
  };
}
