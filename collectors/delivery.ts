/** Spool and shipper of one cluster, from the configuration: what a cycle appends to and what carries it away. */
import { join } from "node:path";
import { documentsIndex } from "../config/documents-index.ts";
import type { Delivery, DeliveryOptions, DeliveryTiming } from "./adapters.ts";
import {
  type DeliverySinks,
  answerTooLarge,
  createFileOutputEvents,
  createShipperEvents,
  createSpoolEvents,
  reportRecovery,
} from "./delivery-events.ts";
import { createElasticsearchHttp } from "./elasticsearch/client.ts";
import { clientSettings } from "./elasticsearch/connection.ts";
import { bulkTarget } from "./elasticsearch/destination.ts";
import { type Shipper, type ShipperOptions, createShipper } from "./elasticsearch/shipper.ts";
import { createRepeatLimiter } from "./log.ts";
import { type MetricSource, NO_METRICS } from "./metrics.ts";
import { copyToFile } from "./copy-to-file.ts";
import { type FileOutput, createFileOutput } from "./outputs/file-output.ts";
import { logLimit } from "./settings.ts";
import type { Spool } from "./spool/contract.ts";
import { openSpool } from "./spool/open.ts";

/**
 * Opens both; nothing is sent before `start` or `drain`. Elasticsearch may be down.
 *
 * @throws LaglineError `LAGLINE_SPOOL_LOCKED`, `LAGLINE_SPOOL_UNUSABLE`, `LAGLINE_ELASTICSEARCH_FILE`.
 */
export async function openDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { config, cluster, version, log, metrics, timing = {} } = options;
  const { collector } = config;
  const now = timing.now ?? Date.now;
  const repeats = createRepeatLimiter(logLimit(config, now));
  const sinks = { log, metrics: metrics ?? NO_METRICS, repeats };
  const client = await createElasticsearchHttp({
    ...clientSettings(config, "collector"),
    connections: collector.concurrent_bulks + 1,
    maximumAnswerBytes: collector.limits.elasticsearch_answer_bytes,
    onAnswerTooLarge: () => {
      answerTooLarge(sinks);
    },
  });
  const { spool, recovery, brokeLockOf } = await openSpool({
    // One folder per cluster, so that collectors of several clusters on one host do not lock each other out.
    directory: join(collector.spool_directory, cluster),
    maxBytes: collector.spool.maximum_bytes,
    maxAgeMs: collector.spool.maximum_age_seconds * 1000,
    deadLetterMaxBytes: collector.spool.dead_letter_maximum_bytes,
    version,
    now,
    ...(timing.monotonicMs === undefined ? {} : { monotonicMs: timing.monotonicMs }),
    events: createSpoolEvents(sinks),
  });
  reportRecovery(sinks, recovery, brokeLockOf);
  const shipper = createShipper({
    spool,
    client,
    options: {
      target: bulkTarget(documentsIndex(config)),
      maxDocuments: collector.bulk_documents,
      maxBytes: collector.bulk_bytes,
      gzip: collector.gzip,
      concurrency: collector.concurrent_bulks,
      ...shippingTimes(timing),
    },
    events: createShipperEvents(sinks),
  });
  metrics?.addSources(sourcesOf(spool, shipper, now));
  const output = fileOutputOf(options, sinks);
  return {
    sink: output === null ? spool : copyToFile(spool, output),
    start: () => {
      shipper.start();
    },
    hurry: () => {
      shipper.hurry();
    },
    drain: async (timeoutMs, signal) => (await shipper.drain({ timeoutMs, signal })).left,
    waiting: () => spool.stats().documents,
    bulkRetries: () => shipper.stats().bulkRetries,
    async close() {
      await shipper.stop();
      await spool.close();
      await client.close();
      await output?.close();
    },
  };
}

function fileOutputOf({ config, cluster }: DeliveryOptions, sinks: DeliverySinks): FileOutput | null {
  const { file } = config.collector.outputs;
  if (file === undefined) return null;
  // One folder per cluster, as the spool has.
  const directory = join(file.directory, cluster);
  return createFileOutput({
    directory,
    fileBytes: file.file_bytes,
    files: file.files,
    events: createFileOutputEvents(sinks, directory),
  });
}

function shippingTimes(timing: DeliveryTiming): Partial<ShipperOptions> {
  const { now, backOff, requestTimeoutMs, replayDocumentsPerSecond } = timing;
  return {
    ...(now === undefined ? {} : { now }),
    ...(backOff === undefined ? {} : { backOff }),
    ...(requestTimeoutMs === undefined ? {} : { timeoutMs: requestTimeoutMs }),
    ...(replayDocumentsPerSecond === undefined ? {} : { replayDocumentsPerSecond }),
  };
}

function sourcesOf(spool: Spool, shipper: Shipper, now: () => number): readonly MetricSource[] {
  const stats = () => spool.stats();
  const gauge = (name: MetricSource["name"], help: string, read: () => number | null): MetricSource => ({
    name,
    type: "gauge",
    help,
    read,
  });
  const counter = (name: MetricSource["name"], help: string, read: () => number | null): MetricSource => ({
    name,
    type: "counter",
    help,
    read,
  });
  return [
    gauge("lagline_spool_documents", "Documents waiting in the spool.", () => stats().documents),
    gauge("lagline_spool_bytes", "Bytes on disk in the spool.", () => stats().bytes),
    gauge("lagline_spool_age_seconds", "Age of the oldest document that waits.", () => {
      const { oldestMs } = stats();
      return oldestMs === null ? 0 : Math.max(0, now() - oldestMs) / 1000;
    }),
    gauge("lagline_dead_letters", "Documents in the dead-letter store.", () => stats().deadLetters.documents),
    gauge("lagline_bulk_in_flight", "Bulk batches under way.", () => shipper.stats().inFlight),
    counter(
      "lagline_documents_recovered_total",
      "Documents that waited on disk when the process started, damaged ones included.",
      () => stats().recovered,
    ),
    counter("lagline_documents_accepted_total", "Documents accepted into the spool.", () => stats().accepted),
    counter("lagline_documents_stored_total", "Documents that Elasticsearch stored.", () => stats().stored),
    counter(
      "lagline_documents_duplicate_total",
      "Documents that were there already.",
      () => stats().duplicate,
    ),
    counter(
      "lagline_documents_dead_lettered_total",
      "Documents moved to the dead letters.",
      () => stats().deadLettered,
    ),
    counter(
      "lagline_bulk_retries_total",
      "Bulk requests that had to be sent again.",
      () => shipper.stats().bulkRetries,
    ),
  ];
}
