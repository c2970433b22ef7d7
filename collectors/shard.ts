/**
 * One of several collectors that share the groups of a cluster. Documents of groups are written by the one that reads the
 * group. Of topics and the cluster there is one document, so the first shard writes those; the sums of the cluster's own
 * record are made of the parts that the others tell it over HTTP, tick by tick.
 */
import { withDeadline } from "../model/deadline.ts";
import type { LagDocument } from "../model/documents.ts";
import type { Shard } from "../model/shard.ts";
import type { EncodableDocument } from "./encode.ts";
import { type PartReader, readPart } from "./shard-peers.ts";

/** What a tick asks of a shard. */
export interface ShardRole {
  readonly writesTopics: boolean;
  /** Takes the closing documents of a tick and gives those that this shard writes. Never rejects for a peer's fault. */
  close(
    tickMs: number,
    closing: readonly EncodableDocument[],
    signal: AbortSignal,
  ): Promise<readonly EncodableDocument[]>;
  /** The last parts, as JSON, for the first shard; newest last. */
  readonly parts: () => string;
}

export type ShardOptions = {
  readonly shard: Shard;
  readonly cluster: string;
  /** Addresses of the other shards' health servers; needed on the first. */
  readonly peers: readonly string[];
  readonly intervalMs: number;
  /** A peer whose part is missing, as a sentence. */
  readonly onMissing: (sentence: string) => void;
  /** @default readPart */
  readonly readPart?: PartReader;
};

/** A peer that is as fast is there at once; one that is slower may take this share of the interval. */
const PATIENCE_INTERVALS = 1 / 3;
const LONGEST_PATIENCE_MS = 10_000;
/** The first shard may be a tick behind. */
const KEPT_PARTS = 2;

export function createShardRole(options: ShardOptions): ShardRole {
  const { shard, cluster } = options;
  const kept: LagDocument[] = [];
  return {
    writesTopics: shard.index === 1,
    close: async (tickMs, closing, signal) => {
      const own = closing.find(isClusterRecord);
      if (own === undefined) return closing;
      const others = closing.filter((document) => document !== own);
      if (shard.index === 1) return [...others, await wholeCluster(options, { own, tickMs, signal })];
      kept.push(own);
      kept.splice(0, kept.length - KEPT_PARTS);
      return others;
    },
    parts: () => JSON.stringify({ cluster, ...shard, parts: kept }),
  };
}

function isClusterRecord(document: EncodableDocument): document is LagDocument {
  return "record" in document && document.record === "cluster";
}

type Closing = { readonly own: LagDocument; readonly tickMs: number; readonly signal: AbortSignal };

async function wholeCluster(options: ShardOptions, { own, tickMs, signal }: Closing): Promise<LagDocument> {
  const { shard, cluster, peers, intervalMs, onMissing } = options;
  const patienceMs = Math.min(Math.round(intervalMs * PATIENCE_INTERVALS), LONGEST_PATIENCE_MS);
  const tick = new Date(tickMs).toISOString();
  const answers = await withDeadline({ ms: patienceMs, signals: [signal] }, async (deadline) => {
    const ask = options.readPart ?? readPart;
    return Promise.all(peers.map(async (url) => ask({ url, cluster, of: shard.of, tick, deadline })));
  });
  signal.throwIfAborted();
  const found = new Map<number, LagDocument>();
  const problems: string[] = [];
  for (const answer of answers) {
    if ("problem" in answer) problems.push(answer.problem);
    else if (answer.index === 1 || found.has(answer.index))
      problems.push(`two collectors say that they are shard ${answer.index} of ${shard.of}`);
    else found.set(answer.index, answer.part);
  }
  const missing = numbersUpTo(shard.of).filter((index) => index > 1 && !found.has(index));
  if (missing.length === 0) return addParts(own, [...found.values()]);
  const sentence = `Shard ${missing.join(", ")} of ${shard.of} did not tell its part of this tick, so its groups may be unwatched and the sums of the cluster are not known: ${problems.join("; ") || "no address of it is in collector.shard.peers"}.`;
  onMissing(sentence);
  return withoutSums(own, sentence);
}

const numbersUpTo = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index + 1);

const SUMS = [
  "group_count",
  "partition_count",
  "total_lag",
  "groups_ok",
  "groups_unknown",
  "groups_warning",
  "groups_critical",
  "groups_failing",
  "groups_unreadable",
  "incomplete_groups",
] as const;

/** Sums are added, doubt is doubt of any, and the newest commit is the newest of all. */
export function addParts(own: LagDocument, others: readonly LagDocument[]): LagDocument {
  const all = [own, ...others];
  const known = (field: (typeof SUMS)[number] | "data_age_seconds" | "burrow_self_lag"): number[] =>
    all.map((part) => part[field]).filter((value) => value !== undefined);
  const ages = known("data_age_seconds");
  const selfLags = known("burrow_self_lag");
  const reason = all.find((part) => part.suspect_reason !== undefined)?.suspect_reason;
  const whole: LagDocument = {
    ...own,
    burrow_ready: Math.min(...all.map((part) => part.burrow_ready ?? 0)),
    suspect: Math.max(...all.map((part) => part.suspect ?? 0)),
    ...(ages.length > 0 && { data_age_seconds: Math.min(...ages) }),
    ...(selfLags.length > 0 && { burrow_self_lag: Math.max(...selfLags) }),
    ...(reason !== undefined && { suspect_reason: reason }),
  };
  for (const field of SUMS) whole[field] = known(field).reduce((sum, value) => sum + value, 0);
  return whole;
}

/** Absent stays absent: a part of a sum is no sum. */
function withoutSums(own: LagDocument, reason: string): LagDocument {
  const rest = { ...own, suspect: 1, suspect_reason: own.suspect_reason ?? reason };
  for (const field of SUMS) delete rest[field];
  delete rest.data_age_seconds;
  return rest;
}
