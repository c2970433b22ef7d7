/** Reading stored documents: one search function over the collector's Elasticsearch connection. */
import { z } from "zod";
import { createElasticsearchHttp } from "../../collectors/elasticsearch/client.ts";
import type { ElasticsearchHttp, HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import { clientSettings } from "../../collectors/elasticsearch/connection.ts";
import { readableIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError, describeError } from "../../model/errors.ts";
import type { AccessUser } from "../../model/access.ts";

export type SearchBody = Readonly<Record<string, unknown>>;
export type SearchHit = { readonly source: unknown; readonly sort: readonly unknown[] };
export type SearchAnswer = { readonly hits: readonly SearchHit[]; readonly aggregations: unknown };

/**
 * Runs one search over the documents of an environment. An environment without documents gives no hits.
 * @throws LaglineError `LAGLINE_SEARCH_FAILED`, retryable where Elasticsearch may answer later.
 */
export type Search = (body: SearchBody, signal: AbortSignal) => Promise<SearchAnswer>;

const TIMEOUT_MS = 10_000;
const hitSchema = z
  .object({ _source: z.unknown().optional(), sort: z.array(z.unknown()).default([]) })
  .transform(({ _source: source, sort }) => ({ source, sort }));
const answerSchema = z.object({
  hits: z.object({ hits: z.array(hitSchema) }),
  aggregations: z.unknown().optional(),
});
const failureSchema = z.object({ error: z.object({ type: z.string(), reason: z.string().nullish() }) });

/** A search over the documents of `environment`, and how to end its connections. */
export async function openSearch(
  config: Config,
): Promise<{ readonly search: Search; readonly close: () => Promise<void> }> {
  const http = await openElasticsearch(config);
  return { search: searchOver(http, readableIndex(config)), close: () => http.close() };
}

/**
 * The connection of `lagline.yaml` as seen from this host, as a user that may only read unless another is named.
 * @throws LaglineError when a credential file cannot be read.
 */
export function openElasticsearch(config: Config, user: AccessUser = "reader"): Promise<ElasticsearchHttp> {
  return createElasticsearchHttp({ ...clientSettings(config, user), requestTimeoutMs: TIMEOUT_MS });
}

export function searchOver(http: Pick<ElasticsearchHttp, "request">, index: string): Search {
  return async (body, signal) => {
    const answer = await ask(http, { index, body, signal });
    if (answer.status !== 200) throw failed(answer);
    const parsed = answerSchema.safeParse(answer.body);
    if (!parsed.success) throw failure("its answer is not that of a search", false);
    return { hits: parsed.data.hits.hits, aggregations: parsed.data.aggregations };
  };
}

async function ask(
  http: Pick<ElasticsearchHttp, "request">,
  {
    index,
    body,
    signal,
  }: { readonly index: string; readonly body: SearchBody; readonly signal: AbortSignal },
): Promise<HttpAnswer> {
  try {
    return await http.request({
      method: "POST",
      path: `/${encodeURIComponent(index)}/_search`,
      // Half an answer would show groups as gone; no index yet is an environment without documents.
      query: { ignore_unavailable: true, allow_no_indices: true, allow_partial_search_results: false },
      json: body,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
  } catch (error) {
    throw failure(describeError(error).replace(/\.$/, ""), true, error);
  }
}

function failed({ status, body }: HttpAnswer): LaglineError {
  const parsed = failureSchema.safeParse(body);
  const detail = parsed.success
    ? `${parsed.data.error.type}${typeof parsed.data.error.reason === "string" ? `: ${parsed.data.error.reason}` : ""}`
    : "no reason given";
  return failure(`HTTP ${status}, ${detail}`, status === 429 || status >= 500);
}

function failure(detail: string, retryable: boolean, cause?: unknown): LaglineError {
  return new LaglineError({
    code: "LAGLINE_SEARCH_FAILED",
    message: `Documents cannot be read from Elasticsearch: ${detail}.`,
    hint: retryable
      ? "Check that Elasticsearch runs and can be reached."
      : "Check the address and the user's right to read the documents.",
    retryable,
    cause,
  });
}
