/** Creates the data stream, and brings one that exists to the templates' state as far as that is possible. */
import { z } from "zod";
import type { DocumentsIndex } from "../../config/documents-index.ts";
import { LaglineError } from "../../model/errors.ts";
import { readFailure } from "./answers.ts";
import type { ElasticsearchHttp, HttpRequest } from "./client.ts";
import type { ServerInfo } from "./detect.ts";
import { refusal } from "./detect.ts";
import { mappingFor } from "./mappings.ts";
import type { SetupTarget } from "./setup.ts";
import type { BoundsPlan } from "./time-bounds.ts";

export type UpdateStreamOptions = {
  readonly log: (sentence: string) => void;
  readonly index: DocumentsIndex;
  readonly server: ServerInfo;
  readonly target: SetupTarget;
  /** Templates were put in this run. */
  readonly changed: boolean;
  /** Null except for a time series on a build without the data stream APIs. */
  readonly bounds: BoundsPlan | null;
};

const streams = z.object({
  data_streams: z.array(
    z.object({ lifecycle: z.object({ data_retention: z.string().optional() }).optional() }),
  ),
});

export async function updateStream(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  const { index, log, changed, bounds } = options;
  if (index.mode === "daily") {
    log(
      changed
        ? `The next index of ${index.search} gets these fields; those that exist keep theirs.`
        : `Indices ${index.search} are created by their first document.`,
    );
  } else if (bounds !== null) {
    await withFixedBounds(http, options, bounds);
  } else if (options.server.hasDataStreamApi) {
    await withDataStreamApi(http, options);
  } else {
    const deletion = index.lifecycle === "lagline" ? "" : ", and nothing is deleted by age";
    log(
      `This Elasticsearch has no data stream module: data stream ${index.name} is created by the first document${deletion}.`,
    );
    // Indices that exist get fields, and the mark by which retention knows them.
    if (changed && index.lifecycle === "lagline") await bringUpToDateIfThere(http, options);
  }
}

const settingsOfIndices = z.record(
  z.string(),
  z.object({ settings: z.object({ "index.mode": z.string().optional() }) }),
);

/**
 * A time series refuses documents with an identity of their own, and takes others twice; so the mode of a stream that
 * exists must be the one that the collector writes for.
 */
export async function refuseOtherMode(http: ElasticsearchHttp, index: DocumentsIndex): Promise<void> {
  const path = `/${encodeURIComponent(index.name)}/_settings`;
  const answer = await http.request({ method: "GET", path, query: { flat_settings: true } });
  const parsed = settingsOfIndices.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success) return;
  const newest = Object.entries(parsed.data)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .at(-1);
  if (newest === undefined) return;
  const isSeries = newest[1].settings["index.mode"] === "time_series";
  if (isSeries === (index.mode === "time_series")) return;
  throw new LaglineError({
    code: "LAGLINE_SETUP_OTHER_MODE",
    message: `The data stream ${index.name} exists and is ${isSeries ? "a time series" : "no time series"}, but elasticsearch.index.mode is ${index.mode}.`,
    hint: "Give the new one another elasticsearch.index.name, or delete the old one when its documents are no longer needed.",
  });
}

async function withDataStreamApi(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  const { index, log, target } = options;
  const path = `/_data_stream/${encodeURIComponent(index.name)}`;
  const keeps =
    index.lifecycle === "data_stream" ? `, documents are kept for ${target.retentionDays} days` : "";
  const created = await http.request({ method: "PUT", path });
  if (created.status === 200) {
    log(`Data stream ${index.name} created${keeps}.`);
    return;
  }
  if (readFailure(created.body).errorType !== "resource_already_exists_exception") {
    throw refusal(created, `create the data stream ${index.name}`);
  }
  if (options.changed) await bringUpToDate(http, options);
  if (index.lifecycle === "data_stream") await setRetention(http, { path, options, keeps });
  else log(`Data stream ${index.name} exists.`);
}

async function setRetention(
  http: ElasticsearchHttp,
  about: { readonly path: string; readonly options: UpdateStreamOptions; readonly keeps: string },
): Promise<void> {
  const { path, options, keeps } = about;
  const { index, log, target } = options;
  const answer = await http.request({ method: "GET", path });
  const parsed = streams.safeParse(answer.body);
  const retention = parsed.success ? parsed.data.data_streams[0]?.lifecycle?.data_retention : undefined;
  const wanted = `${target.retentionDays}d`;
  if (retention === wanted) {
    log(`Data stream ${index.name} exists${keeps}.`);
    return;
  }
  await must(
    http,
    { method: "PUT", path: `${path}/_lifecycle`, json: { data_retention: wanted } },
    "set the retention",
  );
  log(
    `Retention of the data stream ${index.name} set to ${target.retentionDays} days (was ${retention ?? "not set"}).`,
  );
}

async function withFixedBounds(
  http: ElasticsearchHttp,
  options: UpdateStreamOptions,
  plan: BoundsPlan,
): Promise<void> {
  const { log } = options;
  const stream = options.index.name;
  const { start, end } = plan.bounds;
  if (!plan.inWindows) {
    log(
      `This Elasticsearch has no data stream module: documents are accepted from ${start} to ${end}, nothing is deleted by age, and setup must run again before the end.`,
    );
  }
  if (plan.index === null) {
    log(
      plan.inWindows
        ? `Data stream ${stream} is created by the first document, for documents from ${start} to ${end}; \`lagline retention\` opens the indices after it.`
        : `Data stream ${stream} is created by the first document.`,
    );
    return;
  }
  if (options.changed) await bringUpToDate(http, options);
  if (!plan.moved || plan.inWindows) return;
  const json = { "index.time_series.end_time": end };
  await must(
    http,
    { method: "PUT", path: `/${encodeURIComponent(plan.index)}/_settings`, json },
    "move the end of the index",
  );
  log(`End of ${stream} moved to ${end}.`);
}

async function bringUpToDateIfThere(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  const path = `/${encodeURIComponent(options.index.name)}/_settings`;
  const { status } = await http.request({ method: "GET", path });
  if (status === 200) await bringUpToDate(http, options);
}

/** New fields are added to the indices that exist; a field whose type changed needs a stream of another name. */
async function bringUpToDate(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  const { index, log, target } = options;
  const path = `/${encodeURIComponent(index.name)}`;
  await must(
    http,
    { method: "PUT", path: `${path}/_mapping`, json: mappingFor(index) },
    "add fields to the data stream",
  );
  const json = { "index.number_of_replicas": target.replicas };
  await must(http, { method: "PUT", path: `${path}/_settings`, json }, "set the number of replicas");
  log(`Fields and replicas of the existing indices of ${index.name} brought up to date.`);
}

async function must(http: ElasticsearchHttp, request: HttpRequest, intent: string): Promise<void> {
  const answer = await http.request(request);
  if (answer.status !== 200) throw refusal(answer, intent);
}
