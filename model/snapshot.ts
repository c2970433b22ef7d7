/**
 * What one scrape of one Burrow gave, validated and in plain types: the input of the analysis.
 * Times are milliseconds since the epoch; absent stays absent (null), it never becomes 0.
 */
import type { BurrowStatus } from "./statuses.ts";

export type CommitReading = {
  readonly offset: number;
  /** Commit time written by the group coordinator (epoch ms). */
  readonly timestampMs: number;
  /** Burrow's clock when it saw the commit, whole seconds (epoch ms); can be smaller than `timestampMs`. */
  readonly observedAtMs: number | null;
  /** Lag when it was observed, against an end offset up to one offset refresh old; null for back-filled commits. */
  readonly lag: number | null;
};

export type PartitionReading = {
  readonly topic: string;
  readonly partition: number;
  readonly status: BurrowStatus;
  /** Burrow's own word as sent; tells unknown words apart. Kept where the scraper is asked for it (`asSent`). */
  readonly statusText?: string;
  /** Owner as sent, Java's leading slash included; "" when Burrow sent none. */
  readonly ownerText?: string;
  /** Host of the member that owns the partition, without Java's leading slash; null when Burrow knows none. */
  readonly owner: string | null;
  readonly clientId: string | null;
  /** Oldest and newest commit of Burrow's window; null when it holds none. */
  readonly start: CommitReading | null;
  readonly end: CommitReading | null;
  /** max(0, newest known end offset − committed offset). Says nothing when `end` is null. */
  readonly currentLag: number;
  /** Share of the window that is filled, 0 to 1. 0.1 with `end` null means an owner without a commit. */
  readonly complete: number;
};

/** What one answer says about all partitions of a group, those of topics that are filtered out included. */
export type GroupTotals = {
  readonly partitionCount: number;
  readonly totalLag: number;
  /** Lag of the partition that Burrow names as the worst; null when it names none. */
  readonly maxLag: number | null;
  /** Sum of the newest committed offsets; null when no partition has a commit. */
  readonly offsetSum: number | null;
  /** Newest commit time of all partitions (epoch ms); null when no partition has a commit. */
  readonly newestCommitMs: number | null;
};

export type GroupReading = {
  readonly group: string;
  readonly status: BurrowStatus;
  /** Burrow's own word as sent; tells unknown words apart. */
  readonly statusText?: string;
  /** The whole group, whatever the topic filters leave of `partitions`. */
  readonly whole?: GroupTotals;
  /** Share of partitions with a full window, 0 to 1. */
  readonly complete: number;
  readonly partitionCount: number;
  readonly totalLag: number;
  readonly partitions: readonly PartitionReading[];
};

export type TopicReading = {
  readonly topic: string;
  /** Log end offset by partition; undefined where Burrow's list cannot be assigned to partitions (compacted list). */
  readonly endOffsets: readonly (number | undefined)[];
  /** False when the list was shorter than the partitions known from groups, so that its places mean nothing. */
  readonly assignable: boolean;
  /** The list as sent where it cannot be assigned to partitions. */
  readonly unassigned?: readonly (number | undefined)[];
};

/** Why a part of a scrape is missing. `kind` is a bounded label for counters; `detail` is the sentence for the log. */
export type ScrapeProblem = {
  readonly kind:
    | "connect"
    | "timeout"
    | "http_status"
    | "body_too_large"
    | "not_json"
    | "schema"
    | "unreachable_name"
    | "not_found"
    | "limit"
    | "number_too_large"
    | "duplicate"
    | "redirect"
    | "tls"
    | "unauthorized";
  readonly scope: "server" | "cluster" | "group" | "topic" | "partition";
  readonly name: string;
  readonly detail: string;
  /** Setting below `collector.limits` that kept something from being read; absent where none did. */
  readonly limit?: LimitName;
};

/** Bounds on what is read of Burrow, as they are named below `collector.limits`. */
export type LimitName =
  | "response_bytes"
  | "groups"
  | "partitions"
  | "partitions_per_group"
  | "name_characters";

/** State of Burrow itself, read before anything else of a tick is trusted. */
export type BurrowState = {
  readonly server: string;
  /** `/burrow/admin/ready` answered READY. Never falls back when Kafka is lost, so it is necessary, not sufficient. */
  readonly ready: boolean;
  /** Lag of Burrow's own position on `__consumer_offsets`; above 0 it replays old commits. Null when not known. */
  readonly selfLag: number | null;
  /** Burrow's `offset-refresh` in seconds, when it told it; bounds the resolution of every time lag. */
  readonly offsetRefreshSeconds: number | null;
  /** Clock of Burrow's host minus ours in ms, from the `Date` header (whole seconds). Null when not sent. */
  readonly clockSkewMs: number | null;
  /** `request.host` of Burrow's answers: changes when another instance answers. */
  readonly host: string | null;
};
