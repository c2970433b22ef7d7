/** Every query of every page and rule on a real Elasticsearch, as Grafana's data source sends it. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { plainHttp, testElasticsearch } from "../support/elasticsearch.ts";
import { VALUE_FIELDS, consumerValues } from "../../alerts/consumer-values.ts";
import { buildRules } from "../../alerts/rules.ts";
import { buildDashboards } from "../../dashboards/index.ts";
import { dashboardView } from "../../dashboards/lint-schema.ts";
import { VERDICTS } from "../../model/verdicts.ts";
import { ALERTING } from "../support/alerting.ts";
import { HOSTILE_GROUP } from "../grafana/scenario.ts";
import { seedHistory } from "../grafana/seed.ts";
import { translateAnnotation, translateQuery, translateVariable } from "../../alerts/evaluation/translate.ts";
import type { SearchBody, TranslateOptions } from "../../alerts/evaluation/translate.ts";

const INTERVAL = 30;
const HOURS = 2;
const CLUSTER = "orders";
const index = `lagline-it-grafana-${randomBytes(4).toString("hex")}`;
const nowSeconds = Math.floor(Date.now() / 1000 / INTERVAL) * INTERVAL;
const config = {
  environment: "it",
  datasourceUid: "lagline",
  intervalSeconds: INTERVAL,
  staleAfterSeconds: 150,
};
const alerting = { ...ALERTING, ...config };
const http = plainHttp(testElasticsearch());

beforeAll(async () => {
  const seed = {
    http,
    index,
    clusters: [CLUSTER],
    intervalSeconds: INTERVAL,
    hours: HOURS,
    nowSeconds,
    hostile: true,
  };
  await seedHistory(seed);
});

afterAll(async () => {
  await http.delete(`/${index}`, { validateStatus: () => true });
});

const bucket: z.ZodType<Bucket> = z.lazy(() =>
  z.looseObject({ key: z.union([z.string(), z.number()]), doc_count: z.int() }).catchall(z.unknown()),
);
type Bucket = { readonly key: string | number; readonly doc_count: number; readonly [name: string]: unknown };
const level = z.object({ buckets: z.array(bucket) });
const answer = z.object({
  timed_out: z.literal(false),
  // A shard that fails is shown by Grafana as no data, without a word.
  _shards: z.object({ failed: z.literal(0) }).loose(),
  hits: z.object({ hits: z.array(z.object({ _source: z.record(z.string(), z.unknown()) }).loose()) }).loose(),
  aggregations: z.record(z.string(), level).optional(),
});
type Answer = z.output<typeof answer>;

async function search(body: SearchBody): Promise<Answer> {
  const response = await http.post(`/${index}/_search`, body, {
    validateStatus: () => true,
  });
  expect({ status: response.status, error: response.data.error }).toEqual({ status: 200, error: undefined });
  return answer.parse(response.data);
}

/** Documents behind an answer: hits, or what the buckets count. */
function documentsIn({ hits, aggregations }: Answer): number {
  const buckets = Object.values(aggregations ?? {}).flatMap((entry) => entry.buckets);
  return hits.hits.length + buckets.reduce((sum, { doc_count: count }) => sum + count, 0);
}

/** `group` as one reader sees it; every page's variables. */
function optionsFor(group: string, lastSeconds = HOURS * 3600): TranslateOptions {
  return {
    fromMs: (nowSeconds - lastSeconds) * 1000,
    toMs: nowSeconds * 1000 + 999,
    intervalMs: INTERVAL * 1000,
    variables: {
      cluster: CLUSTER,
      group,
      topic: group === HOSTILE_GROUP ? "hostile" : "payments",
      partition: "1",
      team: { all: "* OR (*:* AND NOT _exists_:team)" },
    },
  };
}

const pages = buildDashboards(config).map(({ json }) => dashboardView.parse(json));
const targets = pages.flatMap((page) =>
  page.panels.flatMap((panel) =>
    panel.targets.map((target) => ({
      name: `${page.uid} panel ${panel.id} "${panel.title}" ${target.refId}`,
      target,
    })),
  ),
);

test.each(targets)("$name finds documents", async ({ target }) => {
  expect(documentsIn(await search(translateQuery(target, optionsFor("payments-writer"))))).toBeGreaterThan(0);
});

test.each(
  targets.filter(({ target }) => target.query.includes("$group") || target.query.includes("{group:")),
)("$name finds documents of a group whose name is hostile", async ({ target }) => {
  expect(documentsIn(await search(translateQuery(target, optionsFor(HOSTILE_GROUP))))).toBeGreaterThan(0);
});

test.each(
  targets.filter(({ target }) => target.query.includes("$group") || target.query.includes("{group:")),
)("$name finds nothing for a group that does not exist, without an error", async ({ target }) => {
  expect(documentsIn(await search(translateQuery(target, optionsFor("no-such-group"))))).toBe(0);
});

const variables = pages.flatMap((page) =>
  page.templating.list
    .filter(({ type }) => type === "query")
    .map(({ name, query }) => ({ name: `${page.uid} ${name}`, query })),
);

test.each(variables)("the variable $name has values", async ({ query }) => {
  const found = await search(translateVariable(query, optionsFor("payments-writer")));
  expect(found.aggregations?.["1"]?.buckets.length).toBeGreaterThan(0);
});

test("the annotation of the group page finds the change of verdict", async () => {
  const query =
    pages
      .find((page) => page.uid === "lagline-group")
      ?.annotations.list.find(({ name }) => name === "Changes")?.query ?? "";
  const found = await search(translateAnnotation(query, optionsFor("payments-writer")));
  // Grafana asks for marks in no order and draws each at its time.
  expect(new Set(found.hits.hits.map(({ _source: source }) => source["event_text"]))).toEqual(
    new Set(["payments-writer: stopped → ok", "payments-writer: ok → stopped"]),
  );
});

test("the list of groups that need a person holds exactly those", async () => {
  const target = targets.find(({ name }) => name.includes("Which groups need a person"))?.target;
  const found = await search(translateQuery(target, optionsFor("", INTERVAL - 1)));
  const groups = found.hits.hits.map(({ _source: source }) => source["group"]);
  expect(new Set(groups)).toEqual(
    new Set([
      "email-sender",
      "new-consumer",
      "ledger-projection",
      "clickstream-enricher",
      "orders-fulfilment",
      "fraud-scoring",
      "invoice-writer",
      "payments-writer",
      "legacy-sync",
      HOSTILE_GROUP,
    ]),
  );
});

const ruleQuery = z.object({
  refId: z.string(),
  datasourceUid: z.string(),
  relativeTimeRange: z.object({ from: z.int(), to: z.int() }),
  model: z.looseObject({}),
});
const ruleView = z.object({ title: z.string(), data: z.array(ruleQuery) });
const ruleQueries = buildRules(alerting).flatMap((rule) => {
  const { title, data } = ruleView.parse(rule);
  return data
    .filter((item) => item.datasourceUid !== "__expr__")
    .map((item) => ({ name: `${title} ${item.refId}`, item }));
});

test.each(ruleQueries)("rule query $name finds documents", async ({ item }) => {
  const found = await search(translateQuery(item.model, optionsFor("", item.relativeTimeRange.from)));
  expect(documentsIn(found)).toBeGreaterThan(0);
});

test("rules see the newest verdict of each group, and not the group that may be idle", async () => {
  const [item] = consumerValues(alerting, ["V"]);
  const { model, relativeTimeRange: range } = ruleQuery.parse(item);
  const codes = lastValues(await search(translateQuery(model, optionsFor("", range.from))));
  expect(codes.get("payments-writer")).toBe(VERDICTS.stopped.code);
  expect(codes.get("invoice-writer")).toBe(VERDICTS.stalled.code);
  expect(codes.get("checkout-events")).toBe(VERDICTS.ok.code);
  expect(codes.get(HOSTILE_GROUP)).toBe(VERDICTS.hot_partition.code);
  expect(codes.has("nightly-report")).toBe(false);
});

test("a field that a document lacks is read as -1, so that no comparison becomes no data", async () => {
  expect(VALUE_FIELDS.X).toBe("breach_in_seconds");
  const [item] = consumerValues(alerting, ["X"]);
  const { model, relativeTimeRange: range } = ruleQuery.parse(item);
  const values = lastValues(await search(translateQuery(model, optionsFor("", range.from))));
  expect(values.get("payments-writer")).toBe(-1);
  expect(values.get("orders-fulfilment")).toBeGreaterThan(0);
});

/** What `reduce last` with `dropNN` leaves: the newest bucket with a value, per group. */
function lastValues(found: Answer): ReadonlyMap<string | number, number | undefined> {
  const groups = (found.aggregations?.["2"]?.buckets ?? []).flatMap(
    (cluster) => level.parse(cluster["3"]).buckets,
  );
  return new Map(
    groups.map((group) => {
      const values = histogramOf(group).map(
        (entry) => z.object({ value: z.number().nullable() }).parse(entry["1"]).value,
      );
      return [group.key, values.findLast((value) => value !== null) ?? undefined];
    }),
  );
}

/** The time buckets below a group, whatever else it is split by: a group has one policy at a time. */
function histogramOf(group: Bucket): readonly Bucket[] {
  const direct = level.safeParse(group["9"]);
  if (direct.success) return direct.data.buckets;
  const inner = Object.values(group).flatMap((value) => level.safeParse(value).data?.buckets ?? []);
  expect(inner).toHaveLength(1);
  return inner.flatMap(histogramOf);
}
