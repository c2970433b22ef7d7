/** Which documents the collector writes: Lagline's own, judged with history, or those of Telegraf. */
import { createPolicyResolver } from "../config/policies.ts";
import type { Config } from "../config/schema.ts";
import type { LagDocument } from "../model/documents.ts";
import type { RecordKind } from "../model/fields.ts";
import type { GroupReading, ScrapeProblem, TopicReading } from "../model/snapshot.ts";
import type { Adapters } from "./adapters.ts";
import type { Analyser, TickInput } from "./analysis/contract.ts";
import { type CollectorRecordInput, buildCollectorRecord } from "./collector-record.ts";
import type { EncodableDocument } from "./encode.ts";
import {
  type TelegrafShapeOptions,
  createTelegrafShape,
  scrapeDocument,
  telegrafReadings,
} from "./telegraf/index.ts";

/** What the pipeline asks of a shape; the analyser is one. */
export interface DocumentShape {
  beginTick(input: TickInput): ShapeTick;
}

export interface ShapeTick {
  addTopic(reading: TopicReading): readonly EncodableDocument[];
  addGroup(reading: GroupReading): readonly EncodableDocument[];
  addUnreadable(group: string, problem: ScrapeProblem): void;
  finish(): readonly EncodableDocument[];
}

/** The collector's document about its own cycle; null where the shape has none. */
export type OwnRecord = (input: CollectorRecordInput) => EncodableDocument | null;

export type Shape = {
  readonly documents: DocumentShape;
  /** What has to survive a restart; null where nothing does. */
  readonly analyser: Analyser | null;
  readonly ownRecord: OwnRecord;
};

export async function createShape(
  config: Config,
  about: { readonly cluster: string; readonly hostName: string; readonly adapters: Adapters },
): Promise<Shape> {
  const { collector } = config;
  if (collector.shape === "telegraf") return telegrafShape(telegrafOptions(config, about));
  const analyser = await about.adapters.createAnalyser({
    cluster: about.cluster,
    intervalSeconds: collector.interval_seconds,
    minimumComplete: collector.minimum_complete,
    resolvePolicy: createPolicyResolver(config.policies, about.cluster),
  });
  const documents = withoutRecords(analyser, collector.without_records);
  return { documents, analyser, ownRecord: buildCollectorRecord };
}

/** Leaves out kinds of documents that nobody wants to keep. What they are made of is read and judged all the same. */
function withoutRecords(analyser: Analyser, unwanted: readonly RecordKind[]): DocumentShape {
  if (unwanted.length === 0) return analyser;
  const wanted = (documents: readonly LagDocument[]): readonly LagDocument[] =>
    documents.filter(({ record }) => !unwanted.includes(record));
  return {
    beginTick(input) {
      const tick = analyser.beginTick(input);
      return {
        addTopic: (reading) => wanted(tick.addTopic(reading)),
        addGroup: (reading) => wanted(tick.addGroup(reading)),
        addUnreadable: (group, problem) => {
          tick.addUnreadable(group, problem);
        },
        finish: () => wanted(tick.finish()),
      };
    },
  };
}

/** What the scraper must do beyond the default. */
export function readingsFor({ collector }: Config): ReturnType<typeof telegrafReadings> | undefined {
  return collector.shape === "telegraf" ? telegrafReadings(collector.telegraf) : undefined;
}

function telegrafOptions(
  { collector }: Config,
  { cluster, hostName }: { readonly cluster: string; readonly hostName: string },
): TelegrafShapeOptions {
  const { defects, measurements, extra_fields: extraFields, host_tag: hostTag, tags } = collector.telegraf;
  const host = hostTag ?? hostName;
  return { cluster, defects, measurements, extraFields, tags: host === false ? tags : { host, ...tags } };
}

function telegrafShape(options: TelegrafShapeOptions): Shape {
  return {
    documents: createTelegrafShape(options),
    analyser: null,
    ownRecord: ({ summary }) =>
      options.measurements.includes("burrow_scrape")
        ? scrapeDocument(options, {
            ...summary,
            server: summary.burrow.server,
            up: summary.failure === null,
          })
        : null,
  };
}
