import { expect, test } from "vitest";
import { translateQuery, translateVariable } from "../../alerts/evaluation/translate.ts";
import { documentsQuery, seriesQuery } from "../../dashboards/queries.ts";
import { is, where } from "../../dashboards/lucene.ts";

const RANGE = { fromMs: 1_000, toMs: 2_000, intervalMs: 500 };
const FILTER = where("group", is("cluster", "$cluster"));

test("a variable without a value is an error, not an empty result", () => {
  expect(() => translateQuery(documentsQuery(FILTER, 1), RANGE)).toThrow(/\$cluster, which has no value/);
});

test("a query that is not one of ours is refused", () => {
  expect(() => translateQuery({ query: "record:group", metrics: [], bucketAggs: [] }, RANGE)).toThrow(
    /timeField/,
  );
});

test("names are escaped as Grafana does, alone and in a list, and All stays as it is", () => {
  const text = (value: string | string[] | { all: string }) =>
    JSON.stringify(translateQuery(documentsQuery(FILTER, 1), { ...RANGE, variables: { cluster: value } }));
  expect(text("a/b c")).toContain(JSON.stringify(String.raw`cluster:a\/b\ c`).slice(1, -1));
  expect(text(["a/b", "c"])).toContain(JSON.stringify(String.raw`cluster:("a\/b" OR "c")`).slice(1, -1));
  expect(text({ all: "*" })).toContain("record:group AND cluster:*");
});

test("a name that Lucene cannot escape is quoted", () => {
  const filter = where("group", is("group", "${group:doublequote}"));
  const body = translateQuery(documentsQuery(filter, 1), {
    ...RANGE,
    variables: { group: '<!channel> "x"' },
  });
  expect(JSON.stringify(body)).toContain(JSON.stringify(String.raw`group:"<!channel> \"x\""`).slice(1, -1));
});

test("levels nest in order, and the metric a level is ordered by stands beside it", () => {
  const model = seriesQuery({
    filter: "record:group",
    metric: { statistic: "max", field: "time_lag_seconds", missing: -1 },
    by: [{ field: "group", size: 10, order: "metric" }],
    bucketSeconds: 30,
  });
  const metric = { max: { field: "time_lag_seconds", missing: -1 } };
  expect(translateQuery(model, RANGE)["aggs"]).toEqual({
    "2": {
      terms: { field: "group", size: 10, order: { "1": "desc" }, min_doc_count: 1 },
      aggs: {
        "1": metric,
        "9": {
          date_histogram: {
            field: "@timestamp",
            fixed_interval: "30s",
            min_doc_count: 0,
            extended_bounds: { min: 1_000, max: 2_000 },
            format: "epoch_millis",
          },
          aggs: { "1": metric },
        },
      },
    },
  });
});

test("a variable asks for as many values as it says", () => {
  const query = JSON.stringify({ find: "terms", field: "group", query: "record:group", size: 20_000 });
  expect(translateVariable(query, RANGE)["aggs"]).toEqual({
    "1": { terms: { field: "group", size: 20_000, order: { _key: "asc" } } },
  });
});
