/** One `/lag` answer to a `GroupReading`: bad, doubled and filtered partitions are left out and counted, the rest stays. */
import type {
  CommitReading,
  GroupReading,
  GroupTotals,
  LimitName,
  PartitionReading,
  ScrapeProblem,
} from "../../model/snapshot.ts";
import { toBurrowStatus } from "../../model/statuses.ts";
import { sentenceStart, showName } from "./names.ts";
import {
  type RawCommit,
  type RawGroup,
  type RawPartition,
  describeIssues,
  groupStatus,
  isTooLarge,
  readPartition,
} from "./schema.ts";

export type DecodeOptions = {
  readonly server: string;
  readonly cluster: string;
  readonly group: string;
  readonly maximumPartitions: number;
  readonly maximumNameCharacters: number;
  readonly isTopicWanted: (topic: string) => boolean;
  /** Also keeps Burrow's own words and the sums over the whole group. Costs memory, so only where somebody reads them. */
  readonly asSent?: boolean;
};

export type DecodedGroup = {
  /** Null when the answer as a whole is of no use; then `problems` says why. */
  readonly reading: GroupReading | null;
  /** At most one per kind; `detail` holds the count and the first case. */
  readonly problems: readonly ScrapeProblem[];
};

/** Latest time that is taken for a time: year 2100. Burrow mis-decodes commits with ≥ 127 bytes of metadata far above. */
const LATEST_PLAUSIBLE_MS = 4_102_444_800_000;

export function decodeGroup(body: unknown, options: DecodeOptions): DecodedGroup {
  const parsed = groupStatus.safeParse(body);
  const faults = createFaults(options);
  if (!parsed.success) {
    faults.add("schema", describeIssues(parsed.error));
    return { reading: null, problems: faults.list("group") };
  }
  const raw = parsed.data.status;
  if (raw.group !== options.group) {
    faults.add("schema", `the answer is about group ${showName(raw.group)}`);
    return { reading: null, problems: faults.list("group") };
  }
  const sums: Sums | null = options.asSent === true ? { offsets: 0, newestMs: 0, commits: 0 } : null;
  const partitions = decodePartitions(raw.partitions ?? [], { ...options, sums }, faults);
  const dropped = (raw.partitions?.length ?? 0) - partitions.length;
  const reading: GroupReading = {
    group: raw.group,
    status: toBurrowStatus(raw.status),
    ...(sums === null ? {} : { statusText: raw.status, whole: wholeGroup(raw, partitions, sums) }),
    complete: Number(raw.complete),
    partitionCount: dropped > 0 ? partitions.length : partitionCountOf(raw, partitions.length),
    totalLag: dropped > 0 ? sumLag(partitions) : totalLagOf(raw, partitions),
    partitions,
  };
  return { reading, problems: faults.list("partition") };
}

function decodePartitions(
  entries: readonly unknown[],
  options: DecodeOptions & { readonly sums: Sums | null },
  faults: Faults,
): PartitionReading[] {
  const partitions: PartitionReading[] = [];
  const seen = new Map<string, Set<number>>();
  if (entries.length > options.maximumPartitions) {
    faults.addLimit(
      "partitions_per_group",
      `it has ${entries.length} partitions, the first ${options.maximumPartitions} are read`,
      entries.length - options.maximumPartitions,
    );
  }
  const count = Math.min(entries.length, options.maximumPartitions);
  for (let index = 0; index < count; index += 1) {
    const parsed = readPartition(entries[index]);
    if (!parsed.success) {
      faults.add(isTooLarge(parsed.error) ? "number_too_large" : "schema", describeIssues(parsed.error));
      continue;
    }
    const raw = parsed.data;
    if (raw.topic.length > options.maximumNameCharacters) {
      faults.addLimit("name_characters", `a topic name has ${raw.topic.length} characters`);
      continue;
    }
    if (!options.isTopicWanted(raw.topic)) {
      if (options.sums !== null) addToSums(options.sums, raw.end ?? null);
      continue;
    }
    if (isDuplicate(seen, raw)) {
      faults.add("duplicate", `${showName(raw.topic)} partition ${raw.partition} is there twice`);
      continue;
    }
    const kept = withoutLongNames(raw, options.maximumNameCharacters, faults);
    const partition = decodePartition(kept, faults);
    if (options.sums === null) {
      partitions.push(partition);
      continue;
    }
    const { end } = partition;
    addToSums(options.sums, end === null ? null : { offset: end.offset, timestamp: end.timestampMs });
    partitions.push({ ...partition, statusText: raw.status, ownerText: kept.owner ?? "" });
  }
  return partitions;
}

function decodePartition(raw: RawPartition, faults: Faults): PartitionReading {
  return {
    topic: raw.topic,
    partition: raw.partition,
    status: toBurrowStatus(raw.status),
    owner: hostOf(raw.owner),
    clientId: raw.client_id === undefined || raw.client_id === "" ? null : raw.client_id,
    start: decodeCommit(raw.start, raw, faults),
    end: decodeCommit(raw.end, raw, faults),
    currentLag: raw.current_lag,
    complete: Number(raw.complete),
  };
}

/** Any Kafka client chooses its client id: one beyond the limit is left out, and the partition stays. */
function withoutLongNames(raw: RawPartition, maximumCharacters: number, faults: Faults): RawPartition {
  const owner = raw.owner?.length ?? 0;
  const clientId = raw.client_id?.length ?? 0;
  if (owner <= maximumCharacters && clientId <= maximumCharacters) {
    return raw;
  }
  const name = owner > maximumCharacters ? "owner" : "client_id";
  faults.addLimit(
    "name_characters",
    `the ${name} has ${Math.max(owner, clientId)} characters and is left out`,
  );
  return {
    ...raw,
    owner: owner > maximumCharacters ? null : raw.owner,
    client_id: clientId > maximumCharacters ? null : raw.client_id,
  };
}

function decodeCommit(
  raw: RawCommit | null | undefined,
  of: RawPartition,
  faults: Faults,
): CommitReading | null {
  if (raw === null || raw === undefined) {
    return null;
  }
  const observedAtMs = isPlausible(raw.observedAt) ? raw.observedAt : null;
  let timestampMs = raw.timestamp;
  if (!isPlausible(timestampMs)) {
    faults.add(
      "number_too_large",
      `${showName(of.topic)} partition ${of.partition} has the commit time ${raw.timestamp}, Burrow's observation time stands in`,
    );
    if (observedAtMs === null) {
      return null;
    }
    timestampMs = observedAtMs;
  }
  return { offset: raw.offset, timestampMs, observedAtMs, lag: raw.lag ?? null };
}

function isPlausible(ms: number | null | undefined): ms is number {
  return typeof ms === "number" && ms >= 0 && ms <= LATEST_PLAUSIBLE_MS;
}

/** Java's InetAddress prints a slash before the address. */
function hostOf(owner: string | null | undefined): string | null {
  if (owner === null || owner === undefined || owner === "" || owner === "/") {
    return null;
  }
  return owner.startsWith("/") ? owner.slice(1) : owner;
}

function isDuplicate(seen: Map<string, Set<number>>, raw: RawPartition): boolean {
  let numbers = seen.get(raw.topic);
  if (numbers === undefined) {
    numbers = new Set();
    seen.set(raw.topic, numbers);
  }
  const before = numbers.size;
  return numbers.add(raw.partition).size === before;
}

function partitionCountOf(raw: RawGroup, counted: number): number {
  const told = raw.partition_count;
  return told !== undefined && Number.isSafeInteger(told) && told >= counted ? told : counted;
}

function totalLagOf(raw: RawGroup, partitions: readonly PartitionReading[]): number {
  const told = raw.totallag;
  return told !== undefined && Number.isSafeInteger(told) && told >= 0 ? told : sumLag(partitions);
}

/** Over all partitions of the answer, also those of topics that are filtered out. */
type Sums = { offsets: number; newestMs: number; commits: number };

function addToSums(sums: Sums, end: { readonly offset: number; readonly timestamp: number } | null): void {
  if (end !== null && end.timestamp <= LATEST_PLAUSIBLE_MS) {
    sums.commits += 1;
    sums.offsets += end.offset;
    sums.newestMs = Math.max(sums.newestMs, end.timestamp);
  }
}

function wholeGroup(raw: RawGroup, partitions: readonly PartitionReading[], sums: Sums): GroupTotals {
  const all = raw.partitions?.length ?? 0;
  return {
    partitionCount: partitionCountOf(raw, all),
    totalLag: totalLagOf(raw, partitions),
    maxLag: maxLagOf(raw.maxlag),
    offsetSum: sums.commits === 0 ? null : sums.offsets,
    newestCommitMs: sums.commits === 0 ? null : sums.newestMs,
  };
}

function maxLagOf(worst: unknown): number | null {
  const lag: unknown =
    typeof worst === "object" && worst !== null && "current_lag" in worst ? worst.current_lag : null;
  return typeof lag === "number" && Number.isSafeInteger(lag) && lag >= 0 ? lag : null;
}

function sumLag(partitions: readonly PartitionReading[]): number {
  let sum = 0;
  for (const { currentLag } of partitions) {
    sum += currentLag;
  }
  return sum;
}

type Faults = ReturnType<typeof createFaults>;

/** Collects what was wrong, one entry per kind, so that a body of 100 000 bad partitions makes one sentence. */
function createFaults(options: DecodeOptions) {
  type Fault = { kind: ScrapeProblem["kind"]; limit?: LimitName; first: string; count: number };
  const byName = new Map<string, Fault>();
  const note = (fault: Fault): void => {
    const name = fault.limit ?? fault.kind;
    const known = byName.get(name);
    if (known === undefined) {
      byName.set(name, fault);
    } else {
      known.count += fault.count;
    }
  };
  return {
    add(kind: ScrapeProblem["kind"], detail: string): void {
      note({ kind, first: detail, count: 1 });
    },
    addLimit(limit: LimitName, detail: string, count = 1): void {
      note({ kind: "limit", limit, first: detail, count });
    },
    list(scope: ScrapeProblem["scope"]): ScrapeProblem[] {
      const start = sentenceStart({ ...options, what: `group ${showName(options.group)}` });
      return [...byName.values()].map(({ kind, limit, first, count }) => {
        const what = scope === "group" ? "an answer" : count === 1 ? "1 partition" : `${count} partitions`;
        return {
          kind,
          scope,
          name: options.group,
          detail: `${start} sent ${what} that cannot be used as it is (${kind}): ${first}.`,
          ...(limit === undefined ? {} : { limit }),
        };
      });
    },
  };
}
