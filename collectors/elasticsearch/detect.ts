/** Finds out what answers: version, and whether it has the data stream APIs (the test build from Maven has not). */
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import { readFailure } from "./answers.ts";
import type { ElasticsearchHttp, HttpAnswer } from "./client.ts";
import { explainDenial } from "./denial.ts";

export type ServerInfo = {
  /** For example 9.2.0; null when the server does not tell. */
  readonly version: string | null;
  /** `_data_stream` and the data stream lifecycle exist, and Elasticsearch moves the time bounds itself. */
  readonly hasDataStreamApi: boolean;
};

const root = z.object({ version: z.object({ number: z.string() }) });
const nodes = z.object({ nodes: z.record(z.string(), z.object({ version: z.string() })) });

/** Oldest version whose bulk API can insist on a data stream. */
const OLDEST = { major: 8, minor: 13 } as const;

/** @throws ElasticsearchFault without an answer; LaglineError when the server refuses us or is too old. */
export async function detectServer(http: ElasticsearchHttp, stream: string): Promise<ServerInfo> {
  const version = await readVersion(http);
  if (version !== null && isTooOld(version)) {
    throw new LaglineError({
      code: "LAGLINE_ELASTICSEARCH_TOO_OLD",
      message: `Elasticsearch ${version} is too old.`,
      hint: "Lagline works with Elasticsearch 8.19 and 9; 8.13 is the oldest that has what it needs.",
    });
  }
  const answer = await http.request({ method: "GET", path: `/_data_stream/${encodeURIComponent(stream)}` });
  if (answer.status === 200 || answer.status === 404) return { version, hasDataStreamApi: true };
  if (isMissingHandler(answer)) return { version, hasDataStreamApi: false };
  throw refusal(answer, `look at the data stream ${stream}`);
}

/** What to tell a person about an answer that is no success. */
export function refusal(answer: HttpAnswer, intent: string): LaglineError {
  const { errorType, reason } = readFailure(answer.body);
  const unauthorized = answer.status === 401 || answer.status === 403;
  return new LaglineError({
    code: unauthorized ? "LAGLINE_ELASTICSEARCH_REFUSED" : "LAGLINE_ELASTICSEARCH_FAILED",
    message:
      `Elasticsearch did not let us ${intent}: ${answer.status} ${explainDenial(reason, "setup") ?? `${errorType} ${reason}`}`
        .trim()
        .slice(0, 600),
    hint: unauthorized
      ? "Check the credential files; the privileges that are needed are in docs/security.md."
      : "The message is Elasticsearch's own.",
    retryable: answer.status === 429 || answer.status >= 500,
  });
}

/** The test build says 400 to paths and 405 to methods that it has no handler for. */
export function isMissingHandler(answer: HttpAnswer): boolean {
  const { reason } = readFailure(answer.body);
  return (
    (answer.status === 400 || answer.status === 405) && /no handler found|Incorrect HTTP method/.test(reason)
  );
}

async function readVersion(http: ElasticsearchHttp): Promise<string | null> {
  const answer = await http.request({ method: "GET", path: "/" });
  const parsed = root.safeParse(answer.body);
  if (answer.status === 200 && parsed.success) return parsed.data.version.number;
  if (answer.status === 401) throw refusal(answer, "in");
  const path = "/_nodes/_local";
  const local = await http.request({ method: "GET", path, query: { filter_path: "nodes.*.version" } });
  const listed = nodes.safeParse(local.body);
  return local.status === 200 && listed.success
    ? (Object.values(listed.data.nodes)[0]?.version ?? null)
    : null;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
}
