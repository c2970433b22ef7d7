/**
 * How long does each page take for a large installation? Fills an index of an Elasticsearch that you may write to, sends
 * every query of every page as Grafana does, and prints queries and times per page:
 *
 *     npm run bench:dashboards -- --url http://127.0.0.1:9200 --groups 2000 --days 7
 *
 * The last hours have the tick of a real collector, the days before a coarser one: 2,000 groups at 30 s for 7 days are 40
 * million group documents. What a page over hours costs is as in reality; over days it reads fewer documents per bucket.
 */
import { parseArgs } from "node:util";
import { search } from "../../tests/grafana/answers.ts";
import {
  annotationSearch,
  momentOf,
  panelQueries,
  panelSearch,
  variableSearch,
  viewPages,
} from "../../tests/grafana/pages.ts";
import type { Range } from "../../tests/grafana/pages.ts";
import { createIndex, dropIndex, refresh, write } from "../../tests/grafana/simulated-store.ts";
import type { Store } from "../../tests/grafana/simulated-store.ts";
import { plainHttp } from "../../tests/support/elasticsearch.ts";
import type { DashboardView } from "../../dashboards/lint-schema.ts";
import { groupName, tickDocuments } from "./dashboard-documents.ts";
import type { Installation } from "./dashboard-documents.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A browser keeps so many connections to one server with HTTP/1.1. */
const AT_ONCE = 6;
const TROUBLED = 0;

const { values: flags } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:9200" },
    index: { type: "string", default: "lagline-bench-dashboards" },
    groups: { type: "string", default: "2000" },
    partitions: { type: "string", default: "2" },
    clusters: { type: "string", default: "4" },
    topics: { type: "string", default: "200" },
    days: { type: "string", default: "7" },
    "recent-hours": { type: "string", default: "3" },
    interval: { type: "string", default: "30" },
    "old-interval": { type: "string", default: "1800" },
    runs: { type: "string", default: "3" },
    keep: { type: "boolean", default: false },
    /** Measures what an earlier run with `--keep` wrote. */
    reuse: { type: "boolean", default: false },
    /** Goes on filling where an earlier run was ended. */
    resume: { type: "boolean", default: false },
  },
});
const store: Store = { http: plainHttp({ urls: [flags.url], files: {} }), index: flags.index };
const installation: Installation = {
  clusters: Number(flags.clusters),
  groups: Number(flags.groups),
  partitionsPerGroup: Number(flags.partitions),
  topics: Number(flags.topics),
};
const intervalMs = Number(flags.interval) * SECOND_MS;
const days = Number(flags.days);
const recentHours = Number(flags["recent-hours"]);

await main();

async function main(): Promise<void> {
  const endMs = flags.reuse ? await newestTick() : Math.floor(Date.now() / intervalMs) * intervalMs;
  if (!flags.reuse) await fill(endMs);
  const pages = viewPages({
    environment: "bench",
    datasourceUid: "lagline",
    intervalSeconds: intervalMs / SECOND_MS,
    staleAfterSeconds: 150,
  });
  console.log(
    `| page | queries | ${recentHours} h: all, slowest (ms) | ${days} days: all, slowest (ms) | slowest over days |\n|---|---|---|---|---|`,
  );
  for (const page of pages) {
    const short = await measure(page, endMs, recentHours * HOUR_MS);
    const long = await measure(page, endMs, days * DAY_MS);
    console.log(
      `| ${page.uid} | ${short.queries} | ${short.allMs.toFixed(0)}, ${short.slowestMs.toFixed(0)} | ${long.allMs.toFixed(0)}, ${long.slowestMs.toFixed(0)} | ${long.slowest} |`,
    );
  }
  if (!flags.keep && !flags.reuse) await dropIndex(store);
}

async function fill(endMs: number): Promise<void> {
  const startedMs = Date.now();
  const bounds = { fromMs: endMs - (days + 1) * DAY_MS, toMs: endMs + DAY_MS };
  if (!flags.resume) await createIndex(store, bounds);
  const recentMs = endMs - recentHours * HOUR_MS;
  let documents = 0;
  const fromMs = Math.floor((endMs - days * DAY_MS) / intervalMs) * intervalMs;
  let tickMs = flags.resume ? (await newestTick()) + intervalMs : fromMs;
  while (tickMs <= endMs) {
    const tick = tickDocuments(tickMs, installation);
    await write(store, tick);
    documents += tick.length;
    tickMs += tickMs < recentMs ? Number(flags["old-interval"]) * SECOND_MS : intervalMs;
  }
  await refresh(store);
  console.log(`${documents} documents in ${Math.round((Date.now() - startedMs) / SECOND_MS)} s.`);
}

async function newestTick(): Promise<number> {
  const found = await search(store, { size: 1, sort: [{ "@timestamp": "desc" }] });
  const [newest] = found.hits.hits.map(({ _source: source }) => source["@timestamp"]);
  return Date.parse(String(newest));
}

type Measured = {
  readonly queries: number;
  readonly allMs: number;
  readonly slowestMs: number;
  readonly slowest: string;
};

/** The median run, by the time until the last panel has its answer. */
async function measure(page: DashboardView, endMs: number, lengthMs: number): Promise<Measured> {
  const runs: Measured[] = [];
  for (let run = 0; run < Number(flags.runs); run++) runs.push(await load(page, endMs, lengthMs));
  const sorted = runs.toSorted((a, b) => a.allMs - b.allMs);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error("--runs must be at least 1.");
  return median;
}

/** Variables first, because panels wait for them; then panels and annotations. */
async function load(page: DashboardView, endMs: number, lengthMs: number): Promise<Measured> {
  const number = TROUBLED;
  const range: Range = {
    fromMs: endMs - lengthMs,
    toMs: endMs + SECOND_MS,
    values: {
      cluster: ["lagline-fleet", "lagline-objectives", "lagline-pipeline"].includes(page.uid)
        ? { all: "*" }
        : `cluster-${number % installation.clusters}`,
      group: groupName(number),
      topic: `events-${number % installation.topics}`,
      partition: "0",
      team: { all: "* OR (*:* AND NOT _exists_:team)" },
    },
  };
  const whole = { ...range, intervalMs };
  const variables = page.templating.list
    .filter(({ type }) => type === "query")
    .map(({ name, query }) => ({ name: `variable ${name}`, body: variableSearch(query, whole) }));
  const panels = [
    ...panelQueries(page).map(({ panel, target }) => ({
      name: panel.title,
      body: panelSearch(target, momentOf(panel, range, intervalMs / SECOND_MS)),
    })),
    ...page.annotations.list.map(({ name, query }) => ({
      name: `marks "${name}"`,
      body: annotationSearch(query, whole),
    })),
  ];
  const startedMs = performance.now();
  const times = [...(await sendAll(variables)), ...(await sendAll(panels))];
  const slowest = times.toSorted((a, b) => b.ms - a.ms)[0];
  return {
    queries: times.length,
    allMs: performance.now() - startedMs,
    slowestMs: slowest?.ms ?? 0,
    slowest: slowest?.name ?? "",
  };
}

type Sent = { readonly name: string; readonly ms: number };

async function sendAll(
  queries: readonly { readonly name: string; readonly body: Parameters<typeof search>[1] }[],
): Promise<readonly Sent[]> {
  const waiting = [...queries];
  const times: Sent[] = [];
  const worker = async (): Promise<void> => {
    for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
      const startedMs = performance.now();
      await search(store, query.body);
      times.push({ name: query.name, ms: performance.now() - startedMs });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return times;
}
