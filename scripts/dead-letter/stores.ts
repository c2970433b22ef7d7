/** The two kinds of dead letters: documents that Elasticsearch refused, and messages that did not reach Slack. */
import { join } from "node:path";
import { retryMessages } from "../../alerts/relay/retry-messages.ts";
import { RELAY_LETTER_FOLDER, slackOf } from "../../alerts/relay/settings.ts";
import type { SlackOutcome } from "../../alerts/relay/slack-webhook.ts";
import type { Outcome } from "../../collectors/elasticsearch/outcomes.ts";
import { retryLetters } from "../../collectors/retry-letters.ts";
import type { StoredLetter } from "../../collectors/spool/dead-letter-reader.ts";
import { DEAD_LETTER_FOLDER } from "../../collectors/spool/open.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { collectorName, RELAY_NAME } from "../../stacks/endpoints.ts";

export type Retried = {
  readonly letter: StoredLetter;
  /** Why it is left; null: it was taken. */
  readonly left: string | null;
};

export type LetterStore = {
  /** Whose letters they are, as in a sentence. */
  readonly of: string;
  readonly directory: string;
  /** Who takes them when they are sent again, as in a sentence. */
  readonly receiver: string;
  /** The process that writes them, as a container of a deployment. */
  readonly container: string;
  /** Words of the command that choose this store. */
  readonly words: readonly string[];
  /** In batches, so that what was taken can be closed at once. */
  retry(letters: readonly StoredLetter[], signal: AbortSignal): AsyncGenerator<readonly Retried[]>;
};

/** @throws LaglineError `LAGLINE_USAGE_SHARD` where the cluster has fewer collectors. */
export function collectorLetters(config: Config, cluster: string, shard = 1): LetterStore {
  const shards = config.clusters[cluster]?.shards ?? 1;
  if (!Number.isInteger(shard) || shard < 1 || shard > shards) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_SHARD",
      message: `--shard must be a whole number from 1 to ${shards}, the collectors of ${cluster}.`,
    });
  }
  return {
    of: cluster,
    directory: join(config.collector.spool_directory, cluster, DEAD_LETTER_FOLDER),
    receiver: "in Elasticsearch",
    container: collectorName(cluster, shard),
    words: ["--cluster", cluster],
    async *retry(letters, signal) {
      for await (const batch of retryLetters(config, letters, signal))
        yield batch.map(({ letter, outcome }) => ({ letter, left: refusalOf(outcome) }));
    },
  };
}

export function relayLetters(config: Config): LetterStore {
  const { relay } = config.alerts;
  return {
    of: "the relay",
    directory: join(relay.directory, RELAY_LETTER_FOLDER),
    receiver: "in Slack",
    container: RELAY_NAME,
    words: ["--relay"],
    async *retry(letters, signal) {
      const slack = slackOf(config, Date.now);
      const about = { gapMs: relay.message_gap_seconds * 1000, signal };
      for await (const { letter, outcome } of retryMessages(slack, letters, about))
        yield [{ letter, left: outcome === null ? NO_MESSAGE : silenceOf(outcome) }];
    },
  };
}

const NO_MESSAGE =
  "not sent: a notification that the relay did not understand is no message; read it with show, then drop it";

function refusalOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case "stored":
    case "duplicate":
      return null;
    case "dead":
      return `refused again: ${outcome.errorType}: ${outcome.reason}`;
    case "retry":
      return `not sent: ${outcome.detail}`;
  }
}

function silenceOf(outcome: SlackOutcome): string | null {
  switch (outcome.kind) {
    case "delivered":
      return null;
    case "refused":
      return `refused again: ${outcome.reason} (HTTP ${outcome.status})`;
    case "retry":
      return `not sent: ${outcome.reason}`;
    case "uncertain":
      return `not known whether Slack has it (${outcome.reason}): look, then drop it or send it again`;
  }
}
