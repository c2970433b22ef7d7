/**
 * An index with what the collector would have written about every scenario of the simulator: the real analyser's
 * documents, through the real encoder, into the real mapping of a time series. Each scenario is a Kafka cluster of its own.
 */
import type { AxiosInstance } from "axios";
import { templateNames, buildTemplates } from "../../collectors/elasticsearch/templates.ts";
import { createBatchEncoder, encodeAll } from "../../collectors/encode.ts";
import { dataStreamName } from "../../model/documents.ts";
import type { LagDocument } from "../../model/documents.ts";
import { z } from "zod";
import { START_MS, play } from "../simulator/run.ts";
import type { Simulation } from "../simulator/run.ts";
import type { Scenario } from "../simulator/scenario.ts";

export const SIMULATED_INTERVAL_SECONDS = 30;
/** Long: on a machine that does other things too, a bulk request has taken more than a minute. */
const TIMEOUT_MS = 180_000;
const DAY_MS = 86_400_000;
const ENVIRONMENT = "simulated";
const ACTION = Buffer.from('{"create":{}}\n');
const LINE_END = 0x0a;

/** What the simulated Kafka itself knew at a tick. */
export type Truth = {
  readonly second: number;
  readonly groups: ReadonlyMap<string, readonly TruePartition[]>;
};
export type TruePartition = {
  readonly topic: string;
  readonly committed: number | undefined;
  /** End offset at the last refresh of Burrow before the tick: what any observer behind Burrow can know. */
  readonly head: number;
  readonly owner: string | null;
  /** Age of the oldest message not yet committed; undefined where it is older than the scenario. */
  readonly lateSeconds: number | undefined;
};

export type SimulatedCluster = {
  readonly cluster: string;
  readonly scenario: Scenario;
  readonly documents: readonly LagDocument[];
  readonly truth: readonly Truth[];
  /** Times of the ticks, ms. */
  readonly ticks: readonly number[];
};

/** `consumer dead and back` is the cluster `consumer-dead-and-back`. */
export function clusterOf(scenario: Pick<Scenario, "name">): string {
  return scenario.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

export function simulate(scenario: Scenario): SimulatedCluster {
  const cluster = clusterOf(scenario);
  const truth: Truth[] = [];
  const { ticks } = play(scenario, {
    cluster,
    intervalSeconds: SIMULATED_INTERVAL_SECONDS,
    observe: (simulation, second) => truth.push(observe(simulation, second)),
  });
  const times = ticks.map(({ second }) => START_MS + (second + 1) * 1000);
  return {
    cluster,
    scenario,
    truth,
    ticks: times,
    documents: ticks.flatMap((tick, index) => [
      ...tick.documents,
      collectorDocument(cluster, tick.documents.length, times[index] ?? 0),
    ]),
  };
}

function observe({ kafka, burrow }: Simulation, second: number): Truth {
  const { refreshSeconds, phase } = burrow.options;
  const sinceRefresh = (kafka.second - phase) % refreshSeconds;
  const groups = [...kafka.groups.values()].map((group): [string, TruePartition[]] => [
    group.name,
    kafka.partitions(group.topic).map((partition, index) => {
      const committed = group.committed[index];
      const appended = committed === undefined ? undefined : partition.appendedAt(committed);
      return {
        topic: group.topic,
        committed,
        // `heads` has one entry per second; the newest is of this second.
        head: partition.heads[kafka.second - 1 - sinceRefresh] ?? 0,
        owner: group.ownerOf(index),
        lateSeconds:
          appended === -1 || committed === undefined
            ? undefined
            : appended === undefined
              ? 0
              : kafka.second - 1 - appended,
      };
    }),
  ]);
  return { second, groups: new Map(groups) };
}

/** The collector's own record; its numbers follow from the tick alone, so that they can be expected. */
function collectorDocument(cluster: string, documents: number, tickMs: number): LagDocument {
  const ticks = Math.round((tickMs - START_MS) / 1000 / SIMULATED_INTERVAL_SECONDS);
  return {
    "@timestamp": new Date(tickMs).toISOString(),
    record: "collector",
    cluster,
    collector: `${cluster}-collector`,
    collector_version: "simulated",
    interval_seconds: SIMULATED_INTERVAL_SECONDS,
    cycle_seconds: 0.5 + (ticks % 10) / 10,
    scrape_seconds: 0.25,
    burrow_requests: documents,
    burrow_errors: ticks % 7 === 0 ? 1 : 0,
    ticks_skipped: 0,
    resident_bytes: 200_000_000,
    spool_documents: ticks % 5,
    spool_bytes: 1000 * (ticks % 5),
    spool_age_seconds: ticks % 5,
    documents_accepted: documents * ticks,
    documents_stored: documents * ticks,
    documents_duplicate: ticks,
    documents_dead_lettered: 0,
    documents_dropped: 0,
    bulk_retries: 0,
  };
}

/** Requests to Elasticsearch, with what lets them in, and the index they are about. */
export type Store = { readonly http: AxiosInstance; readonly index: string };

/** Makes the index anew with the mapping, the routing and the time series mode of the real templates. */
export async function createIndex(
  { http, index }: Store,
  bounds: { readonly fromMs: number; readonly toMs: number } = {
    fromMs: START_MS - DAY_MS,
    toMs: START_MS + DAY_MS,
  },
): Promise<void> {
  await dropIndex({ http, index });
  const templates = buildTemplates({
    environment: ENVIRONMENT,
    retentionDays: 1,
    replicas: 0,
    bounds: { start: new Date(bounds.fromMs).toISOString(), end: new Date(bounds.toMs).toISOString() },
  });
  const names = templateNames(dataStreamName(ENVIRONMENT));
  const parts = [names.series, names.settings].map((name) =>
    component.parse(templates.find((template) => template.name === name)?.body),
  );
  const settings = Object.assign({}, ...parts.map((part) => part.template.settings));
  const mappings = Object.assign({}, ...parts.map((part) => part.template.mappings));
  await http.put(`/${index}`, { settings, mappings }, { timeout: TIMEOUT_MS });
}
const component = z.looseObject({
  template: z.object({
    settings: z.record(z.string(), z.unknown()).default({}),
    mappings: z.record(z.string(), z.unknown()).default({}),
  }),
});

export async function dropIndex({ http, index }: Store): Promise<void> {
  await http.delete(`/${index}`, { timeout: TIMEOUT_MS, validateStatus: () => true });
}

/** Writes documents as the collector does; throws when one is refused. */
export async function write(store: Store, documents: readonly LagDocument[]): Promise<void> {
  const encoder = createBatchEncoder({ maximumDocuments: 5000, maximumBytes: 8_000_000 });
  for (const { ndjson } of encodeAll(encoder, documents)) await sendBulk(store, withActions(ndjson));
}

export async function refresh({ http, index }: Store): Promise<void> {
  await http.post(`/${index}/_refresh`, undefined, { timeout: TIMEOUT_MS });
}

function withActions(ndjson: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < ndjson.length) {
    const end = ndjson.indexOf(LINE_END, at) + 1;
    parts.push(ACTION, ndjson.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

async function sendBulk({ http, index }: Store, body: Buffer): Promise<void> {
  const { data } = await http.post<{ errors: boolean; items: unknown[] }>(
    `/${index}/_bulk?filter_path=errors,items.*.error`,
    body,
    {
      timeout: TIMEOUT_MS,
      headers: { "content-type": "application/x-ndjson" },
      maxBodyLength: Number.POSITIVE_INFINITY,
    },
  );
  if (data.errors)
    throw new Error(`Elasticsearch refused documents: ${JSON.stringify(data.items).slice(0, 500)}`);
}
