import { expect, test } from "vitest";
import { buildDashboards } from "./index.ts";
import { lintDashboards } from "./lint.ts";
import type { BuiltDashboard, DashboardConfig } from "./types.ts";

const CONFIG: DashboardConfig = {
  environment: "test",
  datasourceUid: "lagline",
  intervalSeconds: 30,
  staleAfterSeconds: 150,
  runbooks: new Map([["kafka-consumer-group-stopped", "# A consumer group consumes nothing\n"]]),
};
/** 1: the objective itself and "none wanted"; the others are the interval and the stale limit. */
const OPTIONS = { allowedThresholds: [1, 30, 150] };

/** Dashboards as plain JSON, changed by a text replacement that must hit. */
function broken(from: string | RegExp, to: string): readonly BuiltDashboard[] {
  const text = JSON.stringify(buildDashboards(CONFIG));
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  const parsed: BuiltDashboard[] = JSON.parse(changed);
  return parsed;
}

const lint = (from: string | RegExp, to: string) => lintDashboards(broken(from, to), OPTIONS).join("\n");

const BROKEN: readonly { name: string; from: string | RegExp; to: string; says: RegExp }[] = [
  { name: "a panel without a unit", from: '"unit":"s"', to: '"unit":""', says: /has no unit/ },
  {
    name: "a panel without a description",
    from: /"description":"Age of the oldest[^"]*"/,
    to: '"description":""',
    says: /no description that is a sentence/,
  },
  {
    name: "a panel without a text for when it is empty",
    from: '"noValue":"BLIND: no data"',
    to: '"noValue":""',
    says: /no text for when it is empty/,
  },
  {
    name: "a panel without a title",
    from: '"title":"Groups critical"',
    to: '"title":""',
    says: /has no title/,
  },
  {
    name: "a data source by name",
    from: '"uid":"${datasource}"',
    to: '"uid":"lagline"',
    says: /data source from the variable/,
  },
  {
    name: "an unknown field in a metric",
    from: '"field":"time_lag_seconds"',
    to: '"field":"time_lag"',
    says: /unknown field time_lag\b/,
  },
  {
    name: "an unknown field in a filter",
    from: "cluster AND cluster:$cluster",
    to: "cluster AND kluster:$cluster",
    says: /unknown field kluster/,
  },
  {
    name: "an undefined variable",
    from: "cluster AND cluster:$cluster",
    to: "cluster AND cluster:$kluster",
    says: /variable kluster, which is not defined/,
  },
  {
    name: "a filter without a record",
    from: '"query":"record:group AND ',
    to: '"query":"',
    says: /does not begin with record/,
  },
  {
    name: "a blank after a comparison",
    from: "verdict_code:>=",
    to: "verdict_code:>= ",
    says: /unescaped or empty value after verdict_code/,
  },
  {
    name: "a name that is not quoted",
    from: "cluster AND cluster:$cluster",
    to: "cluster AND cluster:a/b",
    says: /unescaped or empty value after cluster: "a\/b"/,
  },
  {
    name: "a variable inside quotes",
    from: "cluster AND cluster:$cluster",
    to: String.raw`cluster AND cluster:\"$cluster\"`,
    says: /variable inside quotes/,
  },
  {
    name: "a setting that is a number",
    from: '"min_doc_count":"0"',
    to: '"min_doc_count":0',
    says: /setting min_doc_count must be text/,
  },
  { name: "a terms level without a size", from: /"size":"10"/, to: '"size":"0"', says: /has no size/ },
  { name: "a terms level without an order", from: '"orderBy":"1"', to: '"_":"1"', says: /has no orderBy/ },
  {
    name: "a threshold that is a constant",
    from: '"color":"red","value":1',
    to: '"color":"red","value":7',
    says: /threshold 7, which does not come from/,
  },
  {
    name: "panels that overlap",
    from: '"gridPos":{"x":4,',
    to: '"gridPos":{"x":3,',
    says: /panels 1 and 2 overlap/,
  },
  { name: "a panel beyond the last column", from: '"w":24', to: '"w":25', says: /beyond column 24/ },
  {
    name: "two panels with one id",
    from: '"id":2,"gridPos"',
    to: '"id":1,"gridPos"',
    says: /panel id 1 is used twice/,
  },
  {
    name: "two dashboards with one uid",
    from: /"uid":"lagline-group"/g,
    to: '"uid":"lagline-fleet"',
    says: /uid lagline-fleet is used twice/,
  },
  {
    name: "two dashboards with one title",
    from: /"title":"Kafka consumer lag: group"/g,
    to: '"title":"Kafka consumer lag: fleet"',
    says: /title "Kafka consumer lag: fleet" is used twice/,
  },
  {
    name: "a link to a page that is not there",
    from: "/d/lagline-group?",
    to: "/d/lagline-groups?",
    says: /leads to a dashboard that does not exist/,
  },
  {
    name: "a link that sets a variable its page does not have",
    from: "&var-group=",
    to: "&var-groups=",
    says: /sets the variable groups, which lagline-group does not have/,
  },
  {
    name: "a list that does not follow the time range",
    from: '"refresh":2',
    to: '"refresh":1',
    says: /does not refresh with the time range/,
  },
  {
    name: "more lines than can be read",
    from: '"size":"10"',
    to: '"size":"200"',
    says: /may draw 200 lines/,
  },
  {
    name: "a field that documents of this kind do not have",
    from: '"field":"time_lag_seconds"',
    to: '"field":"skew"',
    says: /asks group documents for skew, which they do not have/,
  },
  {
    name: "a page that does not say how old its data is",
    from: /"title":"Newest data"/g,
    to: '"title":"Newest"',
    says: /lagline-fleet: does not show how old its data is/,
  },
  {
    name: "a link that forgets the time range",
    from: "&${__url_time_range}",
    to: "",
    says: /does not hand on the time range/,
  },
  {
    name: "a link that does not escape a name",
    from: "${__data.fields.group:percentencode}",
    to: "${__data.fields.group}",
    says: /puts a value into a link without escaping it/,
  },
  {
    name: "a link that needs a column its table does not have",
    from: "${__data.fields.group:percentencode}",
    to: "${__data.fields.groop:percentencode}",
    says: /needs the column groop/,
  },
  {
    name: "a tile about now that would show old data",
    from: " AND @timestamp:[${__to}||-150s TO *]",
    to: "",
    says: /does not ask for the last 150s only/,
  },
  {
    name: "a tile about now whose filter looks back further than it says",
    from: "||-150s TO *]",
    to: "||-900s TO *]",
    says: /does not ask for the last 150s only/,
  },
  {
    name: "several numbers at once over time, which one name for all lines would mix up",
    from: '"metrics":[{"id":"1","type":"max"',
    to: '"metrics":[{"id":"7","type":"count"},{"id":"1","type":"max"',
    says: /asks for several metrics at once/,
  },
  {
    name: "a page that can be edited by hand",
    from: '"editable":false',
    to: '"editable":true',
    says: /editable/,
  },
];

test.each(BROKEN)("the lint finds $name", ({ from, to, says }) => {
  expect(lint(from, to)).toMatch(says);
});

test("the generated dashboards have no problem", () => {
  expect(lintDashboards(buildDashboards(CONFIG), OPTIONS)).toEqual([]);
});

test("thresholds follow the configured interval", () => {
  const slow = buildDashboards({ ...CONFIG, intervalSeconds: 300, staleAfterSeconds: 1500 });
  expect(lintDashboards(slow, { allowedThresholds: [1, 300, 1500] })).toEqual([]);
  expect(lintDashboards(slow, OPTIONS).join("\n")).toMatch(/threshold 1500/);
});

test("no page sends more queries than it says", () => {
  const queries = buildDashboards(CONFIG).map(({ uid, json }) => [
    uid,
    JSON.stringify(json).match(/"refId"/g)?.length ?? 0,
  ]);
  // Counted by hand on the pages, annotations included: fleet 6 tiles + 5 panels + 1, group 25 panels + 3 second lines + 2,
  // cluster 7 panels + 2 further lines + 1, topic 6 panels, partition 10 panels + 2 second lines + 2, objectives 9 panels + 1.
  expect(Object.fromEntries(queries)).toEqual({
    "lagline-fleet": 12,
    "lagline-cluster": 10,
    "lagline-group": 30,
    "lagline-topic": 6,
    "lagline-partition": 14,
    "lagline-objectives": 10,
    "lagline-pipeline": 13,
    "lagline-runbooks": 2,
  });
});
