/** Creates the data stream, and brings one that exists to the templates' state as far as that is possible. */
import { z } from "zod";
import { FIELD_NAMES } from "../../model/fields.ts";
import { readFailure } from "./answers.ts";
import type { ElasticsearchHttp, HttpRequest } from "./client.ts";
import type { ServerInfo } from "./detect.ts";
import { refusal } from "./detect.ts";
import type { SetupTarget } from "./setup.ts";
import { mappingOf } from "./templates.ts";
import type { BoundsPlan } from "./time-bounds.ts";

export type UpdateStreamOptions = {
  readonly log: (sentence: string) => void;
  readonly stream: string;
  readonly server: ServerInfo;
  readonly target: SetupTarget;
  /** Templates were put in this run. */
  readonly changed: boolean;
  readonly bounds: BoundsPlan | null;
};

const streams = z.object({
  data_streams: z.array(
    z.object({ lifecycle: z.object({ data_retention: z.string().optional() }).optional() }),
  ),
});

export async function updateStream(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  if (options.bounds === null) await withDataStreamApi(http, options);
  else await withFixedBounds(http, options, options.bounds);
}

async function withDataStreamApi(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  const { stream, log, target } = options;
  const path = `/_data_stream/${encodeURIComponent(stream)}`;
  const created = await http.request({ method: "PUT", path });
  if (created.status === 200) {
    log(`Data stream ${stream} created, documents are kept for ${target.retentionDays} days.`);
    return;
  }
  if (readFailure(created.body).errorType !== "resource_already_exists_exception") {
    throw refusal(created, `create the data stream ${stream}`);
  }
  if (options.changed) await bringUpToDate(http, options);
  const answer = await http.request({ method: "GET", path });
  const parsed = streams.safeParse(answer.body);
  const retention = parsed.success ? parsed.data.data_streams[0]?.lifecycle?.data_retention : undefined;
  const wanted = `${target.retentionDays}d`;
  if (retention === wanted) {
    log(`Data stream ${stream} exists, documents are kept for ${target.retentionDays} days.`);
    return;
  }
  await must(
    http,
    { method: "PUT", path: `${path}/_lifecycle`, json: { data_retention: wanted } },
    "set the retention",
  );
  log(
    `Retention of the data stream ${stream} set to ${target.retentionDays} days (was ${retention ?? "not set"}).`,
  );
}

async function withFixedBounds(
  http: ElasticsearchHttp,
  options: UpdateStreamOptions,
  plan: BoundsPlan,
): Promise<void> {
  const { stream, log } = options;
  const { start, end } = plan.bounds;
  log(
    `This Elasticsearch has no data stream module: documents are accepted from ${start} to ${end}, nothing is deleted by age, and setup must run again before the end.`,
  );
  if (!plan.indexExists) {
    log(`Data stream ${stream} is created by the first document.`);
    return;
  }
  if (options.changed) await bringUpToDate(http, options);
  if (!plan.moved) return;
  const json = { "index.time_series.end_time": end };
  await must(
    http,
    { method: "PUT", path: `/${encodeURIComponent(stream)}/_settings`, json },
    "move the end of the index",
  );
  log(`End of ${stream} moved to ${end}.`);
}

/** New fields are added to the indices that exist; a field whose type changed needs a stream of another name. */
async function bringUpToDate(http: ElasticsearchHttp, options: UpdateStreamOptions): Promise<void> {
  const { stream, log, target } = options;
  const path = `/${encodeURIComponent(stream)}`;
  await must(
    http,
    { method: "PUT", path: `${path}/_mapping`, json: mappingOf(FIELD_NAMES) },
    "add fields to the data stream",
  );
  const json = { "index.number_of_replicas": target.replicas };
  await must(http, { method: "PUT", path: `${path}/_settings`, json }, "set the number of replicas");
  log(`Fields and replicas of the existing indices of ${stream} brought up to date.`);
}

async function must(http: ElasticsearchHttp, request: HttpRequest, intent: string): Promise<void> {
  const answer = await http.request(request);
  if (answer.status !== 200) throw refusal(answer, intent);
}
