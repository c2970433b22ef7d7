/** An index of the test's own in a real Elasticsearch: made, filled, asked and removed again, whatever happens between. */
import { randomBytes } from "node:crypto";
import { elasticsearchSource } from "../../alerts/evaluation/elasticsearch-source.ts";
import type { MultiSearch } from "../../alerts/evaluation/elasticsearch-source.ts";
import type { RuleSource } from "../../alerts/evaluation/source.ts";
import type { ElasticsearchHttp, HttpAnswer, HttpRequest } from "../../collectors/elasticsearch/client.ts";
import type { LagDocument } from "../../model/documents.ts";
import { FIELDS, FIELD_NAMES } from "../../model/fields.ts";
import { LaglineError, describeError } from "../../model/errors.ts";

export type Http = Pick<ElasticsearchHttp, "request">;
export const INDEX_PREFIX = "lagline-alerts-test-";

const TIMEOUT_MS = 30_000;
const DOCUMENTS_PER_REQUEST = 5000;

/** Calls `use` with a source over the documents. @throws LaglineError `LAGLINE_ALERTS_TEST_STORE` */
export async function withStoredDocuments<T>(
  http: Http,
  documents: readonly LagDocument[],
  use: (source: RuleSource) => Promise<T>,
): Promise<T> {
  const index = `${INDEX_PREFIX}${randomBytes(6).toString("hex")}`;
  await ask(http, { method: "PUT", path: `/${index}`, json: indexBody() });
  try {
    for (let at = 0; at < documents.length; at += DOCUMENTS_PER_REQUEST) {
      await sendBulk(http, index, documents.slice(at, at + DOCUMENTS_PER_REQUEST));
    }
    await ask(http, { method: "POST", path: `/${index}/_refresh` });
    return await use(elasticsearchSource(index, multiSearch(http)));
  } finally {
    await ask(http, { method: "DELETE", path: `/${index}`, query: { ignore_unavailable: true } });
  }
}

export function multiSearch(http: Http): MultiSearch {
  return (ndjson) => ask(http, { method: "POST", path: "/_msearch", ndjson });
}

/** Ordinary, because nothing in a rule depends on the stream; without replicas, because it lives for a minute. */
function indexBody(): Readonly<Record<string, unknown>> {
  return {
    settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: "-1" },
    mappings: {
      dynamic: "strict",
      properties: Object.fromEntries(FIELD_NAMES.map((name) => [name, { type: FIELDS[name].type }])),
    },
  };
}

async function sendBulk(http: Http, index: string, documents: readonly LagDocument[]): Promise<void> {
  const lines = documents.map((document) => `{"create":{}}\n${JSON.stringify(document)}\n`);
  const { body } = await ask(http, {
    method: "POST",
    path: `/${index}/_bulk`,
    ndjson: Buffer.from(lines.join("")),
  });
  if (typeof body === "object" && body !== null && "errors" in body && body.errors === false) return;
  throw failed(`documents were refused: ${JSON.stringify(body).slice(0, 300)}`);
}

async function ask(http: Http, request: HttpRequest): Promise<HttpAnswer> {
  let answer: HttpAnswer;
  try {
    answer = await http.request({ ...request, timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    throw failed(describeError(cause).replace(/\.$/, ""), cause);
  }
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw failed(
    `${request.method} ${request.path} was answered with HTTP ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`,
  );
}

function failed(detail: string, cause?: unknown): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ALERTS_TEST_STORE",
    message: `The test's documents cannot be kept in Elasticsearch: ${detail}.`,
    hint: `It needs an Elasticsearch and the rights to create, write, read and delete indices named ${INDEX_PREFIX}*; --memory does without.`,
    cause,
  });
}
