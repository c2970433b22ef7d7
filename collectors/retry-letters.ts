/** Sends dead letters to Elasticsearch once more, after a person has removed what they were refused for. */
import { documentsIndex } from "../config/documents-index.ts";
import type { Config } from "../config/schema.ts";
import { BulkSender } from "./elasticsearch/bulk.ts";
import { createElasticsearchHttp } from "./elasticsearch/client.ts";
import { clientSettings } from "./elasticsearch/connection.ts";
import { bulkTarget } from "./elasticsearch/destination.ts";
import type { Outcome } from "./elasticsearch/outcomes.ts";
import type { StoredLetter } from "./spool/dead-letter-reader.ts";

export type RetriedLetter = { readonly letter: StoredLetter; readonly outcome: Outcome };

const TIMEOUT_MS = 30_000;
/** Letters of one request. */
const BATCH = 500;

/**
 * Gives the outcomes batch by batch, so that what was taken can be closed at once. The same documents again change
 * nothing, so that a retry that was cut off may be repeated.
 * @throws LaglineError `LAGLINE_ELASTICSEARCH_FILE`.
 */
export async function* retryLetters(
  config: Config,
  letters: readonly StoredLetter[],
  signal: AbortSignal,
): AsyncGenerator<readonly RetriedLetter[]> {
  const { collector } = config;
  const client = await createElasticsearchHttp(clientSettings(config, "collector"));
  const sender = new BulkSender(client, {
    target: bulkTarget(documentsIndex(config)),
    maxDocuments: collector.bulk_documents,
    maxBytes: collector.bulk_bytes,
    gzip: collector.gzip,
    timeoutMs: TIMEOUT_MS,
    now: Date.now,
  });
  try {
    for (let from = 0; from < letters.length; from += BATCH) {
      const batch = letters.slice(from, from + BATCH);
      const nowMs = Date.now();
      const { outcomes } = await sender.deliver(
        {
          ndjson: Buffer.from(batch.map(({ document }) => `${document}\n`).join("")),
          documents: batch.length,
          minTimestampMs: nowMs,
          maxTimestampMs: nowMs,
          sequence: 0,
          acceptedAtMs: nowMs,
          attempts: 0,
          refusedSinceMs: null,
        },
        signal,
      );
      yield batch.flatMap((letter, index) => {
        const outcome = outcomes[index];
        return outcome === undefined ? [] : [{ letter, outcome }];
      });
      signal.throwIfAborted();
    }
  } finally {
    await client.close();
  }
}
