/** One search of the relay in Elasticsearch, and the pieces that its searches share. */
import { z } from "zod";
import type { ElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import { VERDICTS, VERDICT_NAMES } from "../../model/verdicts.ts";

export type SearchOptions = {
  readonly http: Pick<ElasticsearchHttp, "request" | "reload">;
  readonly index: string;
  readonly timeoutMs: number;
};

export type Ask = (body: object) => Promise<unknown>;

/** Verdicts that say nothing about the group. */
const NO_ANSWER = VERDICT_NAMES.filter((name) => VERDICTS[name].severity === "info");

/**
 * The whole answer.
 * @throws ElasticsearchFault without an answer, Error for a status other than 200.
 */
export async function search(options: SearchOptions, body: object, signal: AbortSignal): Promise<unknown> {
  const { http, index, timeoutMs } = options;
  const request = {
    method: "POST" as const,
    path: `/${encodeURIComponent(index)}/_search`,
    // Half an answer would show groups as gone.
    query: { ignore_unavailable: true, allow_no_indices: true, allow_partial_search_results: false },
    json: { ...body },
    timeoutMs,
    signal,
  };
  const first = await http.request(request);
  // A rotated password is in its file before the next start.
  const isRefused = first.status === 401 || first.status === 403;
  const answer = isRefused && (await http.reload()) ? await http.request(request) : first;
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  return answer.body;
}

/** An index that does not exist yet answers without aggregations. */
export function aggregationsOf(body: unknown): unknown {
  const { aggregations } = z.object({ aggregations: z.unknown().optional() }).parse(body);
  return aggregations ?? { clusters: { buckets: [] }, groups: { buckets: [] } };
}

/** Documents of a kind that are not older. */
export function since(record: "cluster" | "group" | "partition", fromMs: number): readonly object[] {
  return [{ term: { record } }, { range: { "@timestamp": { gte: new Date(fromMs).toISOString() } } }];
}

export const SUSPECT = { term: { suspect: 1 } };
/** What a document must not have to say something about its group. */
export const SAYS_NOTHING: readonly object[] = [SUSPECT, { terms: { verdict: NO_ANSWER } }];

export function lastDocument(fields: readonly string[]): object {
  return { top_hits: { size: 1, sort: [{ "@timestamp": "desc" }], _source: fields } };
}

export const newest = z.object({ value: z.number().nullable() });
/** Documents that were found, not parsed yet. */
export const documents = z
  .object({ hits: z.object({ hits: z.array(z.object({ _source: z.unknown() })) }) })
  .transform(({ hits: { hits } }) => hits.map(({ _source: document }) => document));
/** The newest document of a bucket. */
export const lastHit = documents.transform(([first]) => first);
