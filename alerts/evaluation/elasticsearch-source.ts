/** Rules on a real Elasticsearch, through the `_msearch` that Grafana's data source sends. */
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import type { RuleQuery } from "./rule-view.ts";
import type { Labels, Series } from "./series.ts";
import { bucketMs, pinNow } from "./source.ts";
import type { RuleSource } from "./source.ts";
import { translateQuery } from "./translate.ts";

/** Sends newline-delimited JSON to `/_msearch` and gives the parsed answer. */
export type MultiSearch = (ndjson: Buffer) => Promise<{ readonly status: number; readonly body: unknown }>;

type Bucket = { readonly key: string | number; readonly doc_count: number; readonly [name: string]: unknown };
const bucket: z.ZodType<Bucket> = z.looseObject({
  key: z.union([z.string(), z.number()]),
  doc_count: z.int(),
});
const level = z.object({ buckets: z.array(bucket) });
const metricValue = z.object({ value: z.number().nullable() });
const answer = z.object({
  status: z.literal(200),
  timed_out: z.literal(false),
  // Grafana shows half an answer as if it were whole; a test must not.
  _shards: z.looseObject({ failed: z.literal(0) }),
  aggregations: z.record(z.string(), z.unknown()).default({}),
});
const answers = z.object({ responses: z.array(z.unknown()) });

export function elasticsearchSource(index: string, send: MultiSearch): RuleSource {
  return {
    search: async (queries, nowMs) => {
      const lines = queries.flatMap((query) => [
        JSON.stringify({ index, search_type: "query_then_fetch", ignore_unavailable: true }),
        JSON.stringify(requestOf(query, nowMs)),
      ]);
      const { status, body } = await send(Buffer.from(`${lines.join("\n")}\n`));
      const parsed = answers.safeParse(body);
      if (status !== 200 || !parsed.success || parsed.data.responses.length !== queries.length) {
        throw failed(`HTTP ${status}, not the answer to this request`);
      }
      return queries.map((query, at) => seriesOf(query, parsed.data.responses[at], nowMs));
    },
  };
}

function requestOf(query: RuleQuery, nowMs: number): unknown {
  return translateQuery(
    { ...query.model, query: pinNow(query.model.query, nowMs) },
    { fromMs: nowMs - query.fromSeconds * 1000, toMs: nowMs, intervalMs: bucketMs(query) },
  );
}

function seriesOf(query: RuleQuery, response: unknown, nowMs: number): readonly Series[] {
  const parsed = answer.safeParse(response);
  if (!parsed.success) {
    throw failed(
      `query ${query.ref} (${pinNow(query.model.query, nowMs)}) was answered with ${excerpt(response)}`,
    );
  }
  const series: Series[] = [];
  const walk = (place: unknown, depth: number, labels: Labels): void => {
    const own = query.model.bucketAggs[depth];
    if (own === undefined) return;
    const { buckets } = level.parse(Object(place)[own.id] ?? { buckets: [] });
    if (own.type === "date_histogram") {
      series.push({ labels, points: buckets.map((entry) => valueOf(query, entry)) });
      return;
    }
    for (const entry of buckets) walk(entry, depth + 1, { ...labels, [own.field]: String(entry.key) });
  };
  walk(parsed.data.aggregations, 0, {});
  return series;
}

function valueOf({ model }: RuleQuery, entry: Bucket): number | null {
  const [metric] = model.metrics;
  return metric.type === "count" ? entry.doc_count : metricValue.parse(entry["1"]).value;
}

function excerpt(value: unknown): string {
  return JSON.stringify(value).slice(0, 300);
}

function failed(detail: string): LaglineError {
  return new LaglineError({
    code: "LAGLINE_ALERTS_SEARCH_FAILED",
    message: `A rule's query failed in Elasticsearch: ${detail}.`,
    hint: "Check that Elasticsearch is healthy; a query it refuses is a defect of Lagline.",
  });
}
