/** Who is told about which group: channels with their webhooks, mute windows of policies, and whether each way leads somewhere. */
import { z } from "zod";
import { mergePolicy } from "./policies.ts";
import type { PoliciesConfig } from "./presentation-schema.ts";
import type { ResolvedPolicy, Weekday } from "../model/policy.ts";
import { nonEmpty, secretFile } from "./common-schema.ts";

/** `alerts.slack.channels` */
export const slackChannels = z
  .record(
    nonEmpty.max(80),
    z
      .strictObject({ webhook_file: secretFile.describe("File with the address of that channel's webhook.") })
      .describe("A further channel."),
  )
  .default({})
  .describe(
    "Further channels by name, for policies with `slack_channel`. A Slack webhook is bound to one channel, so each has its own.",
  );

/** `policies.*.mute_windows`; the shape of a batch window without its grace. */
export type MuteWindow = {
  readonly weekdays: readonly Weekday[];
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
};

export type PolicyWay = ResolvedPolicy & { readonly mute_windows: readonly MuteWindow[] };

/** Every policy by its name: `default`, then the rules in the order of the file, a repeated name once. */
export function policyWays(policies: PoliciesConfig): readonly PolicyWay[] {
  const common = policies.default.mute_windows ?? [];
  const ways = [
    { ...mergePolicy(policies.default, undefined), mute_windows: common },
    ...policies.rules.map((rule) => ({
      ...mergePolicy(policies.default, rule),
      mute_windows: rule.mute_windows ?? common,
    })),
  ];
  return [...new Map(ways.toReversed().map((way) => [way.name, way])).values()].toReversed();
}

export type RoutingProblem = {
  readonly path: readonly (string | number)[];
  readonly input: unknown;
  readonly message: string;
};

type Routed = {
  readonly policies: PoliciesConfig;
  readonly alerts: {
    readonly slack?: { readonly channel?: string | undefined; readonly channels: object } | undefined;
  };
};

/** Ways that lead nowhere, and policies that alerts could not tell apart. */
export function routingProblems({ policies, alerts: { slack } }: Routed): readonly RoutingProblem[] {
  return [...namesakes(policies), ...(slack === undefined ? [] : lostChannels(policies, slack))];
}

function lostChannels(
  policies: PoliciesConfig,
  slack: NonNullable<Routed["alerts"]["slack"]>,
): readonly RoutingProblem[] {
  const known = new Set([
    ...Object.keys(slack.channels),
    ...(slack.channel === undefined ? [] : [slack.channel]),
  ]);
  const named = [
    { path: ["policies", "default", "slack_channel"], input: policies.default.slack_channel },
    ...policies.rules.map((rule, index) => ({
      path: ["policies", "rules", index, "slack_channel"],
      input: rule.slack_channel,
    })),
  ];
  return named
    .filter(({ input }) => input !== undefined && !known.has(input))
    .map((problem) => ({
      ...problem,
      message:
        "leads nowhere: add it to alerts.slack.channels with the webhook of that channel, because a webhook is bound to one channel",
    }));
}

/** Alerts are routed by the name of their policy. */
function namesakes(policies: PoliciesConfig): readonly RoutingProblem[] {
  const ways = policies.rules.map(({ name, team, runbook, slack_channel, tier, mute_windows }, index) => ({
    name,
    index,
    way: JSON.stringify([team, runbook, slack_channel, tier, mute_windows]),
  }));
  return ways
    .filter(
      ({ name, way, index }) =>
        name === "default" ||
        ways.some((other) => other.index < index && other.name === name && other.way !== way),
    )
    .map(({ name, index }) => ({
      path: ["policies", "rules", index, "name"],
      input: name,
      message:
        name === "default"
          ? "must not be `default`, which is the name of policies.default"
          : "is used by an earlier rule with another team, tier, runbook, slack_channel or mute_windows: alerts are routed by this name",
    }));
}
