/** One tick: scrape → analyse → encode, as a stream of batches that are asked for one at a time. */
import { startDeadline } from "../model/deadline.ts";
import type { LagDocument } from "../model/documents.ts";
import type { BurrowState, ScrapeProblem } from "../model/snapshot.ts";
import type { BeginEvent, BurrowScraper, ScrapeEvent } from "./burrow/scrape.ts";
import {
  type BatchEncoder,
  type EncodableDocument,
  type EncoderOptions,
  createBatchEncoder,
  encodeAll,
} from "./encode.ts";
import type { DocumentShape, ShapeTick } from "./shape.ts";
import type { ShardRole } from "./shard.ts";
import type { SpoolBatch } from "./spool/contract.ts";

export type PipelineOptions = {
  readonly scraper: BurrowScraper;
  /** Readings to documents: the analyser, or another shape. */
  readonly analyser: DocumentShape;
  readonly batch: EncoderOptions;
  /** Epoch ms. */
  readonly now: () => number;
  /** Where several collectors share the groups of the cluster. */
  readonly shard?: ShardRole;
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
  /** Why Burrow could not be read in this tick; null when it was, even if single groups failed. */
  readonly failure: ScrapeProblem | null;
  readonly scrapeSeconds: number;
  /** Spent in the analysis, which runs between the answers: it is part of the time of the scrape. */
  readonly analysisSeconds: number;
  /** How long the documents were held back for those of another collector. */
  readonly heldSeconds: number;
};

export type TickOptions = {
  /** Aligned time, epoch ms; becomes `@timestamp`. */
  readonly tickMs: number;
  /** Aborts the tick; the batches then throw, so that the spool takes nothing of it. */
  readonly signal: AbortSignal;
  /** After this long the rest of the groups is not waited for and is reported as unreadable. */
  readonly deadlineMs: number;
  /**
   * Called before the documents of the tick are complete, and told whether they say little: may wait for the time of a
   * collector that knows more.
   */
  readonly giveWay?: (doubtful: boolean) => Promise<void>;
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
  return new TickRun(options, tick);
}

class TickRun implements Tick {
  readonly batches: AsyncGenerator<SpoolBatch, void, undefined>;
  readonly #options: PipelineOptions;
  readonly #tick: TickOptions;
  readonly #encoder: BatchEncoder;
  readonly #startedMs: number;
  readonly #requestsBefore: number;
  readonly #counts = { groups: 0, groupsUnreadable: 0, topics: 0, partitions: 0, failures: 0 };
  #analysis: ShapeTick | null = null;
  #begun: BeginEvent | null = null;
  /** First problem before the beginning: the reason when Burrow cannot be read at all. */
  #firstProblem: ScrapeProblem | null = null;
  #scrapeSeconds = 0;
  #analysisMs = 0;
  #heldSeconds = 0;

  constructor(options: PipelineOptions, tick: TickOptions) {
    this.#options = options;
    this.#tick = tick;
    this.#encoder = createBatchEncoder(options.batch);
    this.#startedMs = options.now();
    this.#requestsBefore = options.scraper.requests();
    this.batches = this.#produce();
  }

  summary(): TickSummary {
    const isRead = this.#begun?.burrow.ready === true && this.#begun.usable;
    return {
      tickMs: this.#tick.tickMs,
      ...this.#counts,
      burrow: this.#begun?.burrow ?? NOTHING_READ,
      reachable: this.#begun?.reachable ?? false,
      failure: isRead ? (this.#begun?.failure ?? null) : this.#firstProblem,
      documents: this.#encoder.documents,
      requests: this.#options.scraper.requests() - this.#requestsBefore,
      scrapeSeconds: this.#scrapeSeconds,
      analysisSeconds: this.#analysisMs / 1000,
      heldSeconds: this.#heldSeconds,
    };
  }

  async *#produce(): AsyncGenerator<SpoolBatch, void, undefined> {
    const { signal, deadlineMs } = this.#tick;
    const deadline = startDeadline(deadlineMs, signal);
    try {
      for await (const event of this.#options.scraper.scrape(deadline.signal)) {
        signal.throwIfAborted();
        yield* this.#encoder.add(this.#timed(() => this.#apply(event)));
      }
    } finally {
      deadline.end();
    }
    this.#scrapeSeconds = (this.#options.now() - this.#startedMs) / 1000;
    signal.throwIfAborted();
    const closing = this.#timed(() => this.#analysis?.finish() ?? []);
    const documents = (await this.#options.shard?.close(this.#tick.tickMs, closing, signal)) ?? closing;
    if (this.#tick.giveWay !== undefined) {
      const heldFromMs = performance.now();
      await this.#tick.giveWay(isDoubtful(closing));
      this.#heldSeconds = (performance.now() - heldFromMs) / 1000;
    }
    yield* encodeAll(this.#encoder, documents);
  }

  #timed<T>(analyse: () => T): T {
    const started = performance.now();
    const result = analyse();
    this.#analysisMs += performance.now() - started;
    return result;
  }

  #apply(event: ScrapeEvent): readonly EncodableDocument[] {
    switch (event.type) {
      case "begin":
        this.#begin(event);
        return [];
      case "problem":
        this.#report(event.problem);
        return [];
      case "topic":
        this.#counts.topics += 1;
        return this.#ofTopic(this.#analysis?.addTopic(event.reading) ?? []);
      case "group":
        this.#counts.groups += 1;
        this.#counts.partitions += event.reading.partitions.length;
        return this.#analysis?.addGroup(event.reading) ?? [];
      case "unreadable":
        this.#counts.groupsUnreadable += isData(event.problem) ? 0 : 1;
        this.#report(event.problem);
        this.#analysis?.addUnreadable(event.group, event.problem);
        return [];
    }
  }

  /** Each shard needs the end offsets; one of them writes them. */
  #ofTopic(documents: readonly EncodableDocument[]): readonly EncodableDocument[] {
    return this.#options.shard?.writesTopics === false ? [] : documents;
  }

  #begin(event: BeginEvent): void {
    this.#begun = event;
    this.#analysis = this.#options.analyser.beginTick({
      tickMs: this.#tick.tickMs,
      nowMs: this.#startedMs,
      burrow: event.burrow,
      listedGroups: event.listedGroups,
      listComplete: event.listComplete,
    });
  }

  #report(problem: ScrapeProblem): void {
    this.#counts.failures += isData(problem) ? 0 : 1;
    if (this.#begun === null) {
      this.#firstProblem ??= problem;
    }
    this.#options.onProblem(problem);
  }
}

/** True when the tick doubts its data, or cannot judge most groups: the cluster's own record, the last one, says it. */
function isDoubtful(closing: readonly EncodableDocument[]): boolean {
  const last: Partial<LagDocument> | undefined = closing.at(-1);
  if (last?.record !== "cluster") {
    return false;
  }
  const {
    suspect = 0,
    burrow_ready: isReady = 1,
    groups_unknown: unknown = 0,
    group_count: groups = 0,
  } = last;
  return suspect === 1 || isReady === 0 || unknown * 2 > groups;
}

/** A listed group or topic that is gone a moment later is data, not a fault. */
function isData(problem: ScrapeProblem): boolean {
  return problem.kind === "not_found" && problem.scope !== "cluster";
}

const NOTHING_READ: BurrowState = {
  server: "",
  ready: false,
  selfLag: null,
  offsetRefreshSeconds: null,
  clockSkewMs: null,
  host: null,
};
