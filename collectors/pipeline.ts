/** One tick: scrape → analyse → encode, as a stream of batches that are asked for one at a time. */
import type { BurrowState, ScrapeProblem } from "../model/snapshot.ts";
import type { Analyser, TickAnalysis } from "./analysis/contract.ts";
import type { BurrowScraper, ScrapeEvent } from "./burrow/scrape.ts";
import {
  type BatchEncoder,
  type EncodableDocument,
  type EncoderOptions,
  createBatchEncoder,
} from "./encode.ts";
import type { SpoolBatch } from "./spool/contract.ts";

export type PipelineOptions = {
  readonly scraper: BurrowScraper;
  readonly analyser: Analyser;
  readonly batch: EncoderOptions;
  /** Epoch ms. */
  readonly now: () => number;
  /** Called for everything that is wrong with the scrape; what cannot be read is also in the documents. */
  readonly onProblem: (problem: ScrapeProblem) => void;
};

export type TickSummary = {
  readonly tickMs: number;
  readonly burrow: BurrowState;
  /** False when no server answered at all. */
  readonly reachable: boolean;
  readonly groups: number;
  readonly groupsUnreadable: number;
  readonly topics: number;
  readonly partitions: number;
  readonly documents: number;
  readonly requests: number;
  readonly failures: number;
  /** Kind of the problem that kept the first server from being read; null when it was read. */
  readonly failure: ScrapeProblem | null;
  readonly scrapeSeconds: number;
};

export type TickOptions = {
  /** Aligned time, epoch ms; becomes `@timestamp`. */
  readonly tickMs: number;
  /** Aborts the tick; the batches then throw, so that the spool takes nothing of it. */
  readonly signal: AbortSignal;
  /** After this long the rest of the groups is not waited for and is reported as unreadable. */
  readonly deadlineMs: number;
};

export type Tick = {
  /** Batches of the tick; reading them is what makes the scrape go on. Read it once. */
  readonly batches: AsyncGenerator<SpoolBatch, void, undefined>;
  /** Valid after the last batch. */
  summary(): TickSummary;
};

/**
 * Prepares one tick. Nothing happens before the batches are read.
 *
 * The batches throw only what the analysis or the signal throws: faults of Burrow are problems and documents, not
 * exceptions.
 */
export function createTick(options: PipelineOptions, tick: TickOptions): Tick {
  const { tickMs, signal } = tick;
  const encoder = createBatchEncoder(options.batch);
  const counts = { groups: 0, groupsUnreadable: 0, topics: 0, partitions: 0, failures: 0 };
  const startedMs = options.now();
  const requestsBefore = options.scraper.requests();
  let begun: (ScrapeEvent & { type: "begin" }) | undefined;
  let failure: ScrapeProblem | null = null;
  let scrapeSeconds = 0;

  const report = (problem: ScrapeProblem): void => {
    // A listed group that is gone a moment later is data.
    if (problem.kind !== "not_found" || problem.scope === "cluster") {
      counts.failures += 1;
    }
    if (begun === undefined) {
      failure ??= problem;
    }
    options.onProblem(problem);
  };

  const apply = (event: ScrapeEvent, analysis: TickAnalysis | undefined): readonly EncodableDocument[] => {
    switch (event.type) {
      case "problem":
        report(event.problem);
        return [];
      case "topic":
        counts.topics += 1;
        return analysis?.addTopic(event.reading) ?? [];
      case "group":
        counts.groups += 1;
        counts.partitions += event.reading.partitions.length;
        return analysis?.addGroup(event.reading) ?? [];
      case "unreadable":
        counts.groupsUnreadable += event.problem.kind === "not_found" ? 0 : 1;
        report(event.problem);
        analysis?.addUnreadable(event.group, event.problem);
        return [];
      case "begin":
        return [];
    }
  };

  async function* produce(): AsyncGenerator<SpoolBatch, void, undefined> {
    let analysis: TickAnalysis | undefined;
    const either = AbortSignal.any([signal, AbortSignal.timeout(tick.deadlineMs)]);
    for await (const event of options.scraper.scrape(either)) {
      signal.throwIfAborted();
      if (event.type === "begin") {
        begun = event;
        analysis = beginAnalysis(options.analyser, { tickMs, nowMs: startedMs, event });
      }
      yield* encoder.add(apply(event, analysis));
    }
    scrapeSeconds = (options.now() - startedMs) / 1000;
    signal.throwIfAborted();
    if (analysis !== undefined) {
      yield* encoder.add(analysis.finish());
    }
    yield* last(encoder);
  }

  return {
    batches: produce(),
    summary: () => ({
      tickMs,
      ...counts,
      burrow: begun?.burrow ?? NOTHING_READ,
      reachable: begun?.reachable ?? false,
      failure: begun?.burrow.ready === true && begun.reachable ? null : failure,
      documents: encoder.documents,
      requests: options.scraper.requests() - requestsBefore,
      scrapeSeconds,
    }),
  };
}

const NOTHING_READ: BurrowState = {
  server: "",
  ready: false,
  selfLag: null,
  offsetRefreshSeconds: null,
  clockSkewMs: null,
  host: null,
};

function beginAnalysis(
  analyser: Analyser,
  at: { tickMs: number; nowMs: number; event: ScrapeEvent & { type: "begin" } },
): TickAnalysis {
  const { burrow, listedGroups, listComplete } = at.event;
  return analyser.beginTick({ tickMs: at.tickMs, nowMs: at.nowMs, burrow, listedGroups, listComplete });
}

function* last(encoder: BatchEncoder): Generator<SpoolBatch, void, undefined> {
  const batch = encoder.flush();
  if (batch !== null) {
    yield batch;
  }
}
