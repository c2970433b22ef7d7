/**
 * One scrape of one Kafka cluster: state, lists, topics, groups, in that order, as a stream of events, so that memory
 * is needed for a few groups at a time. Several servers stand by for each other; the one that answered is kept.
 */
import type { BurrowState, GroupReading, ScrapeProblem, TopicReading } from "../../model/snapshot.ts";
import { mapBounded } from "./bounded.ts";
import type { BurrowClient } from "./client.ts";
import { decodeGroup } from "./decode.ts";
import type { NameFilter } from "./filters.ts";
import { type ListedNames, readNames } from "./lists.ts";
import { groupPath, showName, topicPath } from "./names.ts";
import { type Probe, type SettingsCache, probeBurrow } from "./state.ts";
import { createPartitionCounts, decodeTopic } from "./topics.ts";

export type ScraperOptions = {
  readonly cluster: string;
  /** In order of preference. */
  readonly clients: readonly [BurrowClient, ...BurrowClient[]];
  readonly prefix: string;
  readonly concurrency: number;
  readonly isGroupWanted: NameFilter;
  readonly isTopicWanted: NameFilter;
  readonly limits: {
    readonly groups: number;
    readonly topics: number;
    readonly partitionsPerGroup: number;
    readonly nameCharacters: number;
  };
};

export type ScrapeEvent =
  | {
      readonly type: "begin";
      readonly burrow: BurrowState;
      readonly reachable: boolean;
      readonly listedGroups: readonly string[];
      readonly listComplete: boolean;
    }
  | { readonly type: "topic"; readonly reading: TopicReading }
  | { readonly type: "group"; readonly reading: GroupReading }
  | { readonly type: "unreadable"; readonly group: string; readonly problem: ScrapeProblem }
  /** Anything else that is wrong; the rest of the scrape goes on. */
  | { readonly type: "problem"; readonly problem: ScrapeProblem };

export interface BurrowScraper {
  /** Exactly one `begin` comes, before topics and groups; problems of the state come before it. */
  scrape(signal: AbortSignal): AsyncGenerator<ScrapeEvent, void, undefined>;
  /** Requests sent since start. */
  requests(): number;
  close(): void;
}

/** After this many failed connections or timeouts in a row the server is taken for gone, and the rest is not tried. */
const GIVE_UP_AFTER = 24;

export function createScraper(options: ScraperOptions): BurrowScraper {
  const counts = createPartitionCounts();
  const settings: SettingsCache = new Map();
  let preferred: BurrowClient = options.clients[0];

  /** The first server that can be used, starting with the one used last; else the first that at least answered. */
  async function choose(signal: AbortSignal): Promise<{ client: BurrowClient; probe: Probe }> {
    const order = [preferred, ...options.clients.filter((client) => client !== preferred)];
    const problems: ScrapeProblem[] = [];
    let best: { client: BurrowClient; probe: Probe } | undefined;
    for (const client of order) {
      const probe = await probeBurrow({
        client,
        cluster: options.cluster,
        prefix: options.prefix,
        signal,
        settings,
      });
      problems.push(...probe.problems);
      if (probe.usable) {
        preferred = client;
        return { client, probe: { ...probe, problems } };
      }
      if (best === undefined || (probe.reachable && !best.probe.reachable)) {
        best = { client, probe };
      }
    }
    const { client, probe } = best ?? { client: preferred, probe: EMPTY_PROBE };
    return { client, probe: { ...probe, problems } };
  }

  async function* scrape(signal: AbortSignal): AsyncGenerator<ScrapeEvent, void, undefined> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    try {
      const { client, probe } = await choose(both);
      yield* probe.problems.map(toEvent);
      const { state: burrow, reachable } = probe;
      if (!probe.usable) {
        yield { type: "begin", burrow, reachable, listedGroups: [], listComplete: false };
        return;
      }
      const source = {
        client,
        cluster: options.cluster,
        prefix: options.prefix,
        limits: options.limits,
        signal: both,
      };
      const topics = await readNames({ ...source, list: "topic", isWanted: options.isTopicWanted });
      const self = new Set(probe.selfGroups);
      const groups = await readNames({
        ...source,
        list: "consumer",
        isWanted: (name) => !self.has(name) && options.isGroupWanted(name),
      });
      yield* [...topics.problems, ...groups.problems].map(toEvent);
      const listedGroups = [...groups.names, ...groups.unreachable.keys()];
      yield { type: "begin", burrow, reachable, listedGroups, listComplete: groups.complete };
      for (const problem of topics.unreachable.values()) {
        yield { type: "problem", problem };
      }
      for (const [group, problem] of groups.unreachable) {
        yield { type: "unreadable", group, problem };
      }
      const breaker = createBreaker();
      yield* readTopics({ client, topics, signal: both, breaker });
      let whole = groups.complete;
      for await (const event of readGroups({ client, groups, signal: both, breaker })) {
        whole &&= event.type !== "unreadable" || event.problem.kind === "not_found";
        yield event;
      }
      counts.endTick(whole);
    } finally {
      stop.abort();
    }
  }

  async function* readTopics(
    source: Source & { topics: ListedNames },
  ): AsyncGenerator<ScrapeEvent, void, undefined> {
    const { client, topics, signal, breaker } = source;
    const results = mapBounded({
      items: topics.names,
      concurrency: options.concurrency,
      run: async (name): Promise<readonly ScrapeEvent[]> => {
        const open = breaker.problem("topic", name);
        if (open !== null) {
          return [toEvent(open)];
        }
        const path = topicPath(options.prefix, options.cluster, name);
        const answer = await client.get(path, { scope: "topic", name }, signal);
        breaker.note(answer.ok ? null : answer.problem);
        if (!answer.ok) {
          return [toEvent(answer.problem)];
        }
        const { reading, problem } = decodeTopic(answer.body, {
          server: client.server,
          cluster: options.cluster,
          name,
          knownPartitions: counts.get(name),
          maximumPartitions: options.limits.partitionsPerGroup,
        });
        if (reading?.assignable === true) {
          counts.learnFromList(name, reading.endOffsets.length);
        }
        return [
          ...(problem === null ? [] : [toEvent(problem)]),
          ...(reading === null ? [] : [{ type: "topic", reading } as const]),
        ];
      },
    });
    for await (const events of results) {
      yield* events;
    }
  }

  async function* readGroups(
    source: Source & { groups: ListedNames },
  ): AsyncGenerator<ScrapeEvent, void, undefined> {
    const results = mapBounded({
      items: source.groups.names,
      concurrency: options.concurrency,
      run: async (group) => readGroup(source, group),
    });
    for await (const events of results) {
      yield* events;
    }
  }

  async function readGroup(source: Source, group: string): Promise<readonly ScrapeEvent[]> {
    const open = source.breaker.problem("group", group);
    if (open !== null) {
      return [{ type: "unreadable", group, problem: open }];
    }
    const path = groupPath({ prefix: options.prefix, cluster: options.cluster, group, view: "lag" });
    const answer = await source.client.get(path, { scope: "group", name: group }, source.signal);
    source.breaker.note(answer.ok ? null : answer.problem);
    if (!answer.ok) {
      return [{ type: "unreadable", group, problem: answer.problem }];
    }
    const { reading, problems } = decodeGroup(answer.body, {
      server: source.client.server,
      cluster: options.cluster,
      group,
      maximumPartitions: options.limits.partitionsPerGroup,
      maximumNameCharacters: options.limits.nameCharacters,
      isTopicWanted: options.isTopicWanted,
    });
    if (reading === null) {
      return problems.slice(0, 1).map((problem) => ({ type: "unreadable", group, problem }) as const);
    }
    for (const { topic, partition } of reading.partitions) {
      counts.learnFromGroup(topic, partition);
    }
    return [...problems.map(toEvent), { type: "group", reading }];
  }

  return {
    scrape,
    requests: () => options.clients.reduce((sum, client) => sum + client.requests, 0),
    close() {
      for (const client of options.clients) {
        client.close();
      }
    },
  };
}

type Source = { readonly client: BurrowClient; readonly signal: AbortSignal; readonly breaker: Breaker };

const EMPTY_PROBE: Probe = {
  reachable: false,
  usable: false,
  selfGroups: [],
  problems: [],
  state: {
    server: "",
    ready: false,
    selfLag: null,
    offsetRefreshSeconds: null,
    clockSkewMs: null,
    host: null,
  },
};

function toEvent(problem: ScrapeProblem): ScrapeEvent {
  return { type: "problem", problem };
}

type Breaker = ReturnType<typeof createBreaker>;

/** Opens when a server stops answering in the middle of a scrape, so that 2000 groups do not cost 2000 timeouts. */
function createBreaker() {
  let failures = 0;
  let last: ScrapeProblem | undefined;
  return {
    note(problem: ScrapeProblem | null): void {
      const gone = problem !== null && (problem.kind === "connect" || problem.kind === "timeout");
      failures = gone ? failures + 1 : 0;
      last = gone ? problem : last;
    },
    problem(scope: ScrapeProblem["scope"], name: string): ScrapeProblem | null {
      if (failures < GIVE_UP_AFTER || last === undefined) {
        return null;
      }
      return {
        kind: last.kind,
        scope,
        name,
        detail: `${scope} ${showName(name)} was not asked for, because ${failures} requests in a row failed. The last: ${last.detail}`,
      };
    },
  };
}
