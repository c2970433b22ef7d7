/** `lagline setup`: templates, data stream and retention in Elasticsearch, as often as you like. */
import type { Config } from "../../config/schema.ts";
import { dataStreamName } from "../../model/documents.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { createElasticsearchHttp } from "./client.ts";
import { clientSettings, replicasOf } from "./connection.ts";
import { detectServer } from "./detect.ts";
import { updateStream } from "./setup-stream.ts";
import { putTemplates } from "./setup-templates.ts";
import { boundsFor } from "./time-bounds.ts";
import { waitForElasticsearch } from "./wait.ts";

export type SetupOptions = {
  /** Gets one sentence per step. */
  readonly log: (sentence: string) => void;
  readonly signal?: AbortSignal;
  /** How long to wait for Elasticsearch. @default 180 s */
  readonly waitMs?: number;
  readonly now?: () => number;
};

export type SetupTarget = {
  readonly environment: string;
  readonly retentionDays: number;
  readonly replicas: number;
};

/** @throws LaglineError with what went wrong in one sentence. */
export async function runSetup(config: Config, options: SetupOptions): Promise<void> {
  const http = await createElasticsearchHttp(clientSettings(config.elasticsearch));
  try {
    await setUp(http, {
      ...options,
      target: {
        environment: config.environment,
        retentionDays: config.elasticsearch.retention_days,
        replicas: replicasOf(config.elasticsearch),
      },
    });
  } finally {
    await http.close();
  }
}

/** The same on a client that exists. */
export async function setUp(
  http: ElasticsearchHttp,
  options: SetupOptions & { readonly target: SetupTarget },
): Promise<void> {
  const { log, target } = options;
  const stream = dataStreamName(target.environment);
  await waitForElasticsearch(http, {
    waitMs: options.waitMs ?? 180_000,
    log,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const server = await detectServer(http, stream);
  log(`Elasticsearch ${server.version ?? "of unknown version"} answers.`);
  const bounds = server.hasDataStreamApi
    ? null
    : await boundsFor(http, { stream, nowMs: (options.now ?? Date.now)() });
  const changed = await putTemplates(http, {
    log,
    templates: { ...target, mode: "tsds", bounds: bounds?.bounds ?? null },
    boundsMoved: bounds?.moved ?? false,
  });
  await updateStream(http, { log, stream, server, target, changed, bounds });
}
