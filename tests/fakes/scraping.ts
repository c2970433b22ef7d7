/** Runs scrapes against a fake Burrow and collects what they give. */
import { createBurrowClient } from "../../collectors/burrow/client.ts";
import {
  type BurrowScraper,
  type ScrapeEvent,
  type ScraperOptions,
  createScraper,
} from "../../collectors/burrow/scrape.ts";

export type ScraperSetup = {
  readonly urls: readonly [string, ...string[]];
  readonly cluster?: string;
  readonly timeoutMs?: number;
  readonly maximumBytes?: number;
  readonly options?: Partial<ScraperOptions>;
};

export function makeScraper({
  urls,
  cluster = "local",
  timeoutMs = 1000,
  maximumBytes = 1 << 20,
  options,
}: ScraperSetup): BurrowScraper {
  const make = (server: string) =>
    createBurrowClient({ server, cluster, timeoutMs, maximumBytes, concurrency: 4 });
  const [first, ...others] = urls;
  return createScraper({
    cluster,
    clients: [make(first), ...others.map(make)],
    prefix: "/v3/kafka",
    concurrency: 4,
    isGroupWanted: () => true,
    isTopicWanted: () => true,
    limits: {
      groups: 1000,
      topics: 1000,
      partitions: 100_000,
      partitionsPerGroup: 1000,
      nameCharacters: 1024,
    },
    ...options,
  });
}

export type ScrapeOutcome = {
  readonly events: readonly ScrapeEvent[];
  readonly begin: ScrapeEvent & { type: "begin" };
  readonly groups: readonly string[];
  readonly topics: readonly string[];
  readonly problems: readonly string[];
  readonly unreadable: ReadonlyMap<string, string>;
};

export async function runScrape(
  scraper: BurrowScraper,
  signal: AbortSignal = new AbortController().signal,
): Promise<ScrapeOutcome> {
  const events: ScrapeEvent[] = [];
  for await (const event of scraper.scrape(signal)) {
    events.push(event);
  }
  const begin = events.find((event) => event.type === "begin");
  if (begin === undefined) {
    throw new Error("The scrape never began.");
  }
  return {
    events,
    begin,
    groups: events.flatMap((event) => (event.type === "group" ? [event.reading.group] : [])).toSorted(),
    topics: events.flatMap((event) => (event.type === "topic" ? [event.reading.topic] : [])).toSorted(),
    problems: events.flatMap((event) => (event.type === "problem" ? [event.problem.kind] : [])),
    unreadable: new Map(
      events.flatMap((event) =>
        event.type === "unreadable" ? [[event.group, event.problem.kind] as const] : [],
      ),
    ),
  };
}
