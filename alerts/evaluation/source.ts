/** Where the evaluation of rules reads documents: Elasticsearch, or memory. */
import type { RuleQuery } from "./rule-view.ts";
import type { Series } from "./series.ts";

export interface RuleSource {
  /** One list of series for each query, in their order. `nowMs` is the moment of the evaluation. */
  search(queries: readonly RuleQuery[], nowMs: number): Promise<readonly (readonly Series[])[]>;
}

/** `now-150s` in a filter means the moment of the evaluation, which in a test is not the clock of the server. */
export function pinNow(lucene: string, nowMs: number): string {
  return lucene.replaceAll(/\bnow(?:-(\d+)s)?(?=[\s\]])/g, (_, seconds?: string) =>
    String(nowMs - Number(seconds ?? 0) * 1000),
  );
}

export function bucketMs({ model }: RuleQuery): number {
  const interval = model.bucketAggs.at(-1)?.settings["interval"] ?? "";
  const seconds = /^(\d+)s$/.exec(interval)?.[1];
  if (seconds === undefined) throw new Error(`A rule needs a fixed interval in seconds, not ${interval}.`);
  return Number(seconds) * 1000;
}
