import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { catalogueLines } from "./list.ts";
import { alertCatalogue, loadRunbooks, renderGrafana } from "../../alerts/index.ts";

const provided = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          uid: z.string(),
          title: z.string(),
          for: z.string(),
          labels: z.object({ severity: z.string() }),
        }),
      ),
    }),
  ),
});

test("the catalogue is what Grafana is given, rule by rule", () => {
  const files = renderGrafana({
    environment: "test",
    clusters: ["orders", "payments"],
    intervalSeconds: 30,
    rootUrl: "https://grafana.example.org",
    elasticsearch: { url: "http://elasticsearch:9200", index: "metrics-kafka.consumer_lag-test" },
    runbooks: new Map(),
  });
  const text = files.get("grafana/provisioning/alerting/lagline-rules.yaml") ?? "";
  const rules = provided.parse(parse(text)).groups.flatMap((group) => group.rules);
  expect(
    alertCatalogue(["orders", "payments"]).map((entry) => [
      entry.uid,
      entry.title,
      `${entry.pending_seconds}s`,
      entry.severity,
    ]),
  ).toEqual(rules.map((rule) => [rule.uid, rule.title, rule.for, rule.labels.severity]));
});

test("every entry says when it fires and has a runbook that can be read", async () => {
  const runbooks = await loadRunbooks();
  const poor = alertCatalogue(["orders"]).filter(
    ({ when, reason, runbook }) => when.length < 20 || reason.length < 20 || !runbooks.has(runbook),
  );
  expect(poor).toEqual([]);
});

test("the table has one line per rule in columns of one width", () => {
  const [head = "", ...rows] = catalogueLines(alertCatalogue(["orders"]));
  expect(rows).toHaveLength(11);
  const column = head.indexOf("fires when");
  expect(rows.filter((row) => row[column - 1] !== " " || row[column] === " ")).toEqual([]);
  expect(rows[0]).toMatch(/^KafkaConsumerGroupStopped +critical +120 s +nothing is consumed/);
  expect(rows.at(-5)).toMatch(/^LagPipelineDocumentsDropped +critical +none +documents dropped/);
});
