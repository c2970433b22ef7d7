/**
 * Every query of every page, variable and annotation on a real Elasticsearch that holds what the collector would have
 * written about every scenario of the simulator: no error, and the numbers that follow from the scenario.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { actualResult, search } from "../grafana/answers.ts";
import { expectedResult, toHistory } from "../grafana/expected.ts";
import type { History, Moment, Result } from "../grafana/expected.ts";
import { fieldOf } from "../grafana/field.ts";
import { parseFilter } from "../grafana/filter.ts";
import {
  annotationSearch,
  momentOf,
  panelQueries,
  panelSearch,
  variableSearch,
  viewPages,
} from "../grafana/pages.ts";
import type { PanelQuery, Range } from "../grafana/pages.ts";
import {
  SIMULATED_INTERVAL_SECONDS,
  createIndex,
  dropIndex,
  refresh,
  simulate,
  write,
} from "../grafana/simulated-store.ts";
import type { TruePartition } from "../grafana/simulated-store.ts";
import { storeOfTests } from "../grafana/store-of-tests.ts";
import type { LagDocument } from "../../model/documents.ts";
import { SCENARIOS } from "../simulator/scenarios.ts";

const HOUR_MS = 3_600_000;
const store = storeOfTests(`lagline-it-numbers-${randomBytes(4).toString("hex")}`);
const clusters = SCENARIOS.map((scenario) => {
  const simulated = simulate(scenario);
  return { ...simulated, history: toHistory(simulated.documents) };
});
const history = clusters.flatMap((cluster) => cluster.history);
const ofClusters = history.filter(({ document }) => document.record === "cluster");
const pages = viewPages({
  environment: "simulated",
  datasourceUid: "lagline",
  intervalSeconds: SIMULATED_INTERVAL_SECONDS,
  staleAfterSeconds: 150,
  runbooks: new Map([["kafka-consumer-group-stopped", "# Stopped\n"]]),
});
const queries = pages.flatMap(panelQueries);
/** The list of clusters is the same for all of them, see the fleet page. */
const VARIABLES = pages
  .flatMap((page) =>
    page.templating.list.map((variable) => ({ ...variable, name: `${page.uid} ${variable.name}` })),
  )
  .filter(({ type, name }) => type === "query" && !name.endsWith(" cluster"));
/** Names of queries that found something in some scenario. */
const seen = new Set<string>();

beforeAll(async () => {
  await createIndex(store);
  for (const { documents } of clusters) await write(store, documents);
  await refresh(store);
});

afterAll(async () => {
  await dropIndex(store);
});

/** Looking back from a tick of the scenario, as the page of its subject does. */
function rangeOf(cluster: (typeof clusters)[number], tick: number): Range {
  const toMs = (cluster.ticks.at(tick) ?? 0) + 2_000;
  return {
    fromMs: toMs - 3 * HOUR_MS,
    toMs,
    values: {
      cluster: cluster.cluster,
      group: cluster.scenario.subject,
      topic: cluster.scenario.subject === "newcomer" ? "news" : "orders",
      partition: "1",
      team: { all: "* OR (*:* AND NOT _exists_:team)" },
    },
  };
}

function middleOf({ ticks }: (typeof clusters)[number]): number {
  return Math.floor(ticks.length / 2);
}

const moments = clusters.flatMap((cluster) => [
  { name: `${cluster.scenario.name}, end`, cluster, range: rangeOf(cluster, -1) },
  ...(cluster.scenario.detect === undefined
    ? []
    : [{ name: `${cluster.scenario.name}, middle`, cluster, range: rangeOf(cluster, middleOf(cluster)) }]),
]);

describe.each(moments)("$name", ({ cluster, range }) => {
  test("every panel shows the numbers of the simulator", async () => {
    // The runbooks page is about no cluster: its two tiles are about all of them.
    const known = (name: string) => (name.startsWith("lagline-runbooks") ? ofClusters : cluster.history);
    const compared = await Promise.all(queries.map((query) => compare(query, range, known(query.name))));
    for (const { name, expected } of compared) if (sizeOf(expected.whole) > 0) seen.add(name);
    expect(compared.map(({ actual }) => actual)).toEqual(compared.map(({ expected }) => expected.side));
  });

  test("variables offer what the scenario has", async () => {
    for (const { name, query } of VARIABLES) {
      const { field, query: filter } = z
        .object({ field: z.string(), query: z.string() })
        .parse(JSON.parse(query));
      const found = await search(store, variableSearch(query, { ...range, intervalMs: 30_000 }));
      const offered = offeredView.parse(found.aggregations)["1"].buckets.map(({ key }) => key);
      expect({ name, offered }).toEqual({
        name,
        offered: valuesOf(field, inRange(cluster.documents, range).filter(parseFilter(filter, range.values))),
      });
    }
  });

  test("annotations mark every event of the scenario", async () => {
    for (const page of pages) {
      for (const { name, query } of page.annotations.list) {
        const moment: Moment = { ...range, intervalMs: 30_000 };
        const found = await search(store, annotationSearch(query, moment));
        const matches = parseFilter(query, range.values);
        const expected = inRange(cluster.documents, range).filter(matches);
        expect({ page: page.uid, name, texts: texts(found.hits.hits.map((hit) => hit._source)) }).toEqual({
          page: page.uid,
          name,
          texts: texts(expected),
        });
      }
    }
  });
});

/**
 * Not what the analyser said, but what the simulated Kafka knew. Left out are scenarios in which Burrow does not see
 * Kafka as it is; that nobody is blamed then is tested with the analysis.
 */
const SEEN_AS_IT_IS = clusters.filter(
  ({ scenario: { name, suspect } }) =>
    suspect === undefined && !/recreated|deleted|owners erased|misses ticks|clock/.test(name),
);

test.each(SEEN_AS_IT_IS.map((cluster) => ({ name: cluster.scenario.name, cluster })))(
  "the group page of $name shows what the simulated Kafka knew",
  async ({ cluster }) => {
    for (const tick of [middleOf(cluster), cluster.ticks.length - 1]) {
      const range = rangeOf(cluster, tick);
      const partitions = cluster.truth[tick]?.groups.get(cluster.scenario.subject) ?? [];
      const lags = partitions.map(({ head, committed = head }) => Math.max(0, head - committed));
      const shown = await rowsOf("Which partitions, whose are they", range);
      const newest = shown.filter((row) => row["@timestamp"] === shown[0]?.["@timestamp"]);
      expect(byPartition(newest, "lag")).toEqual(lags);
      const owners = byPartition(newest, "partition_owner");
      expect(owners.map((owner, index) => (partitions[index]?.owner === null ? null : owner))).toEqual(
        partitions.map(({ owner }) => owner),
      );
      expect(lateOutside(newest, partitions)).toEqual([]);
      const total = lags.reduce((a, b) => a + b, 0);
      expect(await newestValue("lagline-group", "Messages", range)).toBe(total);
    }
  },
);

const REFRESH_SECONDS = 10;
const STEP_SECONDS = 2;

/** Partitions whose time lag is not what it was, by more than is stated or one refresh of Burrow can explain. */
function lateOutside(rows: readonly Row[], partitions: readonly TruePartition[]): readonly string[] {
  return rows.flatMap((row) => {
    const truth = partitions[Number(row["partition_number"])]?.lateSeconds;
    const said = row["time_lag_seconds"];
    if (typeof said !== "number" || truth === undefined) return [];
    // Simulated time has whole seconds.
    const slack = Math.max(Number(row["time_lag_error_seconds"] ?? 0), REFRESH_SECONDS) + STEP_SECONDS;
    const tooLow = row["time_lag_method"] !== "lower_bound" && said < truth - slack;
    return tooLow || said > truth + slack
      ? [`partition ${String(row["partition_number"])} says ${said} s, is ${truth} s`]
      : [];
  });
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(title: string, range: Range): Promise<readonly Row[]> {
  const { panel, target } = find("lagline-group", title);
  const moment = momentOf(panel, range, SIMULATED_INTERVAL_SECONDS);
  return (await search(store, panelSearch(target, moment))).hits.hits.map((hit) => hit._source);
}

async function newestValue(uid: string, title: string, range: Range): Promise<number | undefined> {
  const { panel, target } = find(uid, title);
  const moment = momentOf(panel, range, SIMULATED_INTERVAL_SECONDS);
  const result = actualResult(target, await search(store, panelSearch(target, moment)));
  if (result.kind !== "values") throw new Error(`${title} shows documents`);
  return [...result.values].toSorted(([a], [b]) => (a < b ? -1 : 1)).at(-1)?.[1];
}

function find(uid: string, title: string): (typeof queries)[number] {
  const found = queries.find(({ name }) => name.startsWith(`${uid} `) && name.includes(`"${title}`));
  if (found === undefined) throw new Error(`No panel "${title}" on ${uid}.`);
  return found;
}

function byPartition(rows: readonly Row[], field: string): unknown[] {
  return rows
    .toSorted((a, b) => Number(a["partition_number"]) - Number(b["partition_number"]))
    .map((row) => row[field] ?? null);
}

test("the fleet page over all clusters shows all of them", async () => {
  const toMs = Math.max(...clusters.flatMap(({ ticks }) => ticks.at(-1) ?? 0)) + 2_000;
  const range: Range = {
    fromMs: toMs - 3 * HOUR_MS,
    toMs,
    values: { cluster: { all: "*" }, team: { all: "* OR (*:* AND NOT _exists_:team)" } },
  };
  const fleet = pages.filter(({ uid }) => uid === "lagline-fleet");
  // Scenarios end at different times; the whole range, not the last moments, has all of them.
  const compared = await Promise.all(
    fleet
      .flatMap(panelQueries)
      .map(({ panel, ...query }) =>
        compare({ ...query, panel: { ...panel, timeFrom: undefined } }, range, history),
      ),
  );
  expect(compared.map(({ actual }) => actual)).toEqual(compared.map(({ expected }) => expected.side));
});

test("no query is empty in every scenario", () => {
  expect(queries.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
});

const offeredView = z.object({ "1": z.object({ buckets: z.array(z.looseObject({ key: z.string() })) }) });

function inRange<T extends { readonly "@timestamp": string }>(all: readonly T[], range: Range): readonly T[] {
  return all.filter((document) => {
    const time = Date.parse(document["@timestamp"]);
    return time >= range.fromMs && time <= range.toMs;
  });
}

function valuesOf(field: string, found: readonly LagDocument[]): readonly string[] {
  const values = found.map((document) => fieldOf(document, field)).filter((value) => value !== undefined);
  return [...new Set(values.map(String))].toSorted();
}

function texts(found: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return found
    .map((document) => `${String(document["@timestamp"])} ${String(document["event_text"])}`)
    .toSorted();
}

function sizeOf(result: Result): number {
  return result.kind === "documents" ? result.documents.length : result.values.size;
}

/** The same query without a limit of documents. */
function uncut(target: (typeof queries)[number]["target"]) {
  const metrics = target.metrics.map((metric) =>
    metric.type === "raw_data" ? { ...metric, settings: { ...metric.settings, size: "1000000" } } : metric,
  );
  return { ...target, metrics };
}

type Compared = {
  readonly name: string;
  readonly actual: unknown;
  readonly expected: { readonly side: unknown; readonly whole: Result };
};

async function compare({ name, panel, target }: PanelQuery, range: Range, known: History): Promise<Compared> {
  const moment = momentOf(panel, range, SIMULATED_INTERVAL_SECONDS);
  const actual = actualResult(target, await search(store, panelSearch(target, moment)));
  const expected = expectedResult(target, known, moment);
  const whole = expected.kind === "values" ? expected : expectedResult(uncut(target), known, moment);
  return {
    name,
    actual: { name, result: side(actual, whole) },
    expected: { side: { name, result: side(expected, whole) }, whole },
  };
}

/** What is to be equal; `whole` is the expected result without a limit of documents. */
function side(result: Result, whole: Result): unknown {
  if (result.kind === "values") return rounded(result.values);
  if (whole.kind === "values") throw new Error("documents against values");
  // Which documents of one tick are cut off is Elasticsearch's choice; how many and of which time is not.
  const known = new Set(whole.documents.map(canonical));
  const { documents: found } = result;
  return {
    times: times(found),
    ...(found.length < whole.documents.length
      ? { strangers: found.filter((document) => !known.has(canonical(document))) }
      : { documents: found.map(canonical).toSorted() }),
  };
}

/** Averages are added up in another order. */
function rounded(values: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries(
    [...values]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, Number(value.toPrecision(10))]),
  );
}

/** A time series gives back its lists sorted, and a list of one as that one. */
function canonical(document: object): string {
  const entries = Object.entries(document).map(([name, value]): [string, unknown] => [
    name,
    Array.isArray(value) ? (value.length === 1 ? value[0] : value.map(String).toSorted()) : value,
  ]);
  return JSON.stringify(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const stamped = z.looseObject({ "@timestamp": z.string() });
function times(found: readonly object[]): readonly string[] {
  return found.map((document) => stamped.parse(document)["@timestamp"]);
}
