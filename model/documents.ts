/** A lag document: flat, one per series and tick. Which fields a record carries is said in `fields.ts`. */
import type { FieldValues, RecordKind } from "./fields.ts";

export type LagDocument = Partial<Omit<FieldValues, "@timestamp" | "record" | "cluster">> & {
  readonly "@timestamp": string;
  readonly record: RecordKind;
  readonly cluster: string;
};

/** Name of the data stream of an environment. */
export function dataStreamName(environment: string): string {
  return `metrics-kafka.consumer_lag-${environment}`;
}
