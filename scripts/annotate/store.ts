/** Adds a few event documents to the data stream, at once and without the collector's spool. */
import { z } from "zod";
import { Lines, bulkBody } from "../../collectors/elasticsearch/lines.ts";
import type { BulkTarget } from "../../collectors/elasticsearch/bulk.ts";
import type { ElasticsearchHttp, HttpAnswer } from "../../collectors/elasticsearch/client.ts";
import type { LagDocument } from "../../model/documents.ts";
import { LaglineError, describeError } from "../../model/errors.ts";

const TIMEOUT_MS = 10_000;
const CREATED = 201;
/** Another answer was lost, and this is the second try: the same event is there already. */
const ALREADY_THERE = 409;

const bulkSchema = z.object({
  items: z.array(
    z.object({
      create: z.object({
        status: z.number(),
        error: z.object({ type: z.string(), reason: z.string().nullish() }).optional(),
      }),
    }),
  ),
});

export type StoreOptions = { readonly target: BulkTarget; readonly signal: AbortSignal };

/** @throws LaglineError `LAGLINE_ANNOTATE_FAILED`, also when only some of the documents were stored. */
export async function storeEvents(
  http: Pick<ElasticsearchHttp, "request">,
  documents: readonly LagDocument[],
  { target, signal }: StoreOptions,
): Promise<void> {
  const ndjson = Buffer.from(documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
  const { length } = documents;
  const body = bulkBody(new Lines({ ndjson, documents: length }), { from: 0, to: length }, target.action);
  const answer = await send(http, body, { target, signal });
  const parsed = bulkSchema.safeParse(answer.body);
  if (answer.status !== 200 || !parsed.success || parsed.data.items.length !== documents.length) {
    throw failed(`HTTP ${answer.status}, not the answer to this request`, answer.status >= 429);
  }
  const refused = parsed.data.items
    .map(({ create }) => create)
    .filter(({ status }) => status !== CREATED && status !== ALREADY_THERE);
  const [first] = refused;
  if (first === undefined) return;
  const why =
    first.error === undefined ? `status ${first.status}` : `${first.error.type}: ${first.error.reason ?? ""}`;
  throw failed(`${refused.length} of ${documents.length} were refused, ${why}`, false);
}

async function send(
  http: Pick<ElasticsearchHttp, "request">,
  ndjson: Buffer,
  { target: { stream }, signal }: StoreOptions,
): Promise<HttpAnswer> {
  try {
    return await http.request({
      method: "POST",
      path: stream === undefined ? "/_bulk" : `/${encodeURIComponent(stream)}/_bulk`,
      ndjson,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
  } catch (error) {
    throw failed(describeError(error).replace(/\.$/, ""), true, error);
  }
}

function failed(detail: string, retryable: boolean, cause?: unknown): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ANNOTATE_FAILED",
    message: `The event could not be stored in Elasticsearch: ${detail}.`,
    hint: retryable
      ? "Check that Elasticsearch runs, then run the command again."
      : "Check the right to create documents, and that `lagline setup` has run.",
    retryable,
    cause,
  });
}
