/** `lagline verify` over the clusters of a configuration: what is compared, what is printed, whether it holds. */
import type { ClusterConfig, Config } from "../../config/schema.ts";
import { createNameFilter } from "../../collectors/burrow/filters.ts";
import { LaglineError } from "../../model/errors.ts";
import { connectionOf } from "../kafka-admin/of-cluster.ts";
import { nameFilter } from "../search/globs.ts";
import type { NameFilter } from "../search/globs.ts";
import { openSearch } from "../search/search.ts";
import type { Tolerance } from "./compare.ts";
import { formatReport } from "./report.ts";
import { verifyCluster } from "./verify.ts";
import type { VerifyResult } from "./verify.ts";

export type RunVerifyOptions = {
  readonly clusters: readonly string[];
  readonly groups: readonly string[];
  readonly mode: Tolerance["mode"];
  readonly all: boolean;
  readonly maxRows: number;
  /** One JSON document instead of the text: `{ok, clusters: [{cluster, ok, tick, problems, counts, partitions}]}`. */
  readonly json: boolean;
  readonly now?: () => number;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
};

export type VerifiedCluster = VerifyResult & { readonly cluster: string; readonly ok: boolean };

/**
 * True when every compared partition is equal or explained by traffic, and nothing was left out.
 * @throws LaglineError where Elasticsearch or Kafka cannot be read at all.
 */
export async function runVerify(config: Config, options: RunVerifyOptions): Promise<boolean> {
  const chosen = chooseClusters(config, options.clusters);
  const { search, close } = await openSearch(config);
  const verified: VerifiedCluster[] = [];
  try {
    for (const [cluster, entry] of chosen) {
      const result = await verifyCluster({
        search,
        kafka: connectionOf(entry),
        cluster,
        ...filtersOf(cluster, entry, options.groups),
        tolerance: { mode: options.mode, refreshSeconds: sampleAgeSeconds(entry) },
        intervalSeconds: config.collector.interval_seconds,
        signal: options.signal,
      });
      verified.push(judged(cluster, result, { config, nowMs: (options.now ?? Date.now)() }));
    }
  } finally {
    await close();
  }
  print(verified, options);
  return verified.every(({ ok }) => ok);
}

/** Those with a Kafka that can be asked. @throws LaglineError where none is left. */
export function chooseClusters(
  config: Config,
  globs: readonly string[],
): readonly (readonly [string, ClusterConfig])[] {
  const matches = nameFilter(globs);
  const chosen = Object.entries(config.clusters).filter(([name]) => matches(name));
  const asked = chosen.filter(([, { kafka }]) => kafka !== undefined);
  if (asked.length > 0) return asked;
  throw new LaglineError({
    code: "LAGLINE_USAGE_VERIFY_CLUSTER",
    message:
      chosen.length === 0
        ? `No cluster matches ${globs.join(", ")}; there are ${Object.keys(config.clusters).join(", ")}.`
        : `Kafka's address is not known for ${chosen.map(([name]) => name).join(", ")}.`,
    hint:
      chosen.length === 0
        ? "Name one with --cluster."
        : "Add clusters.<name>.kafka.external.bootstrap_servers to the configuration.",
  });
}

/** What the collector leaves out cannot be stored: its own filters, then the user's. */
function filtersOf(
  cluster: string,
  { filters }: ClusterConfig,
  groups: readonly string[],
): { readonly group: NameFilter; readonly topic: NameFilter } {
  const origin = `clusters.${cluster}.filters`;
  const collected = createNameFilter({
    include: filters.groups_include,
    exclude: filters.groups_exclude,
    origin: `${origin}.groups_include/exclude`,
  });
  const topic = createNameFilter({
    include: filters.topics_include,
    exclude: filters.topics_exclude,
    origin: `${origin}.topics_include/exclude`,
  });
  const wanted = nameFilter(groups);
  return { group: (name) => collected(name) && wanted(name), topic };
}

/** Burrow's defaults: offset-refresh, min-distance and expire-cache of one it runs with by itself. */
const EXTERNAL_SAMPLE_AGE_SECONDS = 10 + 1 + 10;

/** How old what Burrow tells may already be at the tick: refresh of end offsets, merged commits, cached evaluations. */
function sampleAgeSeconds({ burrow: { managed } }: ClusterConfig): number {
  if (managed === undefined) return EXTERNAL_SAMPLE_AGE_SECONDS;
  const refresh = managed.offset_refresh_seconds;
  return refresh + (managed.minimum_distance_seconds ?? refresh) + managed.expire_cache_seconds;
}

/** From this many intervals on, old documents are a finding: the tolerance grows with age and would hide it. */
const STALE_INTERVALS = 5;
const STALE_SECONDS = 60;

function judged(
  cluster: string,
  result: VerifyResult,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): VerifiedCluster {
  const ageSeconds = result.tickMs === null ? 0 : (nowMs - result.tickMs) / 1000;
  const stale = ageSeconds > Math.max(STALE_SECONDS, STALE_INTERVALS * config.collector.interval_seconds);
  const problems = stale
    ? [
        `The newest documents are ${Math.round(ageSeconds)} s old, the collector should write every ${config.collector.interval_seconds} s: is it running?`,
        ...result.problems,
      ]
    : result.problems;
  return { ...result, cluster, problems, ok: result.comparison.ok && problems.length === 0 };
}

function print(verified: readonly VerifiedCluster[], options: RunVerifyOptions): void {
  if (options.json) {
    options.print(JSON.stringify({ ok: verified.every(({ ok }) => ok), clusters: verified.map(toJson) }));
    return;
  }
  for (const [index, { cluster, comparison, problems }] of verified.entries()) {
    if (index > 0) options.print("");
    const [sentence = "", ...rest] = formatReport(comparison, options);
    options.print(verified.length > 1 ? `${cluster}: ${sentence}` : sentence);
    for (const line of [...problems.map((problem) => `! ${problem}`), ...rest]) options.print(line);
  }
}

function toJson({ cluster, ok, tickMs, problems, comparison }: VerifiedCluster) {
  return {
    cluster,
    ok,
    tick: tickMs === null ? null : new Date(tickMs).toISOString(),
    problems,
    counts: comparison.counts,
    partitions: comparison.partitions.map(({ group, topic, partition, outcome, reason, stored, kafka }) => ({
      group,
      topic,
      partition,
      outcome,
      reason,
      stored: stored && {
        committed_offset: stored.committedOffset,
        log_end_offset: stored.logEndOffset,
        lag: stored.lag,
      },
      kafka: kafka && {
        committed_offset: kafka.committedOffset,
        log_end_offset: kafka.logEndOffset,
        lag: kafka.lag,
      },
    })),
  };
}
