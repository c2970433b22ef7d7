/** `lagline top`: groups, most urgent first, from Elasticsearch; once, or again and again on a terminal. */
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { activeSilences, silenceText } from "../mute/active.ts";
import { sleep } from "../kafka-admin/waiting.ts";
import { nameFilter } from "../search/globs.ts";
import { openSearch } from "../search/search.ts";
import type { Search } from "../search/search.ts";
import { readGroups } from "./groups.ts";
import type { GroupsAnswer } from "./groups.ts";
import { summarise } from "./summary.ts";
import { byUrgency, formatTable } from "./table.ts";

/** A terminal as the table needs it. */
export type Terminal = {
  readonly columns: () => number;
  readonly rows: () => number;
  readonly write: (text: string) => void;
};

export type ShowTopOptions = {
  /** Prints once and returns. Also what happens without a terminal. */
  readonly once: boolean;
  /** One JSON document instead of the table: `{at, ticks, groups}` with the stored fields. Implies once. */
  readonly json?: boolean;
  readonly groups?: readonly string[];
  readonly clusters?: readonly string[];
  readonly refreshSeconds?: number;
  readonly color?: boolean;
  /** Left out: no terminal, so once and without a width. */
  readonly terminal?: Terminal;
  readonly signal: AbortSignal;
  /** Takes a line without its end. */
  readonly print: (line: string) => void;
};

const REFRESH_SECONDS = 5;

/** @throws LaglineError `LAGLINE_SEARCH_FAILED`; on a terminal that is only a line while the table stays. */
export async function showTop(config: Config, options: ShowTopOptions): Promise<void> {
  const { search, close } = await openSearch(config);
  try {
    await showTopOver(search, { ...options, intervalSeconds: config.collector.interval_seconds });
  } finally {
    await close();
  }
}

export type TopOverOptions = ShowTopOptions & {
  readonly intervalSeconds: number;
  readonly now?: () => number;
};

/** The same over any search, for tests. */
export async function showTopOver(search: Search, options: TopOverOptions): Promise<void> {
  const { terminal } = options;
  if (options.json === true)
    return options.print(JSON.stringify(toJson(await read(search, options), now(options))));
  if (options.once || terminal === undefined) {
    const answer = await read(search, options);
    for (const line of lines(answer, options)) options.print(line);
    return;
  }
  await live(search, options, terminal);
}

const now = (options: TopOverOptions): number => (options.now ?? Date.now)();

async function read(search: Search, options: TopOverOptions): Promise<GroupsAnswer> {
  const nowMs = now(options);
  const { signal } = options;
  const answer = await readGroups(search, {
    cluster: nameFilter(options.clusters ?? []),
    group: nameFilter(options.groups ?? []),
    nowMs,
    signal,
  });
  const silences = await activeSilences(search, { nowMs, signal });
  const groups = answer.groups.map((row) => {
    const silence = silences.get(`${row.cluster}/${row.group}`);
    return silence === undefined
      ? row
      : { ...row, cause: `${silenceText(silence)} ${row.cause ?? ""}`.trim() };
  });
  return { ...answer, groups };
}

function lines(answer: GroupsAnswer, options: TopOverOptions): readonly string[] {
  const nowMs = now(options);
  const head = summarise(answer, { nowMs, intervalSeconds: options.intervalSeconds });
  if (answer.groups.length === 0) return head;
  const table = formatTable(answer.groups, {
    width: options.terminal?.columns(),
    color: options.color ?? false,
    nowMs,
  });
  return [...head, "", ...table];
}

function toJson(answer: GroupsAnswer, nowMs: number) {
  return {
    at: new Date(nowMs).toISOString(),
    ticks: Object.fromEntries(
      [...answer.ticks].map(([cluster, tick]) => [cluster, new Date(tick).toISOString()]),
    ),
    groups: answer.groups.toSorted(byUrgency),
  };
}

const HOME = "\u001B[H";
const CLEAR_LINE = "\u001B[K";
const CLEAR_BELOW = "\u001B[J";
const HIDE_CURSOR = "\u001B[?25l";
const SHOW_CURSOR = "\u001B[?25h";
const CLEAR_SCREEN = "\u001B[2J";

async function live(search: Search, options: TopOverOptions, terminal: Terminal): Promise<void> {
  let shown: readonly string[] = [];
  terminal.write(`${HIDE_CURSOR}${CLEAR_SCREEN}`);
  try {
    while (!options.signal.aborted) {
      const { fresh, problem } = await attempt(search, options);
      if (options.signal.aborted) break;
      shown = fresh ?? shown;
      const all = problem === undefined ? shown : [problem, ...shown];
      terminal.write(frame(all, terminal.rows()));
      await sleep((options.refreshSeconds ?? REFRESH_SECONDS) * 1000, options.signal);
    }
  } finally {
    terminal.write(SHOW_CURSOR);
  }
}

/** Elasticsearch may be away for a while: the last table stays, with the reason above it. */
async function attempt(
  search: Search,
  options: TopOverOptions,
): Promise<{ readonly fresh?: readonly string[]; readonly problem?: string }> {
  try {
    return { fresh: lines(await read(search, options), options) };
  } catch (error) {
    if (error instanceof LaglineError && (error.retryable || options.signal.aborted)) {
      return { problem: error.message };
    }
    throw error;
  }
}

/** One screen: redrawn from the top without flicker, cut to the height with a word about the rest. */
export function frame(all: readonly string[], height: number): string {
  const room = Math.max(1, height - 1);
  const fits = all.length <= room;
  const shown = fits ? all : [...all.slice(0, room - 1), `… ${all.length - room + 1} more`];
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE}\n`).join("")}${CLEAR_BELOW}`;
}
