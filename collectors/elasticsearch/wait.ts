/** Waits until Elasticsearch answers and can take writes. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { LaglineError } from "../../model/errors.ts";
import { readFailure } from "./answers.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { isKeyLookupFailure } from "./denial.ts";
import { refusal } from "./detect.ts";
import { ElasticsearchFault } from "./fault.ts";

const POLL_MS = 1_000;
const REQUEST_MS = 5_000;
const SAY_AFTER_MS = 10_000;
const health = z.object({ status: z.string() });

/** @throws LaglineError when it does not answer in time, or refuses our credentials. */
export async function waitForElasticsearch(
  http: ElasticsearchHttp,
  options: {
    readonly waitMs: number;
    readonly log: (sentence: string) => void;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const startedMs = performance.now();
  let saidMs = startedMs;
  let last = "";
  for (;;) {
    options.signal?.throwIfAborted();
    const state = await look(http, options.signal);
    if (state === "ready") return;
    last = state;
    const nowMs = performance.now();
    if (nowMs - startedMs >= options.waitMs) {
      throw new LaglineError({
        code: "LAGLINE_ELASTICSEARCH_UNREACHABLE",
        message: `Elasticsearch was not ready within ${Math.round(options.waitMs / 1000)} s. ${last}`,
        hint: "Check its address in lagline.yaml and its log.",
        retryable: true,
      });
    }
    if (nowMs - saidMs >= SAY_AFTER_MS) {
      saidMs = nowMs;
      options.log(`Waiting for Elasticsearch, ${Math.round((nowMs - startedMs) / 1000)} s so far. ${last}`);
    }
    await sleep(POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** `ready`, or a sentence with what is missing. */
async function look(http: ElasticsearchHttp, signal: AbortSignal | undefined): Promise<string> {
  try {
    const answer = await http.request({
      method: "GET",
      path: "/_cluster/health",
      query: { filter_path: "status" },
      timeoutMs: REQUEST_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const parsed = health.safeParse(answer.body);
    if (answer.status === 200 && parsed.success) {
      return "ready";
    }
    // A key without the `monitor` privilege may still do everything that follows.
    if (answer.status === 403) return "ready";
    if (answer.status === 401) {
      if (!isKeyLookupFailure(readFailure(answer.body).reason)) throw refusal(answer, "in");
      return "Its index of API keys is not up.";
    }
    return `It answers ${answer.status} to the question for its health.`;
  } catch (error) {
    if (error instanceof ElasticsearchFault) return error.message;
    throw error;
  }
}
