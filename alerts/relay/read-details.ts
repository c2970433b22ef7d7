/**
 * Asks Elasticsearch for what a message is to gain, at the moment of posting. One attempt within a deadline; without an
 * answer the message goes out as it is, and for a while nobody asks again, so that a queue is not held up again and again.
 */
import { z } from "zod";
import { withDeadline } from "../../model/deadline.ts";
import { describeError } from "../../model/errors.ts";
import type { Details } from "./details.ts";
import { readPeak, readState } from "./group-details.ts";
import { search } from "./search.ts";
import type { Ask, SearchOptions } from "./search.ts";
import { freshnessMs } from "./sight.ts";
import type { Subject } from "./state.ts";

/** Null: nothing to add. Resolves within the deadline and never rejects. */
export type AskDetails = (
  subject: Subject,
  about: { readonly nowMs: number; readonly signal: AbortSignal },
) => Promise<Details | null>;

export type DetailsOptions = Pick<SearchOptions, "http" | "index"> & {
  readonly intervalSeconds: number;
  readonly events: { detailsAdded(): void; detailsMissing(reason: string): void };
  /** @default 2 s */
  readonly deadlineMs?: number;
};

const DEADLINE_MS = 2000;
/** After a failure nobody asks for this long: 30 messages that wait are late by one deadline, not by 30. */
const PAUSE_MS = 30_000;
export function createAskDetails(options: DetailsOptions): AskDetails {
  const { http, index, events, intervalSeconds, deadlineMs = DEADLINE_MS } = options;
  let askAgainMs = Number.NEGATIVE_INFINITY;
  return async (subject, { nowMs, signal }) => {
    if (nowMs < askAgainMs) {
      events.detailsMissing("it did not answer a moment ago");
      return null;
    }
    try {
      const details = await within(deadlineMs, signal, async (limit) => {
        const ask: Ask = async (body) => search({ http, index, timeoutMs: deadlineMs }, body, limit);
        return subject.endsAtMs === null
          ? readState(ask, subject, nowMs - freshnessMs(intervalSeconds))
          : readPeak(ask, { ...subject, endsAtMs: subject.endsAtMs });
      });
      if (details === null) events.detailsMissing("it has no fresh document of the group");
      else events.detailsAdded();
      return details;
    } catch (error) {
      askAgainMs = nowMs + PAUSE_MS;
      events.detailsMissing(reasonOf(error, deadlineMs));
      return null;
    }
  };
}

/** Whatever the client does with the signal: the caller goes on when time is up. */
async function within<Result>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return withDeadline({ ms, signals: [outer] }, async (signal) => {
    signal.throwIfAborted();
    return Promise.race([work(signal), endOf(signal)]);
  });
}

async function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener(
      "abort",
      () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
      },
      { once: true },
    );
  });
}

function reasonOf(error: unknown, deadlineMs: number): string {
  if (error instanceof z.ZodError) return "its answer is not that of a search";
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${deadlineMs / 1000} s`;
  return describeError(error).slice(0, 200).replace(/\.$/, "");
}
