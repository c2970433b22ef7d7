import { describe, expect, it } from "vitest";
import { parseConfig } from "../config/load.ts";
import { DEMO_YAML } from "../tests/support/synthesise.ts";
import { renderAll } from "./render.ts";

describe("render", () => {
  it("gives every file of a deployment, of Elasticsearch and of Grafana", async () => {
    const files = await renderAll(parseConfig(DEMO_YAML, "test.yaml"));
    expect([...files.keys()]).toEqual([
      "burrow/shop/burrow.json",
      "collector/shop/lagline.yaml",
      "elasticsearch/component-template-metrics-kafka.consumer_lag-test@series.json",
      "elasticsearch/component-template-metrics-kafka.consumer_lag-test@settings.json",
      "elasticsearch/index-template-metrics-kafka.consumer_lag-test.json",
      "elasticsearch/roles.json",
      "elasticsearch/roles.yml",
      "elasticsearch/start.sh",
      "elasticsearch/users_roles",
      "grafana/dashboards/lagline-cluster.json",
      "grafana/dashboards/lagline-fleet.json",
      "grafana/dashboards/lagline-group.json",
      "grafana/dashboards/lagline-objectives.json",
      "grafana/dashboards/lagline-partition.json",
      "grafana/dashboards/lagline-pipeline.json",
      "grafana/dashboards/lagline-runbooks.json",
      "grafana/dashboards/lagline-topic.json",
      "grafana/provisioning/alerting/lagline-contact-points.yaml",
      "grafana/provisioning/alerting/lagline-gone-rules.yaml",
      "grafana/provisioning/alerting/lagline-policies.yaml",
      "grafana/provisioning/alerting/lagline-rules.yaml",
      "grafana/provisioning/alerting/lagline-templates.yaml",
      "grafana/provisioning/dashboards/lagline.yaml",
      "grafana/provisioning/datasources/lagline.yaml",
      "kafka/shop/kafka-shop-1.properties",
      "kafka/shop/topics.json",
      "setup/lagline.yaml",
    ]);
  });

  it("gives files that their readers take: JSON where JSON is read, Kafka's and Burrow's addresses in the network", async () => {
    const files = await renderAll(parseConfig(DEMO_YAML, "test.yaml"));
    for (const [path, text] of files) {
      expect(() => (path.endsWith(".json") ? JSON.parse(text) : undefined)).not.toThrow();
    }
    expect(files.get("burrow/shop/burrow.json")).toContain('"kafka-shop-1:9092"');
    expect(files.get("burrow/shop/burrow.json")).not.toContain("groups-reaper");
    expect(
      parseConfig(files.get("collector/shop/lagline.yaml") ?? "", "collector").elasticsearch.external?.urls,
    ).toEqual(["https://elasticsearch-1:9200"]);
  });
});
