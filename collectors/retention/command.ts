/** `lagline retention`: once for a person or a timer, or for ever beside an Elasticsearch. */
import { pino } from "pino";
import { documentsIndex } from "../../config/documents-index.ts";
import type { Config } from "../../config/schema.ts";
import { LaglineError } from "../../model/errors.ts";
import { createElasticsearchHttp } from "../elasticsearch/client.ts";
import { clientSettings } from "../elasticsearch/connection.ts";
import type { HealthServer } from "../health.ts";
import { startHealthServer } from "../health.ts";
import { safeLine } from "../log-lines.ts";
import { Health } from "./health.ts";
import { createRetentionMetrics } from "./metrics.ts";
import { keepRetention } from "./resident.ts";
import type { RunOptions } from "./run.ts";
import { runRetention, summary } from "./run.ts";

export type RetentionOptions = {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
};
export type ResidentRetentionOptions = Pick<RetentionOptions, "signal"> & {
  readonly version: string;
  /** On loopback; null for none. */
  readonly healthPort: number | null;
};

/**
 * One run; each thing it does, or would do, is one sentence for `print`.
 * @throws LaglineError `LAGLINE_USAGE_LIFECYCLE` where the configuration leaves deletion to somebody else.
 */
export async function retainOnce(
  config: Config,
  { dryRun, signal }: RetentionOptions,
  print: (sentence: string) => void,
): Promise<void> {
  const index = ownIndex(config);
  const retentionDays = config.elasticsearch.retention_days;
  const http = await createElasticsearchHttp(clientSettings(config, "retention"));
  try {
    const result = await runRetention({
      http,
      index,
      retentionDays,
      nowMs: Date.now(),
      steadySinceMs: null,
      dryRun,
      signal,
      log: print,
    });
    if (result.held !== null) print(result.held);
    for (const warning of result.warnings) print(warning);
    print(summary(result, retentionDays));
  } finally {
    await http.close();
  }
}

/** Until the signal. @throws LaglineError when it cannot start. */
export async function retainForEver(config: Config, options: ResidentRetentionOptions): Promise<void> {
  const { signal, version } = options;
  const log = createLog(config);
  const index = ownIndex(config);
  const retentionDays = config.elasticsearch.retention_days;
  const http = await createElasticsearchHttp(clientSettings(config, "retention"));
  const health = new Health(clock());
  let server: HealthServer | undefined;
  try {
    server = await startServer(options.healthPort, health);
    log.info(
      { code: "started", version, stream: index.search },
      `Retention of ${retentionDays} days started.`,
    );
    const run = async (about: Pick<RunOptions, "nowMs" | "steadySinceMs">) => {
      // A password may have been rotated.
      await http.reload();
      const say = (sentence: string): void => log.info({ code: "changed" }, sentence);
      return runRetention({ http, index, retentionDays, ...about, dryRun: false, signal, log: say });
    };
    await keepRetention({
      run,
      health,
      clock,
      signal,
      random: Math.random,
      say: {
        done: (result) => {
          if (result.held !== null) log.warn({ code: "held" }, result.held);
          for (const warning of result.warnings) log.warn({ code: "warning" }, warning);
          const { deleted, opened, due, indices } = result;
          log.info({ code: "run", deleted, opened, due, indices }, summary(result, retentionDays));
        },
        failed: (reason, waitMs) => {
          log.warn({ code: "failed" }, `${reason} The next attempt is in ${Math.round(waitMs / 1000)} s.`);
        },
        clockJumped: () => {
          log.warn(
            { code: "clock" },
            "The clock was set: nothing is deleted before it has run evenly for a day.",
          );
        },
      },
    });
    log.info({ code: "stopped" }, "Retention stopped.");
  } finally {
    await server?.close();
    await http.close();
  }
}

function ownIndex(config: Config) {
  const index = documentsIndex(config);
  if (index.lifecycle === "lagline") return index;
  const who = index.lifecycle === "none" ? "nobody" : "Elasticsearch itself";
  throw new LaglineError({
    code: "LAGLINE_USAGE_LIFECYCLE",
    message: `elasticsearch.index.lifecycle is ${index.lifecycle}: ${who} deletes documents by age, so retention must not.`,
    hint: "Set it to lagline where Elasticsearch has no lifecycle modules, and run `lagline setup`.",
  });
}

async function startServer(port: number | null, health: Health): Promise<HealthServer | undefined> {
  if (port === null) return undefined;
  const metrics = await createRetentionMetrics(health);
  try {
    return await startHealthServer({
      address: "127.0.0.1",
      port,
      liveness: () => health.liveness(performance.now()),
      readiness: () => health.readiness(Date.now()),
      metrics,
    });
  } catch (error) {
    throw new LaglineError({
      code: "LAGLINE_RETENTION_PORT",
      message: `Health and metrics of retention cannot be served on 127.0.0.1:${port}.`,
      hint: "Give another --health-port.",
      cause: error,
    });
  }
}

function clock(): { wallMs: number; monotonicMs: number } {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

function createLog({ environment, collector }: Config) {
  const destination = pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level: collector.log_level,
      base: { environment, component: "retention" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: "message",
    },
    { write: (line) => void destination.write(safeLine(line)) },
  );
}
