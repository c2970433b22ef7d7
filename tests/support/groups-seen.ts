/** A fake Elasticsearch stores documents and cannot search: which groups there are is said here instead. */
import type { ElasticsearchHttp, HttpRequest } from "../../collectors/elasticsearch/client.ts";

type Requests = Pick<ElasticsearchHttp, "request">;

/** Answers every search as if these groups of the cluster had documents; all else goes to `http`. */
export function withGroupsSeen(
  http: Requests,
  { cluster, groups }: { readonly cluster: string; readonly groups: readonly string[] },
): Requests {
  const buckets = groups.map((group) => ({ key: { cluster, group }, topics: { buckets: [] } }));
  const body = { hits: { hits: [] }, aggregations: { seen: { buckets } } };
  return {
    request: (request: HttpRequest) =>
      request.path.endsWith("/_search")
        ? Promise.resolve({ status: 200, body, retryAfterMs: null })
        : http.request(request),
  };
}
