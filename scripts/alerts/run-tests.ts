/** `lagline alerts test`: every test of the files, on a real Elasticsearch or in memory. */
import { judgeTest } from "./judge-test.ts";
import { playTest } from "./play-test.ts";
import type { PlayedTest } from "./play-test.ts";
import { testDocuments } from "./test-documents.ts";
import type { TestWorld } from "./test-documents.ts";
import { readAlertTests } from "./test-schema.ts";
import type { AlertTest } from "./test-schema.ts";
import { multiSearch, withStoredDocuments } from "./test-store.ts";
import type { Http } from "./test-store.ts";
import { alertingConfig } from "../../alerts/render-grafana.ts";
import { elasticsearchSource } from "../../alerts/evaluation/elasticsearch-source.ts";
import { memorySource } from "../../alerts/evaluation/memory-source.ts";
import { messageRenderer } from "../../alerts/evaluation/render-message.ts";
import type { AlertingConfig } from "../../alerts/types.ts";
import { createPolicyResolver } from "../../config/policies.ts";
import type { Config } from "../../config/schema.ts";
import { documentsIndex } from "../../config/documents-index.ts";
import { LaglineError } from "../../model/errors.ts";
import { grafanaRenderOptions } from "../../stacks/files/grafana-files.ts";

export type RunTestsOptions = {
  readonly files: readonly string[];
  /** Null: in memory. */
  readonly http: Http | null;
  readonly json: boolean;
  /** Prints every message. */
  readonly verbose: boolean;
  readonly now?: () => number;
  readonly print: (line: string) => void;
};

export type TestResult = {
  readonly file: string;
  readonly name: string;
  readonly problems: readonly string[];
  readonly messages: readonly {
    readonly at_seconds: number;
    readonly receiver: string;
    readonly title: string;
    readonly text: string;
  }[];
};

/** True when every test passes. @throws LaglineError for files that cannot be read and for a store that fails. */
export async function runAlertTests(config: Config, options: RunTestsOptions): Promise<boolean> {
  const read = options.files.map((file) => ({ file, tests: readAlertTests(file) }));
  const alerting = alertingConfig(grafanaRenderOptions(config, new Map()));
  const results: TestResult[] = [];
  for (const { file, tests } of read) {
    for (const test of tests) {
      const result = { file, ...(await runOne(test, { config, alerting, options })) };
      results.push(result);
      if (!options.json) show(result, options);
    }
  }
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  if (options.json)
    options.print(JSON.stringify({ passed: results.length - failed, failed, tests: results }, undefined, 2));
  else
    options.print(
      `${results.length - failed} passed, ${failed} failed${options.http === null ? ", in memory" : ""}.`,
    );
  return failed === 0;
}

type Run = { readonly config: Config; readonly alerting: AlertingConfig; readonly options: RunTestsOptions };

async function runOne(test: AlertTest, run: Run): Promise<Omit<TestResult, "file">> {
  const clusters = Object.keys(run.config.clusters);
  const cluster = test.cluster ?? clusters[0] ?? "";
  if (!clusters.includes(cluster)) {
    throw new LaglineError({
      code: "LAGLINE_USAGE_ALERT_TEST",
      message: `Test "${test.name}": there is no cluster ${cluster} in the configuration; there are ${clusters.join(", ")}.`,
    });
  }
  const world: TestWorld = {
    cluster,
    clusters,
    intervalSeconds: run.config.collector.interval_seconds,
    resolvePolicy: createPolicyResolver(run.config.policies, cluster),
  };
  const { played, startMs } = await play(test, world, run);
  const render = messageRenderer(run.alerting.rootUrl);
  return {
    name: test.name,
    problems: judgeTest({ test, played, startMs, cluster, render }),
    messages: played.notifications.map((notification) => {
      const { title, text } = render(notification);
      return {
        at_seconds: Math.round((notification.atMs - startMs) / 1000),
        receiver: notification.receiver,
        title,
        text,
      };
    }),
  };
}

async function play(
  test: AlertTest,
  world: TestWorld,
  run: Run,
): Promise<{ played: PlayedTest; startMs: number }> {
  const { alerting, options } = run;
  const windowMs = alerting.staleAfterSeconds * 1000;
  if (test.stored_minutes !== undefined) {
    const lastMs = (options.now ?? Date.now)();
    const firstMs = lastMs - test.stored_minutes * 60_000;
    const source = elasticsearchSource(
      documentsIndex(run.config).search,
      multiSearch(storeOf(test, options)),
    );
    return { played: await playTest(alerting, source, { firstMs, lastMs }), startMs: firstMs };
  }
  const { documents, startMs, firstSeconds, lastSeconds } = testDocuments(test, world);
  const span = { firstMs: startMs + firstSeconds * 1000 + windowMs, lastMs: startMs + lastSeconds * 1000 };
  const { http } = options;
  const played =
    http === null
      ? await playTest(alerting, memorySource(documents), span)
      : await withStoredDocuments(http, documents, (source) => playTest(alerting, source, span));
  return { played, startMs };
}

function storeOf(test: AlertTest, { http }: RunTestsOptions): Http {
  if (http !== null) return http;
  throw new LaglineError({
    code: "LAGLINE_USAGE_ALERT_TEST",
    message: `Test "${test.name}" reads what is stored, which --memory cannot.`,
    hint: "Leave --memory out.",
  });
}

function show({ name, problems, messages }: TestResult, { print, verbose }: RunTestsOptions): void {
  print(`${problems.length === 0 ? "ok    " : "FAILED"}  ${name}`);
  for (const problem of problems) print(`        ${problem}`);
  if (!verbose) return;
  for (const { at_seconds: at, receiver, title, text } of messages) {
    print(`        ${at} s to ${receiver}: ${title}`);
    for (const line of text.split("\n")) print(`          ${line}`);
  }
}
