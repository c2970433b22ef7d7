import { expect, test } from "vitest";
import { policyWays } from "./alert-routing.ts";
import { parseConfig } from "./load.ts";

const config = (alerts: string, policies: string) =>
  parseConfig(
    `environment: test
clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } }
elasticsearch: { external: { url: "http://127.0.0.1:9200" } }
collector: { spool_directory: var/spool }
alerts: ${alerts}
policies: ${policies}
`,
    "lagline.yaml",
  );
const SLACK =
  '{ slack: { webhook_file: secrets/common, channel: "#lag", channels: { "#pay": { webhook_file: secrets/pay } } } }';

test("a channel without a webhook is refused with the place and the way out", () => {
  expect(() => config(SLACK, '{ rules: [{ name: a, slack_channel: "#nobody" }] }')).toThrow(
    /policies\.rules\[0\]\.slack_channel leads nowhere: add it to alerts\.slack\.channels.*got "#nobody"/,
  );
  expect(() => config(SLACK, '{ default: { slack_channel: "#nobody" } }')).toThrow(
    /policies\.default\.slack_channel leads nowhere/,
  );
});

test("without Slack a channel may be named already", () => {
  expect(config("{}", '{ default: { slack_channel: "#later" } }').alerts.slack).toBeUndefined();
});

test("two rules of one name are refused when alerts of both would go different ways", () => {
  const rules = (second: string) =>
    `{ rules: [{ name: a, slack_channel: "#pay", match: { groups: ["x*"] } }, { name: a, ${second} match: { groups: ["y*"] } }] }`;
  expect(() => config(SLACK, rules(""))).toThrow(/policies\.rules\[1\]\.name is used by an earlier rule/);
  expect(config(SLACK, rules('slack_channel: "#pay",')).policies.rules).toHaveLength(2);
});

test("no rule may be called default", () => {
  expect(() => config("{}", "{ rules: [{ name: default }] }")).toThrow(/must not be `default`/);
});

test("a mute window is checked as a batch window is, and has no grace", () => {
  expect(() => config("{}", '{ default: { mute_windows: [{ from: "25:00", to: "03:00" }] } }')).toThrow(
    /mute_windows\[0\]\.from must be a time of day/,
  );
  expect(() =>
    config("{}", '{ default: { mute_windows: [{ from: "01:00", to: "03:00", grace_seconds: 1 }] } }'),
  ).toThrow(/grace_seconds is not a setting/);
});

test("the ways hold the default, then every name once, with what a rule leaves out", () => {
  const { policies } = config(
    SLACK,
    '{ default: { team: platform, mute_windows: [{ from: "22:00", to: "06:00" }] }, rules: [{ name: pay, slack_channel: "#pay" }, { name: quiet, mute_windows: [] }] }',
  );
  const night = [{ weekdays: [], from: "22:00", to: "06:00", timezone: "UTC" }];
  expect(policyWays(policies)).toMatchObject([
    { name: "default", team: "platform", slack_channel: null, mute_windows: night },
    { name: "pay", team: "platform", slack_channel: "#pay", mute_windows: night },
    { name: "quiet", team: "platform", mute_windows: [] },
  ]);
});
