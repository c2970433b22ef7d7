import { expect, test } from "vitest";
import { parse } from "yaml";
import { renderGrafana } from "./render-grafana.ts";
import type { GrafanaRenderOptions } from "./render-grafana.ts";

const OPTIONS: GrafanaRenderOptions = {
  environment: "test",
  clusters: ["orders"],
  intervalSeconds: 30,
  rootUrl: "https://grafana.example.org/",
  elasticsearch: { url: "http://elasticsearch:9200", index: "metrics-kafka.consumer_lag-test" },
  runbooks: new Map([["kafka-consumer-group-stopped", "# Stopped\n"]]),
};
const ALERTING = "grafana/provisioning/alerting";
const slack = { webhookFile: "/run/secrets/slack", mentionOnCritical: "none" } as const;

test("without a Slack webhook nothing is written that needs one, and a note says so", () => {
  const files = renderGrafana(OPTIONS);
  const names = [...files.keys()].filter((path) => path.startsWith(ALERTING));
  expect(names).toEqual([`${ALERTING}/lagline-gone-rules.yaml`, `${ALERTING}/lagline-rules.yaml`]);
  expect(files.get(`${ALERTING}/lagline-rules.yaml`)).toContain("No Slack webhook is configured");
});

test("with a Slack webhook its address is read by Grafana from the file and appears nowhere", () => {
  const files = renderGrafana({ ...OPTIONS, slack });
  const points = files.get(`${ALERTING}/lagline-contact-points.yaml`) ?? "";
  expect(points).toContain('url: "$__file{/run/secrets/slack}"');
  expect(files.has(`${ALERTING}/lagline-policies.yaml`)).toBe(true);
});

test("a shared Grafana keeps its own notification policies", () => {
  const files = renderGrafana({ ...OPTIONS, slack, routing: "rules" });
  expect(files.has(`${ALERTING}/lagline-policies.yaml`)).toBe(false);
  expect(files.get(`${ALERTING}/lagline-rules.yaml`)).toContain("notification_settings");
});

test("more groups than Elasticsearch can put into buckets are refused with the rule's name", () => {
  expect(() => renderGrafana({ ...OPTIONS, intervalSeconds: 1, maximumGroups: 6000 })).toThrow(
    /KafkaConsumerGroupStopped: query qV may ask for more than 65536 buckets/,
  );
});

test("ticks of a second fit into the buckets with the default number of groups", () => {
  expect(renderGrafana({ ...OPTIONS, intervalSeconds: 1 }).size).toBeGreaterThan(0);
});

test("the same options give the same bytes, and every YAML file can be read", () => {
  const files = renderGrafana({ ...OPTIONS, slack });
  expect(renderGrafana({ ...OPTIONS, slack })).toEqual(files);
  for (const [path, text] of files) {
    expect(path.endsWith(".json") ? JSON.parse(text) : parse(text)).toBeTypeOf("object");
  }
});

test("an evaluation interval is rounded up to Grafana's ten seconds", () => {
  const files = renderGrafana({ ...OPTIONS, evaluationSeconds: 15 });
  expect(files.get(`${ALERTING}/lagline-rules.yaml`)).toContain('interval: "20s"');
});
