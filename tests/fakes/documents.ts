/** Lag documents for tests: small, distinct, in the shape the spool takes. */
import type { SpoolBatch } from "../../collectors/spool/contract.ts";

/** A batch of `documents` lines; `name` makes their identity distinct. */
export function batchOf(name: string, documents: number, tickMs: number = Date.UTC(2026, 0, 1)): SpoolBatch {
  const timestamp = new Date(tickMs).toISOString();
  const lines = Array.from({ length: documents }, (_, index) =>
    JSON.stringify({
      "@timestamp": timestamp,
      record: "partition",
      cluster: "orders",
      group: name,
      topic: "payments",
      partition: String(index),
      lag: index,
    }),
  );
  return {
    ndjson: Buffer.from(lines.map((line) => `${line}\n`).join("")),
    documents,
    minTimestampMs: tickMs,
    maxTimestampMs: tickMs,
  };
}

/** Lines of a batch as text. */
export function linesOf(batch: Pick<SpoolBatch, "ndjson">): readonly string[] {
  return batch.ndjson.toString("utf8").split("\n").slice(0, -1);
}

/** Groups named in a batch, to tell batches apart. */
export function groupOf(batch: Pick<SpoolBatch, "ndjson">): string {
  return /"group":"([^"]*)"/.exec(batch.ndjson.toString("utf8"))?.[1] ?? "";
}
