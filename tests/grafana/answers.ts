/** Answers of Elasticsearch in the shape of `expected.ts`, and the search itself. */
import { z } from "zod";
import type { Result } from "./expected.ts";
import type { SearchBody } from "../../alerts/evaluation/translate.ts";
import type { Store } from "./simulated-store.ts";

const TIMEOUT_MS = 60_000;

export type Answer = z.output<typeof answer>;
const answer = z.looseObject({
  took: z.number(),
  timed_out: z.literal(false),
  // A shard that fails is shown by Grafana as no data, without a word.
  _shards: z.looseObject({ failed: z.literal(0) }),
  hits: z.looseObject({ hits: z.array(z.looseObject({ _source: z.record(z.string(), z.unknown()) })) }),
  aggregations: z.record(z.string(), z.unknown()).optional(),
});

/** @throws Error with Elasticsearch's own reason: Grafana would show an empty panel. */
export async function search({ http, index }: Store, body: SearchBody): Promise<Answer> {
  const { status, data } = await http.post<unknown>(`/${index}/_search`, body, {
    timeout: TIMEOUT_MS,
    validateStatus: () => true,
  });
  if (status !== 200)
    throw new Error(`Elasticsearch answered ${status}: ${JSON.stringify(data).slice(0, 400)}`);
  return answer.parse(data);
}

const buckets = z.looseObject({
  buckets: z.array(z.looseObject({ key: z.union([z.string(), z.number()]), doc_count: z.int() })),
});
const metric = z.looseObject({ value: z.number().nullable() });
const shape = z.looseObject({
  metrics: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  bucketAggs: z.array(z.looseObject({ id: z.string() })),
});

export function actualResult(target: unknown, found: Answer): Result {
  const { metrics, bucketAggs } = shape.parse(target);
  if (metrics.some(({ type }) => type === "raw_data")) {
    return { kind: "documents", documents: found.hits.hits.map(({ _source: source }) => source) };
  }
  const values = new Map<string, number>();
  const walk = (node: Readonly<Record<string, unknown>>, path: readonly string[], count: number): void => {
    const level = bucketAggs[path.length];
    if (level !== undefined) {
      for (const bucket of buckets.parse(node[level.id]).buckets) {
        walk(bucket, [...path, String(bucket.key)], bucket.doc_count);
      }
      return;
    }
    for (const { id, type } of metrics) {
      const value = type === "count" ? count : metric.parse(node[id]).value;
      if (value !== null && count > 0) values.set([...path, id].join(" | "), value);
    }
  };
  walk(found.aggregations ?? {}, [], 0);
  return { kind: "values", values };
}
