/** Shape `telegraf`: readings of one tick to the documents of Telegraf's inputs.burrow and outputs.elasticsearch. Pure. */
import type { GroupReading, ScrapeProblem, TopicReading } from "../../model/snapshot.ts";
import {
  type DocumentContext,
  type TelegrafDocument,
  groupDocument,
  notFoundDocument,
  partitionDocument,
  topicDocument,
} from "./documents.ts";
import { telegrafCanAskFor } from "./names.ts";
import type { TelegrafMeasurement, TelegrafShapeOptions } from "./options.ts";

export interface TelegrafTick {
  addTopic(reading: TopicReading): readonly TelegrafDocument[];
  /** The group and its partitions, as soon as they are read. */
  addGroup(reading: GroupReading): readonly TelegrafDocument[];
  addUnreadable(group: string, problem: ScrapeProblem): void;
  finish(): readonly TelegrafDocument[];
}

export interface TelegrafShape {
  /** `tickMs`: aligned time of all documents of the tick, epoch ms. */
  beginTick(input: { readonly tickMs: number }): TelegrafTick;
}

export function createTelegrafShape(options: TelegrafShapeOptions): TelegrafShape {
  return {
    beginTick: ({ tickMs }) => new ShapedTick({ timestamp: new Date(tickMs).toISOString(), options }),
  };
}

class ShapedTick implements TelegrafTick {
  readonly #context: DocumentContext;
  readonly #keep: boolean;
  readonly #notFound: string[] = [];

  constructor(context: DocumentContext) {
    this.#context = context;
    this.#keep = context.options.defects === "keep";
  }

  addTopic(reading: TopicReading): readonly TelegrafDocument[] {
    if (!this.#wants("burrow_topic", reading.topic)) return [];
    const offsets = reading.assignable || !this.#keep ? reading.endOffsets : (reading.unassigned ?? []);
    const documents: TelegrafDocument[] = [];
    for (const [partition, offset] of offsets.entries()) {
      if (offset !== undefined) {
        documents.push(topicDocument(this.#context, reading.topic, { partition, offset }));
      }
    }
    return documents;
  }

  addGroup(reading: GroupReading): readonly TelegrafDocument[] {
    const { group } = reading;
    const documents = this.#wants("burrow_group", group) ? [groupDocument(this.#context, reading)] : [];
    if (this.#wants("burrow_partition", group)) {
      for (const partition of reading.partitions) {
        documents.push(partitionDocument(this.#context, group, partition));
      }
    }
    return documents;
  }

  addUnreadable(group: string, problem: ScrapeProblem): void {
    if (problem.kind === "not_found" && !this.#keep && this.#wants("burrow_group", group)) {
      this.#notFound.push(group);
    }
  }

  finish(): readonly TelegrafDocument[] {
    return this.#notFound.map((group) => notFoundDocument(this.#context, group));
  }

  #wants(measurement: TelegrafMeasurement, name: string): boolean {
    return (
      this.#context.options.measurements.includes(measurement) && (!this.#keep || telegrafCanAskFor(name))
    );
  }
}
