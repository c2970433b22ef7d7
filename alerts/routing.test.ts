import { expect, test } from "vitest";
import { buildAlerting } from "./build-alerting.ts";
import { NotificationPlayer } from "./evaluation/play-notifications.ts";
import type { Alert } from "./evaluation/play-alerts.ts";
import type { AlertPolicy, AlertingConfig } from "./types.ts";
import { ALERTING, DEFAULT_POLICY } from "../tests/support/alerting.ts";

const T0 = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;
const HOSTILE = String.raw`a.b|c$(d)\[e]^`;
const policy = (change: Partial<AlertPolicy>): AlertPolicy => ({ ...DEFAULT_POLICY, ...change });
const night = { weekdays: ["fri", "sat"], from: "22:00", to: "06:00", timezone: "Europe/Berlin" } as const;

const CONFIG: AlertingConfig = {
  ...ALERTING,
  policies: [
    DEFAULT_POLICY,
    policy({ name: "pay", slackChannel: "#pay" }),
    policy({ name: HOSTILE, slackChannel: "#pay" }),
    policy({ name: "nightly", muteWindows: [night] }),
  ],
  slack: {
    webhookFile: "/run/secrets/common",
    mentionOnCritical: "here",
    channels: [{ name: "#pay", webhookFile: "/run/secrets/pay" }],
  },
};
const KNOWN = {
  datasourceUids: ["lagline"],
  panels: new Map([
    ["lagline-fleet", [20, 21]],
    ["lagline-pipeline", [1, 22, 24]],
  ]),
};
const FILES = buildAlerting(CONFIG, KNOWN).map(({ json }) => json);

function alert(labels: Record<string, string>, state: Alert["state"] = "firing"): Alert {
  const all = {
    product: "lagline",
    severity: "critical",
    cluster: "orders",
    group: "g",
    alertname: "A",
    ...labels,
  };
  return {
    rule: "A",
    state,
    isMissing: false,
    labels: all,
    annotations: {},
    values: {},
    startsAtMs: T0,
    endsAtMs: 0,
  };
}

function receiversOf(labels: Record<string, string>, atMs = T0): readonly string[] {
  const player = new NotificationPlayer(FILES);
  player.at(atMs, [alert(labels)]);
  return player.until(atMs + MINUTE).map(({ receiver }) => receiver);
}

test.each([
  [{ policy: "default" }, "lagline-slack-page"],
  [{ policy: "default", severity: "warning" }, "lagline-slack"],
  [{ policy: "pay" }, "lagline-slack-page-#pay"],
  [{ policy: "pay", severity: "warning" }, "lagline-slack-#pay"],
  // Anchored: a name that only begins alike is another policy.
  [{ policy: "payments" }, "lagline-slack-page"],
  [{ policy: HOSTILE }, "lagline-slack-page-#pay"],
  [{ policy: "c" }, "lagline-slack-page"],
  [{ severity: "info" }, "lagline-slack-note"],
  [{ product: "other" }, "grafana-default-email"],
])("an alert with %j goes to %s", (labels, receiver) => {
  expect(receiversOf(labels)).toEqual([receiver]);
});

test("one message when Elasticsearch does not answer, whatever the policy", () => {
  const player = new NotificationPlayer(FILES);
  const error = (rulename: string) => alert({ alertname: "DatasourceError", rulename, policy: "pay" });
  player.at(T0, [error("a"), error("b")]);
  expect(player.until(T0 + 2 * MINUTE)).toMatchObject([{ receiver: "lagline-slack", firing: [{}, {}] }]);
});

// 21 November 2026 is a Saturday; Berlin is an hour ahead of UTC.
test.each([
  ["2026-11-21T20:59:00Z", 1],
  ["2026-11-21T21:00:00Z", 0],
  ["2026-11-22T04:58:00Z", 0],
  ["2026-11-22T05:00:00Z", 1],
  ["2026-11-22T22:00:00Z", 1],
])("a window over midnight belongs to the day on which it begins: at %s %d messages", (time, count) => {
  expect(receiversOf({ policy: "nightly" }, Date.parse(time) - 30_000)).toHaveLength(count);
});

test("what still fires when the mute window ends is told about then", () => {
  const player = new NotificationPlayer(FILES);
  const start = Date.parse("2026-11-22T04:50:00Z");
  const sent = Array.from({ length: 20 }, (_, minute) =>
    player.at(start + minute * MINUTE, [alert({ policy: "nightly" })]),
  ).flat();
  expect(sent.map(({ atMs }) => new Date(atMs).toISOString())).toEqual(["2026-11-22T05:00:30.000Z"]);
});

test("each channel has its own webhook, and only pages mention", () => {
  const text = JSON.stringify(FILES);
  expect(text.match(/\$__file\{\/run\/secrets\/pay\}/g)).toHaveLength(2);
  expect(text.match(/mentionChannel/g)).toHaveLength(2);
});

test("critical alerts are repeated every hour, others every four", () => {
  const repeats = (severity: string) => {
    const player = new NotificationPlayer(FILES);
    const minutes = Array.from({ length: 5 * 60 }, (_, minute) => T0 + minute * MINUTE);
    return minutes
      .flatMap((atMs) => player.at(atMs, [alert({ severity })]))
      .filter(({ isRepeat }) => isRepeat);
  };
  expect(repeats("critical")).toHaveLength(4);
  expect(repeats("warning")).toHaveLength(1);
});
