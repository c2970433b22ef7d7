/**
 * One scrape of one Kafka cluster: state, lists, topics, groups, in that order, as a stream of events, so that memory
 * is needed for a few groups at a time.
 */
import type { BurrowState, GroupReading, ScrapeProblem, TopicReading } from "../../model/snapshot.ts";
import { mapBounded } from "./bounded.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import type { BurrowClient } from "./client.ts";
import { decodeGroup } from "./decode.ts";
import type { NameFilter } from "./filters.ts";
import { type ListedNames, readNames } from "./lists.ts";
import { groupPath, sentenceStart, showName, topicPath } from "./names.ts";
import { type NewGroups, createNewGroups } from "./new-groups.ts";
import { type Servers, createServers } from "./servers.ts";
import { type PartitionCounts, createPartitionCounts, decodeTopic } from "./topics.ts";

export type ScraperOptions = {
  readonly cluster: string;
  /** In order of preference; they stand by for each other. */
  readonly clients: readonly [BurrowClient, ...BurrowClient[]];
  readonly prefix: string;
  readonly concurrency: number;
  readonly isGroupWanted: NameFilter;
  readonly isTopicWanted: NameFilter;
  readonly limits: {
    readonly groups: number;
    readonly topics: number;
    /** Per scrape, over all groups. */
    readonly partitions: number;
    readonly partitionsPerGroup: number;
    readonly nameCharacters: number;
  };
  /** Reads the group that is Burrow's own position like any other. @default false */
  readonly includeSelfGroups?: boolean;
  /** Asks for the end offsets of topics. @default true */
  readonly readTopics?: boolean;
  /** Keeps Burrow's own words and whole-group sums in the readings. @default false */
  readonly asSent?: boolean;
};

export type BeginEvent = {
  readonly type: "begin";
  readonly burrow: BurrowState;
  /** False when no server answered at all. */
  readonly reachable: boolean;
  /** True when Burrow is ready and knows the cluster; else nothing follows. */
  readonly usable: boolean;
  /** Wanted groups of the list, those that cannot be asked for included. */
  readonly listedGroups: readonly string[];
  readonly listComplete: boolean;
  /** Why there is no list of groups, so that this scrape has no lag data; null where there is one. */
  readonly failure: ScrapeProblem | null;
};

export type ScrapeEvent =
  | BeginEvent
  | { readonly type: "topic"; readonly reading: TopicReading }
  | { readonly type: "group"; readonly reading: GroupReading }
  | { readonly type: "unreadable"; readonly group: string; readonly problem: ScrapeProblem }
  /** Anything else that is wrong; the rest of the scrape goes on. */
  | { readonly type: "problem"; readonly problem: ScrapeProblem };

export interface BurrowScraper {
  /**
   * Exactly one `begin` comes, before topics and groups; problems of the state and the lists come before it. When the
   * signal aborts, what was not read yet is reported as unreadable and the stream ends.
   */
  scrape(signal: AbortSignal): AsyncGenerator<ScrapeEvent, void, undefined>;
  /** Requests sent since start. */
  requests(): number;
  close(): void;
}

export function createScraper(options: ScraperOptions): BurrowScraper {
  return new Scraper(options);
}

type Source = {
  readonly client: BurrowClient;
  readonly signal: AbortSignal;
  readonly breaker: Breaker;
  /** Partitions that this scrape may still read. */
  readonly room: { partitions: number };
};
type Stream = AsyncGenerator<ScrapeEvent, void, undefined>;

const NO_NAMES: ListedNames = {
  names: [],
  unreachable: new Map(),
  isRead: true,
  complete: true,
  problems: [],
};

class Scraper implements BurrowScraper {
  readonly #options: ScraperOptions;
  readonly #servers: Servers;
  readonly #counts: PartitionCounts = createPartitionCounts();
  readonly #newGroups: NewGroups;

  constructor(options: ScraperOptions) {
    this.#options = options;
    this.#newGroups = createNewGroups(options.limits.groups);
    this.#servers = createServers(options);
  }

  async *scrape(signal: AbortSignal): Stream {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    try {
      const { client, probe } = await this.#servers.choose(either);
      yield* probe.problems.map(toEvent);
      const { state: burrow, reachable } = probe;
      if (!probe.usable) {
        const nothing = { listedGroups: [], listComplete: false, failure: null };
        yield { type: "begin", burrow, reachable, usable: false, ...nothing };
        return;
      }
      const source = {
        client,
        signal: either,
        breaker: createBreaker(),
        room: { partitions: this.#options.limits.partitions },
      };
      const topics = this.#options.readTopics === false ? NO_NAMES : await this.#readTopicNames(source);
      const self = this.#options.includeSelfGroups === true ? [] : probe.selfGroups;
      const groups = this.#newGroups.settled(await this.#readGroupNames(source, new Set(self)));
      yield* [...topics.problems, ...groups.problems].map(toEvent);
      const listedGroups = [...groups.names, ...groups.unreachable.keys()];
      const failure = groups.isRead ? null : (groups.problems[0] ?? null);
      const listComplete = groups.complete;
      yield { type: "begin", burrow, reachable, usable: true, listedGroups, listComplete, failure };
      yield* [...topics.unreachable.values()].map(toEvent);
      yield* [...groups.unreachable].map(([group, problem]) => unreadable(group, problem));
      yield* this.#readTopics(source, topics);
      yield* this.#readGroups(source, groups);
      if (!groups.isRead || source.breaker.isOpen) this.#servers.avoid(client);
    } finally {
      stop.abort();
    }
  }

  requests(): number {
    return this.#options.clients.reduce((sum, client) => sum + client.requests, 0);
  }

  close(): void {
    for (const client of this.#options.clients) {
      client.close();
    }
  }

  async #readTopicNames({ client, signal }: Source): Promise<ListedNames> {
    const { isTopicWanted, ...options } = this.#options;
    return readNames({ ...options, client, signal, list: "topic", isWanted: isTopicWanted });
  }

  async #readGroupNames({ client, signal }: Source, self: ReadonlySet<string>): Promise<ListedNames> {
    const { isGroupWanted, ...options } = this.#options;
    const isWanted: NameFilter = (name) => !self.has(name) && isGroupWanted(name);
    return readNames({ ...options, client, signal, list: "consumer", isWanted });
  }

  async *#readTopics(source: Source, topics: ListedNames): Stream {
    const results = mapBounded({
      items: topics.names,
      concurrency: this.#options.concurrency,
      run: async (name) => this.#readTopic(source, name),
    });
    for await (const events of results) {
      yield* events;
    }
  }

  async *#readGroups(source: Source, groups: ListedNames): Stream {
    const results = mapBounded({
      items: groups.names,
      concurrency: this.#options.concurrency,
      run: async (group) => this.#readGroup(source, group),
    });
    let isWhole = groups.complete;
    for await (const events of results) {
      isWhole &&= events.every((event) => event.type !== "unreadable" || event.problem.kind === "not_found");
      yield* events;
    }
    this.#counts.endTick(isWhole);
  }

  async #readTopic({ client, signal, breaker }: Source, name: string): Promise<readonly ScrapeEvent[]> {
    const { cluster, prefix, limits } = this.#options;
    const against = breaker.reasonAgainst("topic", name);
    if (against !== null) {
      return [toEvent(against)];
    }
    const answer = await client.get(topicPath(prefix, cluster, name), { scope: "topic", name }, signal);
    breaker.note(answer.ok ? null : answer.problem);
    if (!answer.ok) {
      return [toEvent(answer.problem)];
    }
    const { reading, problem } = decodeTopic(answer.body, {
      server: client.server,
      cluster,
      name,
      knownPartitions: this.#counts.get(name),
      maximumPartitions: limits.partitionsPerGroup,
    });
    if (reading?.assignable === true) {
      this.#counts.learnFromList(name, reading.endOffsets.length);
    }
    return [
      ...(problem === null ? [] : [toEvent(problem)]),
      ...(reading === null ? [] : [{ type: "topic", reading } as const]),
    ];
  }

  #noRoom({ server }: BurrowClient, group: string): ScrapeProblem {
    const { cluster, limits } = this.#options;
    const start = sentenceStart({ server, cluster, what: `group ${showName(group)}` });
    return {
      kind: "limit",
      limit: "partitions",
      scope: "group",
      name: group,
      detail: `${start} has more than the ${limits.partitions} partitions that are read per tick, so this group and those after it are not.`,
    };
  }

  async #readGroup(
    { client, signal, breaker, room }: Source,
    group: string,
  ): Promise<readonly ScrapeEvent[]> {
    const { cluster, prefix, limits, isTopicWanted } = this.#options;
    const against = breaker.reasonAgainst("group", group);
    if (against !== null) {
      return [unreadable(group, against)];
    }
    if (room.partitions <= 0) {
      return [unreadable(group, this.#noRoom(client, group))];
    }
    const path = groupPath({ prefix, cluster, group, view: "lag" });
    const answer = await client.get(path, { scope: "group", name: group }, signal);
    breaker.note(answer.ok ? null : answer.problem);
    if (!answer.ok) {
      return [unreadable(group, answer.problem)];
    }
    const { reading, problems } = decodeGroup(answer.body, {
      server: client.server,
      cluster,
      group,
      maximumPartitions: limits.partitionsPerGroup,
      maximumNameCharacters: limits.nameCharacters,
      isTopicWanted,
      ...(this.#options.asSent === undefined ? {} : { asSent: this.#options.asSent }),
    });
    if (reading === null) {
      return problems.slice(0, 1).map((problem) => unreadable(group, problem));
    }
    if (reading.partitions.length > room.partitions) {
      room.partitions = 0;
      return [unreadable(group, this.#noRoom(client, group))];
    }
    room.partitions -= reading.partitions.length;
    for (const { topic, partition } of reading.partitions) {
      this.#counts.learnFromGroup(topic, partition);
    }
    return [...problems.map(toEvent), { type: "group", reading }];
  }
}

function toEvent(problem: ScrapeProblem): ScrapeEvent {
  return { type: "problem", problem };
}

function unreadable(group: string, problem: ScrapeProblem): ScrapeEvent {
  return { type: "unreadable", group, problem };
}
