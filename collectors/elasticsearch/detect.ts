/** Finds out what answers: version, and whether it has the data stream APIs (the test build from Maven has not). */
import { z } from "zod";
import type { AccessRoleName } from "../../model/access.ts";
import { LaglineError } from "../../model/errors.ts";
import { readFailure } from "./answers.ts";
import type { ElasticsearchHttp, HttpAnswer } from "./client.ts";
import { explainDenial } from "./denial.ts";
import { type ServerVersion, refusalOfVersion } from "./versions.ts";

export type ServerInfo = {
  /** For example 9.2.0; null when the server does not tell. */
  readonly version: string | null;
  /** `_data_stream` and the data stream lifecycle exist, and Elasticsearch moves the time bounds itself. */
  readonly hasDataStreamApi: boolean;
};

const root = z.object({
  version: z.object({ number: z.string(), distribution: z.string().optional() }),
});
const nodes = z.object({ nodes: z.record(z.string(), z.object({ version: z.string() })) });

/** @throws ElasticsearchFault without an answer; LaglineError when the server refuses us or is none that Lagline works with. */
export async function detectServer(http: ElasticsearchHttp, stream: string): Promise<ServerInfo> {
  const found = await readVersion(http);
  const refused = found === null ? undefined : refusalOfVersion(found);
  if (refused !== undefined) throw refused;
  const version = found?.number ?? null;
  const answer = await http.request({ method: "GET", path: `/_data_stream/${encodeURIComponent(stream)}` });
  if (answer.status === 200 || answer.status === 404) return { version, hasDataStreamApi: true };
  if (isMissingHandler(answer)) return { version, hasDataStreamApi: false };
  throw refusal(answer, `look at the data stream ${stream}`);
}

/** What to tell a person about an answer that is no success. */
export function refusal(answer: HttpAnswer, intent: string, role: AccessRoleName = "setup"): LaglineError {
  const { errorType, reason } = readFailure(answer.body);
  const unauthorized = answer.status === 401 || answer.status === 403;
  return new LaglineError({
    code: unauthorized ? "LAGLINE_ELASTICSEARCH_REFUSED" : "LAGLINE_ELASTICSEARCH_FAILED",
    message:
      `Elasticsearch did not let us ${intent}: ${answer.status} ${explainDenial(reason, role) ?? `${errorType} ${reason}`}`
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

async function readVersion(http: ElasticsearchHttp): Promise<ServerVersion | null> {
  const answer = await http.request({ method: "GET", path: "/" });
  const parsed = root.safeParse(answer.body);
  if (answer.status === 200 && parsed.success) {
    const { number, distribution } = parsed.data.version;
    return { number, distribution };
  }
  if (answer.status === 401) throw refusal(answer, "in");
  const path = "/_nodes/_local";
  const local = await http.request({ method: "GET", path, query: { filter_path: "nodes.*.version" } });
  const listed = nodes.safeParse(local.body);
  const [node] = local.status === 200 && listed.success ? Object.values(listed.data.nodes) : [];
  return node === undefined ? null : { number: node.version, distribution: undefined };
}
