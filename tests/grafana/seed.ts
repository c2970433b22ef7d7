/**
 * Fills an Elasticsearch with the scenario: hours back at once, then live. For looking at dashboards and alerts:
 *
 *     node tests/grafana/seed.ts --url http://127.0.0.1:9200 --hours 3 --live [--heal-after 300]
 *
 * The mapping is made from `model/fields.ts`; the index is an ordinary one, because nothing here depends on the stream.
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { AxiosInstance } from "axios";
import { scenarioDocuments } from "./scenario.ts";
import type { ConnectionFiles } from "../../collectors/elasticsearch/credentials.ts";
import type { LagDocument } from "../../model/documents.ts";
import { FIELDS, FIELD_NAMES } from "../../model/fields.ts";
import { plainHttp } from "../support/elasticsearch.ts";

export type SeedOptions = {
  /** Requests to Elasticsearch, with what lets them in. */
  readonly http: AxiosInstance;
  readonly index: string;
  readonly clusters: readonly string[];
  readonly intervalSeconds: number;
  readonly hours: number;
  readonly nowSeconds: number;
  readonly hostile?: boolean;
};

const TICKS_PER_REQUEST = 20;

/** Creates the index anew and writes `hours` of history. Returns the number of documents. */
export async function seedHistory(options: SeedOptions): Promise<number> {
  await options.http.delete(`/${options.index}`, { validateStatus: () => true });
  await options.http.put(`/${options.index}`, indexBody());
  const last = Math.floor(options.nowSeconds / options.intervalSeconds) * options.intervalSeconds;
  let tick = last - options.hours * 3600;
  let written = 0;
  while (tick <= last) {
    const ticks = Array.from(
      { length: TICKS_PER_REQUEST },
      (_, index) => tick + index * options.intervalSeconds,
    );
    const documents = ticks
      .filter((moment) => moment <= last)
      .flatMap((moment) => documentsOf(moment, options));
    await sendBulk(options, documents);
    written += documents.length;
    tick += TICKS_PER_REQUEST * options.intervalSeconds;
  }
  await options.http.post(`/${options.index}/_refresh`);
  return written;
}

export type LiveOptions = SeedOptions & { readonly healedAtSeconds?: number };

/** One tick as it would be written now. */
export async function seedTick(tickSeconds: number, options: LiveOptions): Promise<void> {
  await sendBulk(options, documentsOf(tickSeconds, options));
}

function documentsOf(tick: number, options: LiveOptions): readonly LagDocument[] {
  return options.clusters.flatMap((cluster) => scenarioDocuments(tick, { ...options, cluster }));
}

function indexBody(): object {
  const properties = Object.fromEntries(FIELD_NAMES.map((name) => [name, { type: FIELDS[name].type }]));
  return {
    settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: "1s" },
    mappings: { dynamic: "strict", properties },
  };
}

async function sendBulk(options: SeedOptions, documents: readonly LagDocument[]): Promise<void> {
  const body = documents.map((document) => `{"create":{}}\n${JSON.stringify(document)}\n`).join("");
  const { data } = await options.http.post<{ errors: boolean; items: unknown[] }>(
    `/${options.index}/_bulk`,
    body,
    { headers: { "content-type": "application/x-ndjson" } },
  );
  if (data.errors)
    throw new Error(`Elasticsearch refused documents: ${JSON.stringify(data.items).slice(0, 500)}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:9200" },
      username: { type: "string" },
      "password-file": { type: "string" },
      "ca-file": { type: "string" },
      index: { type: "string", default: "metrics-kafka.consumer_lag-look" },
      clusters: { type: "string", default: "orders" },
      interval: { type: "string", default: "15" },
      hours: { type: "string", default: "3" },
      live: { type: "boolean", default: false },
      hostile: { type: "boolean", default: false },
      "heal-after": { type: "string" },
      "live-for": { type: "string", default: "3600" },
    },
  });
  const startSeconds = Math.floor(Date.now() / 1000);
  const options: LiveOptions = {
    http: plainHttp({ urls: [values.url], files: defined(values) }),
    index: values.index,
    clusters: values.clusters.split(","),
    intervalSeconds: Number(values.interval),
    hours: Number(values.hours),
    nowSeconds: startSeconds,
    hostile: values.hostile,
    ...(values["heal-after"] === undefined
      ? {}
      : { healedAtSeconds: startSeconds + Number(values["heal-after"]) }),
  };
  process.stdout.write(`${await seedHistory(options)} documents in ${options.index}\n`);
  const end = startSeconds + Number(values["live-for"]);
  while (values.live && Date.now() / 1000 < end) {
    const next = (Math.floor(Date.now() / 1000 / options.intervalSeconds) + 1) * options.intervalSeconds;
    // A real collector writes a little after the tick.
    await wait((next + 1) * 1000 - Date.now());
    await seedTick(next, options);
  }
}

type Access = { readonly username?: string; readonly "password-file"?: string; readonly "ca-file"?: string };

function defined({ username, "password-file": passwordFile, "ca-file": caFile }: Access): ConnectionFiles {
  return {
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}

if (import.meta.main) await main();
