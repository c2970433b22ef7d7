/** `lagline policy explain` and `lagline policy report`. */
import { coverPolicies } from "../../config/policy-coverage.ts";
import { explainPolicy } from "../../config/policy-explanation.ts";
import type { Config } from "../../config/schema.ts";
import { describeError } from "../../model/errors.ts";
import { openSearch } from "../search/search.ts";
import type { Search } from "../search/search.ts";
import { readGroupsSeen } from "./groups-seen.ts";
import { coverageLines, explanationLines } from "./text.ts";

type Output = {
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly now?: () => number;
};

export type ExplainOptions = Output & {
  readonly cluster: string;
  readonly group: string;
  /** Left out: as the documents of the last day say, where a rule asks for topics. */
  readonly topics?: readonly string[];
};

const HOUR_MS = 3_600_000;
const LOOK_BACK_HOURS = 24;

/** Needs Elasticsearch only where a rule asks for topics and none are given; without it those rules cannot match. */
export async function runExplain(config: Config, options: ExplainOptions): Promise<void> {
  const { cluster, group } = options;
  const asks = config.policies.rules.some(({ match }) => match.topics.length > 0);
  const known =
    options.topics !== undefined || !asks
      ? { topics: options.topics ?? null, problem: undefined }
      : await storedTopics(config, options);
  const question = { cluster, group, topics: known.topics };
  const explanation = explainPolicy(config.policies, question);
  if (options.json) {
    options.print(JSON.stringify({ ...question, ...explanation }));
    return;
  }
  const notes = [
    ...(known.problem === undefined ? [] : [known.problem]),
    ...(cluster in config.clusters ? [] : [`! ${cluster} is not a cluster of this configuration.`]),
  ];
  for (const line of [...notes, ...explanationLines(explanation, question)]) options.print(line);
}

type StoredTopics = { readonly topics: readonly string[] | null; readonly problem: string | undefined };

async function storedTopics(config: Config, options: ExplainOptions): Promise<StoredTopics> {
  const hint = "Name them with --topics.";
  try {
    const found = await withSearch(config, (search) =>
      readGroupsSeen(search, {
        fromMs: (options.now ?? Date.now)() - LOOK_BACK_HOURS * HOUR_MS,
        only: { cluster: options.cluster, group: options.group },
        signal: options.signal,
      }),
    );
    const topics = found[0]?.topics ?? null;
    const problem = topics === null ? `! No document says which topics the group reads. ${hint}` : undefined;
    return { topics, problem };
  } catch (error) {
    return { topics: null, problem: `! ${describeError(error)} ${hint}` };
  }
}

export type ReportOptions = Output & { readonly hours: number };

/** @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function runReport(config: Config, options: ReportOptions): Promise<void> {
  const fromMs = (options.now ?? Date.now)() - options.hours * HOUR_MS;
  const groups = await withSearch(config, (search) =>
    readGroupsSeen(search, { fromMs, signal: options.signal }),
  );
  const coverage = coverPolicies(config.policies, groups);
  if (options.json) {
    options.print(
      JSON.stringify({
        hours: options.hours,
        groups: coverage.groups,
        rules: coverage.rules.map(({ rule, applies, outranked, outrankedBy }) => ({
          rule,
          applies,
          outranked,
          outranked_by: outrankedBy,
        })),
        dead_rules: coverage.dead.map(({ rule }) => rule),
        only_default: coverage.onlyDefault,
      }),
    );
    return;
  }
  for (const line of coverageLines(coverage, options.hours)) options.print(line);
}

async function withSearch<T>(config: Config, use: (search: Search) => Promise<T>): Promise<T> {
  const { search, close } = await openSearch(config);
  try {
    return await use(search);
  } finally {
    await close();
  }
}
