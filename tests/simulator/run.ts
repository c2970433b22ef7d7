/** Plays a scenario against the analyser and keeps what every tick said, with the truth beside it. */
import { createAnalyser } from "../../collectors/analysis/index.ts";
import type { Analyser } from "../../collectors/analysis/index.ts";
import type { LagDocument } from "../../model/documents.ts";
import type { ResolvedPolicy } from "../../model/policy.ts";
import type { TimeLagMethod, Verdict } from "../../model/verdicts.ts";
import { TEST_POLICY } from "../support/policy.ts";
import { SimBurrow } from "./burrow.ts";
import { SimKafka } from "./kafka.ts";
import type { Scenario } from "./scenario.ts";

export const START_MS = Date.UTC(2026, 10, 21, 2);

export type TickRecord = {
  readonly second: number;
  readonly documents: readonly LagDocument[];
  readonly groups: ReadonlyMap<string, LagDocument>;
};

export type LagSample = {
  readonly method: TimeLagMethod;
  readonly said: number;
  readonly truth: number;
  readonly bound: number | null;
};

export type Playback = { readonly ticks: readonly TickRecord[]; readonly samples: readonly LagSample[] };

export class Simulation {
  readonly kafka: SimKafka;
  readonly burrow: SimBurrow;
  /** Ticks are left out while true. */
  collectorDown = false;
  /** Restart of the collector before the next tick: with its history, or without. */
  collectorRestart: "with_history" | "without_history" | null = null;

  constructor(phase: number) {
    this.burrow = new SimBurrow(
      { refreshSeconds: 10, minDistanceSeconds: 10, cacheSeconds: 5, minimumComplete: 1, phase },
      () => this.kafka,
    );
    this.kafka = new SimKafka(START_MS, (group, partition, commit) =>
      this.burrow.commit(group, partition, commit),
    );
  }
}

export function policyOf(scenario: Scenario): ResolvedPolicy {
  return { ...TEST_POLICY, name: "simulated", ...scenario.policy };
}

export type PlayOptions = {
  readonly intervalSeconds?: number;
  readonly phase?: number;
  /** Name of the Kafka cluster in the documents. */
  readonly cluster?: string;
  /** Sees the world right after each tick, for truths that no document tells. */
  readonly observe?: (simulation: Simulation, second: number) => void;
};

export function play(scenario: Scenario, options: PlayOptions = {}): Playback {
  const intervalSeconds = options.intervalSeconds ?? 30;
  const simulation = new Simulation(options.phase ?? 3);
  scenario.build(simulation);
  const make = (): Analyser =>
    createAnalyser({
      cluster: options.cluster ?? "sim",
      intervalSeconds,
      minimumComplete: 1,
      resolvePolicy: () => policyOf(scenario),
    });
  let analyser = make();
  const ticks: TickRecord[] = [];
  const samples: LagSample[] = [];
  for (let second = 0; second < scenario.seconds; second++) {
    scenario.script?.(simulation, second);
    simulation.kafka.step();
    simulation.burrow.step();
    // Burrow's window does not exist before the scenario: the collector starts after a while.
    if (
      second < (scenario.collectorFrom ?? 120) ||
      second % intervalSeconds !== 0 ||
      simulation.collectorDown
    )
      continue;
    if (simulation.collectorRestart !== null) {
      const history = simulation.collectorRestart === "with_history" ? analyser.exportHistory() : null;
      analyser = make();
      if (history !== null) analyser.importHistory(history);
      simulation.collectorRestart = null;
    }
    const documents = oneTick(analyser, simulation);
    const groups = new Map<string, LagDocument>();
    for (const document of documents) {
      if (document.record === "group" && document.group !== undefined) groups.set(document.group, document);
      if (document.record === "partition") noteSample(simulation, document, samples);
    }
    ticks.push({ second, documents, groups });
    options.observe?.(simulation, second);
  }
  return { ticks, samples };
}

export function oneTick(analyser: Analyser, { kafka, burrow }: Simulation): LagDocument[] {
  const nowMs = kafka.nowMs();
  const listedGroups = burrow.list();
  const tick = analyser.beginTick({
    tickMs: nowMs,
    nowMs,
    burrow: burrow.state(),
    listedGroups,
    listComplete: true,
  });
  const documents: LagDocument[] = [];
  for (const topic of burrow.topics()) documents.push(...tick.addTopic(topic));
  for (const group of listedGroups) {
    const reading = burrow.read(group);
    if (reading !== null) documents.push(...tick.addGroup(reading));
    else
      tick.addUnreadable(group, { kind: "not_found", scope: "group", name: group, detail: "unknown group" });
  }
  documents.push(...tick.finish());
  return documents;
}

/** Truth: age of the first message that was not committed when Burrow was read. */
function noteSample(simulation: Simulation, document: LagDocument, samples: LagSample[]): void {
  const { kafka } = simulation;
  const { topic, partition_number: index, committed_offset: committed, time_lag_method: method } = document;
  if (topic === undefined || index === undefined || committed === undefined || method === undefined) return;
  if (document.suspect === 1 || document.time_lag_seconds === undefined) return;
  const partition = kafka.partitions(topic)[index];
  const appended = partition?.appendedAt(committed);
  if (partition === undefined || appended === -1) return;
  const truth = appended === undefined ? 0 : kafka.second - 1 - appended;
  samples.push({
    method: toMethod(method),
    said: document.time_lag_seconds,
    truth,
    bound: document.time_lag_error_seconds ?? null,
  });
}

function toMethod(text: string): TimeLagMethod {
  return text === "exact" || text === "interpolated" || text === "lower_bound" || text === "estimated"
    ? text
    : "none";
}

export function verdictOf(document: LagDocument | undefined): Verdict | "absent" {
  return document?.verdict === undefined ? "absent" : (document.verdict as Verdict);
}
