/** One record per cluster and tick: how many groups are how, and whether the monitoring itself is well. */
import type { LagDocument } from "../../model/documents.ts";
import { VERDICTS, type Verdict } from "../../model/verdicts.ts";
import { seconds, type Stamp } from "./documents.ts";
import type { TickInput } from "./contract.ts";

export class ClusterCounts {
  groups = 0;
  topics = 0;
  partitions = 0;
  totalLag = 0;
  unreadable = 0;
  incomplete = 0;
  /** Newest commit that Burrow saw in any group, on our clock. */
  newestCommitMs = 0;
  readonly verdicts = new Map<Verdict, number>();

  count(verdict: Verdict): void {
    this.verdicts.set(verdict, (this.verdicts.get(verdict) ?? 0) + 1);
  }

  bySeverity(severity: string): number {
    let sum = 0;
    for (const [verdict, count] of this.verdicts) if (VERDICTS[verdict].severity === severity) sum += count;
    return sum;
  }
}

export function clusterDocument(
  stamp: Stamp,
  input: TickInput,
  of: { counts: ClusterCounts; suspectReason: string | null },
): LagDocument {
  const { counts, suspectReason } = of;
  const warning = counts.bySeverity("warning");
  const critical = counts.bySeverity("critical");
  const document: LagDocument = {
    "@timestamp": stamp.timestamp,
    record: "cluster",
    cluster: stamp.cluster,
    group_count: counts.groups,
    topic_count: counts.topics,
    partition_count: counts.partitions,
    total_lag: counts.totalLag,
    groups_ok: counts.bySeverity("ok"),
    groups_unknown: counts.bySeverity("info"),
    groups_warning: warning,
    groups_critical: critical,
    groups_failing: warning + critical,
    groups_unreadable: counts.unreadable,
    incomplete_groups: counts.incomplete,
    burrow_ready: input.burrow.ready ? 1 : 0,
    suspect: suspectReason === null ? 0 : 1,
  };
  if (input.burrow.selfLag !== null) document.burrow_self_lag = input.burrow.selfLag;
  if (counts.newestCommitMs > 0) document.data_age_seconds = seconds(stamp.nowMs - counts.newestCommitMs);
  if (suspectReason !== null) document.suspect_reason = suspectReason;
  return document;
}
