/** `lagline setup`: templates, data stream and retention in Elasticsearch, as often as you like. */
import { type DocumentsIndex, documentsIndex, nativeIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import type { ElasticsearchHttp } from "./client.ts";
import { createElasticsearchHttp } from "./client.ts";
import { clientSettings, replicasOf } from "./connection.ts";
import { type ServerInfo, detectServer } from "./detect.ts";
import { putPolicy } from "./setup-policy.ts";
import { refuseOtherMode, updateStream } from "./setup-stream.ts";
import { putTemplates } from "./setup-templates.ts";
import { type Retention, retentionOf } from "./templates.ts";
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
  /** @default Lagline's own documents in a time series data stream */
  readonly index?: DocumentsIndex;
};

/** @throws LaglineError with what went wrong in one sentence. */
export async function runSetup(config: Config, options: SetupOptions): Promise<void> {
  const http = await createElasticsearchHttp(clientSettings(config, "setup"));
  try {
    await setUp(http, {
      ...options,
      target: {
        environment: config.environment,
        retentionDays: config.elasticsearch.retention_days,
        replicas: replicasOf(config.elasticsearch),
        index: documentsIndex(config),
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
  const wanted = target.index ?? nativeIndex(target.environment);
  await waitForElasticsearch(http, {
    waitMs: options.waitMs ?? 180_000,
    log,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const server = await detectServer(http, wanted.mode === "daily" ? wanted.templateName : wanted.name);
  log(`Elasticsearch ${server.version ?? "of unknown version"} answers.`);
  const index = withOwnModules(wanted, server, log);
  if (index.mode !== "daily") await refuseOtherMode(http, index);
  const needsBounds = index.mode === "time_series" && !server.hasDataStreamApi;
  const plan = needsBounds
    ? await boundsFor(http, {
        stream: index.name,
        nowMs: (options.now ?? Date.now)(),
        retentionDays: target.retentionDays,
        inWindows: index.lifecycle === "lagline",
      })
    : null;
  const retention = await retain(http, { log, index, target, server });
  const changed = index.manageTemplates
    ? await putTemplates(http, {
        log,
        templates: { ...target, index, retention, bounds: plan?.bounds ?? null },
        boundsMoved: plan?.moved ?? false,
        overwrite: index.overwriteTemplates,
      })
    : false;
  if (!index.manageTemplates) log("Index templates are left to you, as manage_templates says.");
  await updateStream(http, { log, index, server, target, changed, bounds: plan });
}

/** Where Elasticsearch can delete by itself, it does: never both at once. */
function withOwnModules(index: DocumentsIndex, server: ServerInfo, log: SetupOptions["log"]): DocumentsIndex {
  if (index.lifecycle !== "lagline" || !server.hasDataStreamApi) return index;
  const lifecycle = index.mode === "daily" ? "ilm" : "data_stream";
  log(
    `This Elasticsearch has lifecycle modules of its own: lifecycle ${lifecycle} is used instead of lagline.`,
  );
  return { ...index, lifecycle };
}

/** What deletes old documents on this server; makes its policy where one is needed. */
async function retain(
  http: ElasticsearchHttp,
  about: {
    readonly log: (sentence: string) => void;
    readonly index: DocumentsIndex;
    readonly target: SetupTarget;
    readonly server: ServerInfo;
  },
): Promise<Retention | null> {
  const { log, index, target, server } = about;
  const retention = retentionOf(index, { ...target, bounds: null });
  if (index.lifecycle === "lagline") {
    log(
      `\`lagline retention\` deletes documents after ${target.retentionDays} days; it must run all the time.`,
    );
    return null;
  }
  if (retention?.by === "stream") return server.hasDataStreamApi ? retention : null;
  if (retention === null) {
    log("Nothing is deleted by age, as lifecycle says.");
    return null;
  }
  const isThere = await putPolicy(http, { log, index, retention, days: target.retentionDays });
  return isThere ? retention : null;
}
