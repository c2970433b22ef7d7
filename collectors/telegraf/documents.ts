/**
 * Telegraf's documents: `@timestamp`, `measurement_name`, `tag` and one object named like the measurement. Tags that
 * identify a series stand first, so that a document's identity can be read off its beginning.
 */
import type { GroupReading, PartitionReading } from "../../model/snapshot.ts";
import type { TelegrafMeasurement, TelegrafShapeOptions } from "./options.ts";
import { telegrafStatusCode } from "./status-codes.ts";

type Tags = Readonly<Record<string, string>>;
type Fields = Record<string, string | number>;
export type TelegrafDocument = {
  readonly "@timestamp": string;
  readonly measurement_name: TelegrafMeasurement;
  readonly tag: Tags;
} & { readonly [measurement in TelegrafMeasurement]?: Readonly<Fields> };

export type DocumentContext = { readonly timestamp: string; readonly options: TelegrafShapeOptions };

export function groupDocument(context: DocumentContext, reading: GroupReading): TelegrafDocument {
  const { options } = context;
  const keep = options.defects === "keep";
  const { whole } = reading;
  const word = reading.statusText ?? reading.status;
  const fields: Fields = {
    status: word,
    partition_count: whole?.partitionCount ?? reading.partitionCount,
    total_lag: whole?.totalLag ?? reading.totalLag,
  };
  put(fields, "status_code", telegrafStatusCode(word, options.defects));
  put(fields, "lag", whole?.maxLag ?? (keep ? 0 : undefined));
  put(fields, "offset", whole?.offsetSum ?? (keep ? 0 : undefined));
  put(fields, "timestamp", whole?.newestCommitMs ?? (keep ? 0 : undefined));
  if (options.extraFields) fields["complete"] = reading.complete;
  const tags = { cluster: options.cluster, group: reading.group };
  return telegrafDocument(context, { measurement: "burrow_group", tags, fields });
}

/** A group that Burrow lists and does not know a moment later: the status is all there is. */
export function notFoundDocument(context: DocumentContext, group: string): TelegrafDocument {
  const fields: Fields = { status: "NOTFOUND" };
  put(fields, "status_code", telegrafStatusCode("NOTFOUND", context.options.defects));
  const tags = { cluster: context.options.cluster, group };
  return telegrafDocument(context, { measurement: "burrow_group", tags, fields });
}

export function partitionDocument(
  context: DocumentContext,
  group: string,
  reading: PartitionReading,
): TelegrafDocument {
  const { options } = context;
  const word = reading.statusText ?? reading.status;
  const fields: Fields = { status: word };
  put(fields, "status_code", telegrafStatusCode(word, options.defects));
  if (reading.end !== null) {
    fields["lag"] = reading.currentLag;
    fields["offset"] = reading.end.offset;
    fields["timestamp"] = reading.end.timestampMs;
  } else if (options.defects === "keep") {
    fields["lag"] = reading.currentLag;
    fields["offset"] = 0;
    fields["timestamp"] = 0;
  }
  if (options.extraFields) addExtra(fields, reading);
  const tags = {
    cluster: options.cluster,
    group,
    topic: reading.topic,
    partition: String(reading.partition),
    owner: reading.ownerText ?? reading.owner ?? "",
  };
  return telegrafDocument(context, { measurement: "burrow_partition", tags, fields });
}

export function topicDocument(
  context: DocumentContext,
  topic: string,
  end: { readonly partition: number; readonly offset: number },
): TelegrafDocument {
  const tags = { cluster: context.options.cluster, topic, partition: String(end.partition) };
  return telegrafDocument(context, { measurement: "burrow_topic", tags, fields: { offset: end.offset } });
}

/** The measurement's own tags win over those that every document gets. */
export function telegrafDocument(
  { timestamp, options }: DocumentContext,
  what: { readonly measurement: TelegrafMeasurement; readonly tags: Tags; readonly fields: Fields },
): TelegrafDocument {
  const { measurement, tags, fields } = what;
  return {
    "@timestamp": timestamp,
    measurement_name: measurement,
    tag: isEmpty(options.tags) ? tags : { ...tags, ...options.tags, ...tags },
    [measurement]: fields,
  };
}

function isEmpty(tags: Tags): boolean {
  for (const _ in tags) return false;
  return true;
}

/** The other half of Burrow's window, and what it says about itself. */
function addExtra(fields: Fields, reading: PartitionReading): void {
  const { start, end } = reading;
  fields["complete"] = reading.complete;
  put(fields, "client_id", reading.clientId ?? undefined);
  put(fields, "start_offset", start?.offset);
  put(fields, "start_timestamp", start?.timestampMs);
  put(fields, "observed_at", end?.observedAtMs ?? undefined);
  put(fields, "observed_lag", end?.lag ?? undefined);
}

function put(fields: Fields, name: string, value: string | number | undefined): void {
  if (value !== undefined) fields[name] = value;
}
