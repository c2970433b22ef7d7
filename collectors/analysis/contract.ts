/**
 * What the pipeline and the analysis promise each other. The analysis is pure: time and history come in as values,
 * documents go out; it does no I/O. Documents of a group leave as soon as the group is added, so that a cycle over a
 * large cluster needs memory for one group at a time; what needs the whole cluster (group verdicts, roll-ups, events)
 * leaves in `finish`.
 */
import type { LagDocument } from "../../model/documents.ts";
import type { PolicyResolver } from "../../model/policy.ts";
import type { BurrowState, GroupReading, ScrapeProblem, TopicReading } from "../../model/snapshot.ts";

export type AnalyserOptions = {
  readonly cluster: string;
  readonly intervalSeconds: number;
  /** Below this share of a filled window Burrow's status says nothing. */
  readonly minimumComplete: number;
  readonly resolvePolicy: PolicyResolver;
};

export type TickInput = {
  /** The tick: epoch ms, aligned to the interval. Becomes `@timestamp`. */
  readonly tickMs: number;
  /** When the scrape began, by the collector's clock (epoch ms). */
  readonly nowMs: number;
  readonly burrow: BurrowState;
  /** Names Burrow listed, after the filters. Absence from the list is evidence only when `listComplete`. */
  readonly listedGroups: readonly string[];
  readonly listComplete: boolean;
};

export interface TickAnalysis {
  /** Topics first: they carry the end offsets that time lag needs. Returns the topic's documents. */
  addTopic(reading: TopicReading): readonly LagDocument[];
  /** Returns partition and owner documents of the group. */
  addGroup(reading: GroupReading): readonly LagDocument[];
  /** A listed group that could not be read in this tick. `not_found` is data; anything else a fault of the scrape. */
  addUnreadable(group: string, problem: ScrapeProblem): void;
  /** Group, cluster and event documents. Ends the tick. */
  finish(): readonly LagDocument[];
}

export interface Analyser {
  beginTick(input: TickInput): TickAnalysis;
  /** History as bytes, with a format version, for the next start. */
  exportHistory(): Uint8Array;
  /** Takes history of an earlier run. Returns false (and starts empty) when it is of another version or damaged. */
  importHistory(bytes: Uint8Array): boolean;
}
