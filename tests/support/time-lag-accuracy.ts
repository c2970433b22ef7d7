/**
 * Stored time lags against the truth on a real Kafka: the age that the record at the committed offset had at the tick.
 * Records keep their timestamp, so the past is measured as well as the present.
 */
import { Consumer } from "@platformatic/kafka";
import type { fetchV17 } from "@platformatic/kafka";
import type { LagDocument } from "../../model/documents.ts";

export type TimeLagSample = {
  readonly group: string;
  readonly method: string;
  readonly saidSeconds: number;
  readonly truthSeconds: number;
};

export type TimeLagRow = {
  readonly name: string;
  readonly samples: number;
  /** Seconds. */
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** Highest true time lag in the samples: errors mean little where nobody was late. */
  readonly latest: number;
};

/** Enough for hundreds of the demo's messages. */
const FETCH_BYTES = 256 * 1024;
const TIMEOUT_MS = 5000;
const EARLIEST = -2n;
const LATEST = -1n;
const ANY_EPOCH = -1;

/** One sample per partition document that tells a time lag and whose record is still in the log. */
export async function sampleTimeLags(
  bootstrapServers: readonly string[],
  documents: readonly LagDocument[],
): Promise<readonly TimeLagSample[]> {
  // It never joins: a group that does not exist owns nothing and commits nothing.
  const consumer = new Consumer({
    clientId: "lagline-time-lag-test",
    groupId: "lagline-time-lag-test",
    bootstrapBrokers: [...bootstrapServers],
    connectTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    retries: false,
  });
  try {
    const samples: TimeLagSample[] = [];
    const topics = groupBy(documents, ({ topic = "" }) => topic);
    for (const [topic, ofTopic] of topics) {
      const partitions = groupBy(ofTopic, ({ partition }) => Number(partition));
      for (const [partition, own] of partitions) {
        const wanted = own.flatMap(({ committed_offset: offset }) => (offset === undefined ? [] : [offset]));
        const times = await readTimes(consumer, { topic, partition }, wanted);
        samples.push(...own.flatMap((document) => toSample(document, times)));
      }
    }
    return samples;
  } finally {
    await consumer.close();
  }
}

/** When the record at an offset was appended (epoch ms); `future` where nothing is there yet. */
type Times = ReadonlyMap<number, number | "future">;
type Place = { readonly topic: string; readonly partition: number };

async function readTimes(consumer: Consumer, place: Place, wanted: readonly number[]): Promise<Times> {
  const times = new Map<number, number | "future">();
  const ask = { topics: [place.topic], partitions: { [place.topic]: [place.partition] } };
  const [first, end] = await Promise.all(
    [EARLIEST, LATEST].map(async (timestamp) => {
      const found = await consumer.listOffsets({ ...ask, timestamp });
      return Number(found.get(place.topic)?.[place.partition] ?? -1n);
    }),
  );
  if (first === undefined || end === undefined) return times;
  for (const offset of [...new Set(wanted)].toSorted((a, b) => a - b)) {
    if (times.has(offset) || offset < first) continue;
    if (offset >= end) times.set(offset, "future");
    else for (const [at, time] of await fetchTimes(consumer, place, offset)) times.set(at, time);
  }
  return times;
}

async function fetchTimes(
  consumer: Consumer,
  { topic, partition }: Place,
  offset: number,
): Promise<readonly (readonly [number, number])[]> {
  const metadata = await consumer.metadata({ topics: [topic] });
  const known = metadata.topics.get(topic);
  if (known === undefined) throw new Error(`The topic ${topic} is gone.`);
  const answer = await consumer.fetch({
    node: known.partitions[partition]?.leader ?? -1,
    minBytes: 0,
    maxWaitTime: 100,
    maxBytes: FETCH_BYTES,
    isolationLevel: 0,
    topics: [
      {
        topicId: known.id,
        partitions: [
          {
            partition,
            fetchOffset: BigInt(offset),
            currentLeaderEpoch: ANY_EPOCH,
            lastFetchedEpoch: ANY_EPOCH,
            partitionMaxBytes: FETCH_BYTES,
          },
        ],
      },
    ],
  });
  return answer.responses.flatMap(({ partitions }) => partitions.flatMap(timesOf));
}

type FetchedPartition = fetchV17.FetchResponse["responses"][number]["partitions"][number];

function timesOf({ records = [] }: FetchedPartition): readonly (readonly [number, number])[] {
  return records.flatMap((batch) =>
    batch.records.map(
      ({ offsetDelta, timestampDelta }) =>
        [Number(batch.firstOffset) + offsetDelta, Number(batch.firstTimestamp + timestampDelta)] as const,
    ),
  );
}

function toSample(document: LagDocument, times: Times): readonly TimeLagSample[] {
  const { committed_offset: committed, time_lag_seconds: said, time_lag_method: method, group } = document;
  if (committed === undefined || said === undefined || method === undefined || group === undefined) return [];
  const appended = times.get(committed);
  // Deleted by retention: nobody can say any more.
  if (appended === undefined) return [];
  const tickMs = Date.parse(document["@timestamp"]);
  const truthSeconds = appended === "future" ? 0 : Math.max(0, tickMs - appended) / 1000;
  return [{ group, method, saidSeconds: said, truthSeconds }];
}

/** Errors by the given name, in order of name. */
export function tabulate(
  samples: readonly TimeLagSample[],
  nameOf: (sample: TimeLagSample) => string,
): readonly TimeLagRow[] {
  return [...groupBy(samples, nameOf)]
    .map(([name, own]) => {
      const errors = own
        .map(({ saidSeconds, truthSeconds }) => Math.abs(saidSeconds - truthSeconds))
        .toSorted((a, b) => a - b);
      const at = (share: number) =>
        errors[Math.min(errors.length - 1, Math.floor(errors.length * share))] ?? 0;
      return {
        name,
        samples: own.length,
        p50: at(0.5),
        p95: at(0.95),
        max: errors.at(-1) ?? 0,
        latest: Math.max(...own.map(({ truthSeconds }) => truthSeconds)),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Markdown, seconds with one decimal. */
export function formatRows(rows: readonly TimeLagRow[]): string {
  return [
    "| time lag | samples | p50 error | p95 error | max error | highest true time lag |",
    "|---|---|---|---|---|---|",
    ...rows.map(
      ({ name, samples, p50, p95, max, latest }) =>
        `| ${name} | ${samples} | ${p50.toFixed(1)} s | ${p95.toFixed(1)} s | ${max.toFixed(1)} s | ${latest.toFixed(0)} s |`,
    ),
  ].join("\n");
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const own = groups.get(keyOf(item)) ?? [];
    own.push(item);
    groups.set(keyOf(item), own);
  }
  return groups;
}
