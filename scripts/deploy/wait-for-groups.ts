/** Waits until Elasticsearch holds fresh group documents, and shows what is missing while it waits. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { SCENARIOS } from "../demo/scenarios.ts";
import type { Progress } from "../platform/progress.ts";
import type { Search } from "../search/search.ts";
import { openSearch } from "../search/search.ts";

const DEADLINE_SECONDS = 300;
const aggregationsSchema = z.object({
  groups: z.object({ buckets: z.array(z.object({ key: z.string() })) }),
});

/** Groups that must appear: the demo's where it plays, otherwise any. */
function expectedGroups(config: Config): ReadonlySet<string> {
  return new Set(config.demo === undefined ? [] : SCENARIOS.map((scenario) => scenario.group));
}

export async function waitForGroups(
  config: Config,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<void> {
  // In shape telegraf there are no documents that tell which groups were judged.
  if (config.elasticsearch.managed === undefined || config.collector.shape === "telegraf") {
    return;
  }
  await progress.step("Wait for the first documents", async (step) => {
    const { search, close } = await openSearch(config);
    try {
      step.note(`${await countGroups(config, search, signal)} groups`);
    } finally {
      await close();
    }
  });
}

/** Asks until every expected group is there. */
async function countGroups(config: Config, search: Search, signal: AbortSignal): Promise<number> {
  const expected = expectedGroups(config);
  const start = performance.now();
  const since = new Date(Date.now() - 2 * config.collector.interval_seconds * 1000);
  for (;;) {
    const seen = await readGroups(search, since, signal);
    const missing = [...expected].filter((group) => !seen.has(group));
    if (seen.size > 0 && missing.length === 0) return seen.size;
    if ((performance.now() - start) / 1000 > DEADLINE_SECONDS) {
      throw nothingArrived(config, seen.size, missing);
    }
    await sleep(1000, undefined, { signal });
  }
}

async function readGroups(search: Search, since: Date, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const body = {
    size: 0,
    query: {
      bool: {
        filter: [{ term: { record: "group" } }, { range: { "@timestamp": { gte: since.toISOString() } } }],
      },
    },
    aggs: { groups: { terms: { field: "group", size: 1000 } } },
  };
  try {
    const { aggregations } = await search(body, signal);
    const answer = aggregationsSchema.safeParse(aggregations);
    return new Set(answer.data?.groups.buckets.map((bucket) => bucket.key));
  } catch {
    // Not there yet, or busy: the loop asks again until its deadline. An interrupt is the caller's to see.
    signal.throwIfAborted();
    return new Set();
  }
}

function nothingArrived(config: Config, seen: number, missing: readonly string[]): LaglineError {
  const [cluster = ""] = Object.keys(config.clusters);
  return new LaglineError({
    code: "LAGLINE_NO_DOCUMENTS",
    message: `${seen === 0 ? "No group" : `Only ${seen} groups`} arrived in Elasticsearch within ${DEADLINE_SECONDS} s${missing.length === 0 ? "" : `; missing: ${missing.join(", ")}`}.`,
    hint: `\`docker logs lagline-${config.environment}-collector-${cluster}\` says what the collector saw.`,
  });
}
