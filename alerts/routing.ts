/** Who is told: Slack contact points and the tree that leads to them, by policy. */
import { createHash } from "node:crypto";
import { DEFAULT_RECEIVER, RECEIVERS, TEMPLATES, channelReceivers } from "./names.ts";
import { MESSAGE_TEMPLATE } from "./message-template.ts";
import { muteTimes, muteTimingName } from "./mute-timings.ts";
import { relayReceiver, watchdogContactPoints, watchdogRoutes } from "./relay-provisioning.ts";
import type { AlertPolicy, AlertingConfig, SlackOptions } from "./types.ts";
import type { JsonObject } from "../dashboards/types.ts";

/** The watchdog's contact point follows from `config`; left out: none. */
export function contactPointsFile(slack: SlackOptions, config?: AlertingConfig): JsonObject {
  const { webhookFile, mentionOnCritical: mention, channels = [] } = slack;
  const { relay } = slack;
  const watchdog = config === undefined ? [] : watchdogContactPoints(config);
  if (relay !== undefined) {
    const pairs = [RECEIVERS, ...channels.map(({ name }) => channelReceivers(name))];
    const names = [...pairs.flatMap((pair) => [pair.channel, pair.page]), RECEIVERS.note];
    const points = names.map((name) => ({
      orgId: 1,
      name,
      receivers: [
        { ...relayReceiver(receiverUid(name), relay), disableResolveMessage: name === RECEIVERS.note },
      ],
    }));
    return { apiVersion: 1, contactPoints: [...points, ...watchdog] };
  }
  return {
    apiVersion: 1,
    contactPoints: [
      contactPoint(RECEIVERS.channel, webhookFile, "none"),
      contactPoint(RECEIVERS.page, webhookFile, mention),
      contactPoint(RECEIVERS.note, webhookFile, "none"),
      ...channels.flatMap((channel) => {
        const names = channelReceivers(channel.name);
        return [
          contactPoint(names.channel, channel.webhookFile, "none"),
          contactPoint(names.page, channel.webhookFile, mention),
        ];
      }),
      ...watchdog,
    ],
  };
}

export function templatesFile(): JsonObject {
  return { apiVersion: 1, templates: [{ orgId: 1, name: TEMPLATES.file, template: MESSAGE_TEMPLATE }] };
}

/** Replaces the tree of the organisation. What is not Lagline's stays with Grafana's default receiver. */
export function policiesFile(config: AlertingConfig): JsonObject {
  const timings = muteTimes(config.policies);
  return {
    apiVersion: 1,
    ...(timings.length === 0 ? {} : { muteTimes: timings }),
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
            ...timing(config.repeatIntervalSeconds),
            routes: [
              ...watchdogRoutes(config),
              {
                // One message when Elasticsearch does not answer, not one per rule.
                receiver: RECEIVERS.channel,
                object_matchers: [["alertname", "=~", "DatasourceError|DatasourceNoData"]],
                group_by: ["product"],
                group_wait: "1m",
                group_interval: "5m",
                repeat_interval: `${config.repeatIntervalSeconds}s`,
              },
              {
                receiver: RECEIVERS.note,
                object_matchers: [["severity", "=", "info"]],
                group_by: ["alertname", "cluster"],
                ...timing(config.repeatIntervalSeconds),
              },
              ...ways(config.policies).flatMap((way) => policyRoutes(way, config)),
              pageRoute({ config, receiver: RECEIVERS.page, matchers: [] }),
            ],
          },
        ],
      },
    ],
  };
}

/** Policies whose alerts go the same way. */
type Way = {
  readonly policies: readonly string[];
  readonly channel: string | null;
  readonly muteTiming: string | null;
};

/** Only those that do not go the common way. */
function ways(policies: readonly AlertPolicy[]): readonly Way[] {
  const found = new Map<string, Way>();
  for (const { name, slackChannel: channel, muteWindows } of policies) {
    if (channel === null && muteWindows.length === 0) continue;
    const muteTiming = muteWindows.length === 0 ? null : muteTimingName(muteWindows);
    const key = JSON.stringify([channel, muteTiming]);
    found.set(key, { channel, muteTiming, policies: [...(found.get(key)?.policies ?? []), name] });
  }
  return [...found.values()];
}

function policyRoutes(way: Way, config: AlertingConfig): readonly JsonObject[] {
  const receivers = way.channel === null ? RECEIVERS : channelReceivers(way.channel);
  const matchers = [["policy", "=~", way.policies.map(literally).join("|")]];
  const muted = way.muteTiming === null ? {} : { mute_time_intervals: [way.muteTiming] };
  return [
    { ...pageRoute({ config, receiver: receivers.page, matchers }), ...muted },
    {
      receiver: receivers.channel,
      object_matchers: matchers,
      group_by: ["cluster", "group"],
      ...timing(config.repeatIntervalSeconds),
      ...muted,
    },
  ];
}

type PageRoute = {
  readonly config: AlertingConfig;
  readonly receiver: string;
  readonly matchers: readonly (readonly string[])[];
};

function pageRoute({ config, receiver, matchers }: PageRoute): JsonObject {
  return {
    receiver,
    object_matchers: [...matchers.map((matcher) => [...matcher]), ["severity", "=", "critical"]],
    group_by: ["cluster", "group"],
    ...timing(config.criticalRepeatIntervalSeconds),
  };
}

function timing(repeatSeconds: number): JsonObject {
  return { group_wait: "30s", group_interval: "5m", repeat_interval: `${repeatSeconds}s` };
}

/** A name as a regular expression of Go; Grafana expands the file by environment, so `$` is doubled. */
function literally(name: string): string {
  return name.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`).replaceAll("$", "$$$$");
}

/** Grafana mentions on every message of a contact point, also when it is over; a template cannot decide it. */
function contactPoint(
  name: string,
  webhookFile: string,
  mention: SlackOptions["mentionOnCritical"],
): JsonObject {
  return {
    orgId: 1,
    name,
    receivers: [
      {
        uid: receiverUid(name),
        type: "slack",
        // A note tells of something that is over already.
        disableResolveMessage: name === RECEIVERS.note,
        settings: {
          url: `$__file{${webhookFile}}`,
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

/** Channels may have names that no uid can hold. */
function receiverUid(name: string): string {
  if (/^[a-zA-Z0-9_-]{1,40}$/.test(name)) return name;
  return `lagline-${createHash("sha256").update(name).digest("hex").slice(0, 24)}`;
}
