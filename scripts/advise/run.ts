/** `lagline advise`: sizing of groups from stored documents. */
import type { Config } from "../../config/schema.ts";
import { mapBounded } from "../kafka-admin/map-bounded.ts";
import { type GroupMembers, readGroupMembers } from "../kafka-admin/members.ts";
import { connectionOf } from "../kafka-admin/of-cluster.ts";
import { readGroupsSeen } from "../policy/groups-seen.ts";
import { nameFilter } from "../search/globs.ts";
import { openSearch } from "../search/search.ts";
import { observeGroup } from "./observe.ts";
import { ADVICE, sizeGroup } from "./sizing.ts";
import type { ObservedGroup, Sizing, StoredGroup } from "./sizing.ts";
import { adviceLines } from "./text.ts";

export type AdviseOptions = {
  readonly groups: readonly string[];
  readonly clusters: readonly string[];
  readonly hours: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly now?: () => number;
};

const HOUR_MS = 3_600_000;
/** Aggregations at a time; each reads every document of one group. */
const CONCURRENCY = 2;

/** @throws LaglineError `LAGLINE_SEARCH_FAILED` */
export async function runAdvise(config: Config, options: AdviseOptions): Promise<void> {
  const { search, close } = await openSearch(config);
  try {
    const { signal } = options;
    const fromMs = (options.now ?? Date.now)() - options.hours * HOUR_MS;
    const matchesGroup = nameFilter(options.groups);
    const matchesCluster = nameFilter(options.clusters);
    const seen = (await readGroupsSeen(search, { fromMs, signal })).filter(
      ({ cluster, group }) => matchesCluster(cluster) && matchesGroup(group),
    );
    const { members, problems } = await readMembers(config, seen);
    const sizings = await mapBounded(seen, CONCURRENCY, async ({ cluster, group }) =>
      sizeGroup(
        withMembers(
          await observeGroup(search, { cluster, group, fromMs, signal }),
          members.get(cluster)?.get(group) ?? null,
        ),
      ),
    );
    print(sizings, problems, options);
  } finally {
    await close();
  }
}

/** Where Kafka tells the owners of now, they count: Burrow may have forgotten them. */
function withMembers(observed: StoredGroup, members: GroupMembers | null): ObservedGroup {
  if (members === null || members.total === 0) return { ...observed, members };
  const partitions = observed.partitions.map((each) => ({
    ...each,
    consumer: members.owners.get(`${each.topic}/${each.partition}`) ?? null,
  }));
  return { ...observed, partitions, members };
}

type Seen = { readonly cluster: string; readonly group: string };
type MembersByCluster = ReadonlyMap<string, ReadonlyMap<string, GroupMembers>>;

/** Kafka tells what Burrow cannot: consumers without a partition. Without Kafka the advice holds, only that is missing. */
async function readMembers(
  config: Config,
  seen: readonly Seen[],
): Promise<{ readonly members: MembersByCluster; readonly problems: readonly string[] }> {
  const members = new Map<string, ReadonlyMap<string, GroupMembers>>();
  const problems: string[] = [];
  for (const [cluster, entry] of Object.entries(config.clusters)) {
    const groups = seen.filter((each) => each.cluster === cluster).map(({ group }) => group);
    if (entry.kafka === undefined || groups.length === 0) continue;
    const read = await readGroupMembers(connectionOf(entry), groups);
    members.set(cluster, read.members);
    problems.push(...read.problems);
  }
  return { members, problems };
}

function print(sizings: readonly Sizing[], problems: readonly string[], options: AdviseOptions): void {
  if (options.json) {
    options.print(JSON.stringify({ hours: options.hours, problems, groups: sizings.map(toJson) }));
    return;
  }
  for (const problem of problems) {
    options.print(`! ${problem} Consumers without a partition are not counted.`);
  }
  if (sizings.length === 0) {
    options.print(`No such group has documents of the last ${options.hours} h.`);
    return;
  }
  const sorted = sizings.toSorted((a, b) => ADVICE.indexOf(a.advice) - ADVICE.indexOf(b.advice));
  for (const [index, sizing] of sorted.entries()) {
    if (index > 0) options.print("");
    for (const line of adviceLines(sizing)) options.print(line);
  }
}

function toJson(sizing: Sizing) {
  const { capacity, atMedian, atPeak, hottest } = sizing;
  return {
    cluster: sizing.cluster,
    group: sizing.group,
    advice: sizing.advice,
    consumers: sizing.consumers,
    consumers_joined: sizing.members?.total ?? null,
    consumers_idle: sizing.members?.idle ?? null,
    partitions: sizing.partitions,
    produce_rate: sizing.produce,
    consumer_rate: capacity?.perConsumer ?? null,
    consumer_rate_method: capacity?.method ?? null,
    consumers_at_median: atMedian?.consumers ?? null,
    consumers_at_peak: atPeak?.consumers ?? null,
    hottest_partition:
      hottest === null
        ? null
        : {
            topic: hottest.topic,
            partition: hottest.partition,
            produce_rate: hottest.produceRate,
            share: hottest.share,
          },
    text: adviceLines(sizing),
  };
}
