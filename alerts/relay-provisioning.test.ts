import { describe, expect, test } from "vitest";
import { alertingConfig, renderGrafana } from "./render-grafana.ts";
import type { GrafanaRenderOptions } from "./render-grafana.ts";
import { createChannelOf } from "./relay/channels.ts";
import { hasWatchdog } from "./relay-provisioning.ts";
import { loadRunbooks } from "./runbooks.ts";

const SLACK = {
  webhookFile: "/run/secrets/slack",
  mentionOnCritical: "here" as const,
  channels: [{ name: "payments", webhookFile: "/run/secrets/payments" }],
};
const RELAY = { url: "http://relay:8090/grafana", tokenFile: "/run/secrets/relay-token" };
const OPTIONS: GrafanaRenderOptions = {
  environment: "t",
  clusters: ["orders"],
  intervalSeconds: 30,
  rootUrl: "https://grafana.example.org",
  elasticsearch: { url: "http://elasticsearch:9200", index: "i" },
  runbooks: await loadRunbooks(),
};
const files = (more: Partial<GrafanaRenderOptions>) => {
  const rendered = renderGrafana({ ...OPTIONS, ...more });
  const read = (name: string): string =>
    rendered.get(`grafana/provisioning/alerting/lagline-${name}.yaml`) ?? "";
  return { points: read("contact-points"), policies: read("policies"), rules: read("rules") };
};

describe("with the relay", () => {
  const { points, policies, rules } = files({ slack: { ...SLACK, relay: RELAY } });

  test("every contact point posts to it with the token from a file, and Slack's address is not in Grafana", () => {
    expect(points).not.toContain('"slack"');
    expect(points).not.toContain("/run/secrets/slack");
    const names = [...points.matchAll(/\bname: "(lagline-[^"]+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThanOrEqual(5);
    expect(points.match(/password: "\$__file\{\/run\/secrets\/relay-token\}"/g)).toHaveLength(names.length);
  });

  test("an always-firing rule goes to it about every minute, apart from all others", () => {
    expect(rules).toContain('title: "LaglineWatchdog"');
    expect(rules).toContain('expression: "1 == 1"');
    expect(policies).toMatch(/"LaglineWatchdog"[\s\S]*?receiver: "lagline-watchdog"\s+repeat_interval: "1m"/);
  });

  test("a contact point leads back to its channel", () => {
    const channelOf = createChannelOf(["payments"]);
    expect(channelOf("lagline-slack-page-payments")).toBe("payments");
    expect(channelOf("lagline-slack-payments")).toBe("payments");
    expect(channelOf("lagline-slack-page")).toBe("");
    expect(channelOf("somebody else's")).toBe("");
  });
});

describe("without the relay", () => {
  test("nobody hears an always-firing rule, so there is none", () => {
    expect(hasWatchdog(alertingConfig({ ...OPTIONS, slack: SLACK }))).toBe(false);
    expect(files({ slack: SLACK }).rules).not.toContain("LaglineWatchdog");
  });

  test("a dead-man's switch gets it straight from Grafana, and is never told that it is over", () => {
    const { points } = files({ slack: SLACK, heartbeatUrlFile: "/run/secrets/heartbeat-url" });
    expect(points).toMatch(
      /disableResolveMessage: true[\s\S]*?url: "\$__file\{\/run\/secrets\/heartbeat-url\}"/,
    );
  });
});
