/** The documents of a test: from its own series, or from a scenario of the simulator judged by the policies of lagline.yaml. */
import type { AlertTest, TestSeries } from "./test-schema.ts";
import { deploymentEvents } from "../annotate/events.ts";
import type { LagDocument } from "../../model/documents.ts";
import { LaglineError } from "../../model/errors.ts";
import type { RecordKind } from "../../model/fields.ts";
import type { PolicyResolver, ResolvedPolicy } from "../../model/policy.ts";
import { VERDICTS, VERDICT_NAMES } from "../../model/verdicts.ts";
import { muteEvents } from "../mute/events.ts";
import { START_MS, play } from "../../tests/simulator/run.ts";
import { SCENARIOS } from "../../tests/simulator/scenarios.ts";
import type { Scenario } from "../../tests/simulator/scenario.ts";

export type TestWorld = {
  readonly cluster: string;
  readonly clusters: readonly string[];
  readonly intervalSeconds: number;
  readonly resolvePolicy: PolicyResolver;
};

export type TestDocuments = {
  readonly documents: readonly LagDocument[];
  readonly startMs: number;
  /** From here on the rules have a full window behind them. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
};

/** Records that rules read; a scenario has thousands of others. */
const READ_BY_RULES: ReadonlySet<RecordKind> = new Set(["group", "cluster", "event", "collector"]);
const COLLECTOR_STARTS_SECONDS = 120;

/** @throws LaglineError `LAGLINE_USAGE_ALERT_TEST` for a scenario or verdict that does not exist. */
export function testDocuments(test: AlertTest, world: TestWorld): TestDocuments {
  const base =
    test.scenario === undefined ? fromSeries(test, world) : fromScenario(test, world, test.scenario);
  const events = test.events.flatMap(({ at_seconds: at, kind, groups, minutes }) => {
    const nowMs = base.startMs + at * 1000;
    const common = { cluster: world.cluster, groups, minutes, reason: test.name, nowMs };
    return kind === "mute" ? muteEvents(common) : deploymentEvents({ ...common, kind: "rolling" });
  });
  return { ...base, documents: [...base.documents, ...events] };
}

function fromScenario(test: AlertTest, world: TestWorld, name: string): TestDocuments {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario === undefined) {
    throw unknown(
      `Test "${test.name}": there is no scenario ${JSON.stringify(name)}.`,
      "`lagline alerts scenarios` lists them.",
    );
  }
  const subject = test.group ?? scenario.subject;
  const policy = world.resolvePolicy(subject, ["orders"]);
  const { ticks } = play(withPolicy(scenario, policy, test.seconds), {
    intervalSeconds: world.intervalSeconds,
  });
  const documents = ticks
    .flatMap((tick) => tick.documents)
    .filter(({ record }) => READ_BY_RULES.has(record))
    .map((document) => ({
      ...document,
      cluster: world.cluster,
      ...(document.group === scenario.subject ? { group: subject } : {}),
    }));
  return {
    documents: [...documents, ...otherClusters(world, documents)],
    startMs: START_MS,
    firstSeconds: scenario.collectorFrom ?? COLLECTOR_STARTS_SECONDS,
    lastSeconds: test.seconds ?? scenario.seconds,
  };
}

function withPolicy(scenario: Scenario, policy: ResolvedPolicy, seconds: number | undefined): Scenario {
  return { ...scenario, policy, seconds: seconds ?? scenario.seconds };
}

/** Clusters that the scenario is not about are seen and well, or their heartbeats would fire. */
function otherClusters(world: TestWorld, documents: readonly LagDocument[]): readonly LagDocument[] {
  const times = [...new Set(documents.map((document) => document["@timestamp"]))];
  return world.clusters
    .filter((cluster) => cluster !== world.cluster)
    .flatMap((cluster) =>
      times.map((time) => ({ "@timestamp": time, record: "cluster" as const, cluster, suspect: 0 })),
    );
}

function fromSeries(test: AlertTest, world: TestWorld): TestDocuments {
  const { series = [] } = test;
  const startMs = test.starts_at === undefined ? START_MS : Date.parse(test.starts_at);
  const ticks = Math.max(
    0,
    ...series.flatMap(({ fields }) => Object.values(fields).map((values) => values.length)),
  );
  const lastSeconds = test.seconds ?? Math.max(0, ticks - 1) * world.intervalSeconds;
  const documents = series.flatMap((one) =>
    Array.from({ length: ticks }, (_, tick) => seriesDocument({ one, tick, test, world, startMs })).flat(),
  );
  return {
    documents: [...documents, ...healthyClusters({ series, world, startMs, lastSeconds })],
    startMs,
    firstSeconds: 0,
    lastSeconds,
  };
}

type OneTick = {
  readonly one: TestSeries;
  readonly tick: number;
  readonly test: AlertTest;
  readonly world: TestWorld;
  readonly startMs: number;
};

/** No document where every field is absent. */
function seriesDocument({ one, tick, test, world, startMs }: OneTick): readonly LagDocument[] {
  const given = Object.entries(one.fields).flatMap(([name, values]) => {
    const value = values[tick];
    return value === undefined ? [] : [[name, value] as const];
  });
  if (given.length === 0) return [];
  const fields: GivenFields = Object.fromEntries(given);
  const base = {
    "@timestamp": new Date(startMs + tick * world.intervalSeconds * 1000).toISOString(),
    cluster: one.cluster ?? world.cluster,
  };
  const add = (document: LagDocument): readonly LagDocument[] => [Object.assign(document, fields)];
  if (one.collector !== undefined) return add({ ...base, record: "collector", collector: one.collector });
  if (one.group === undefined) return add({ ...base, record: "cluster", suspect: 0 });
  const policy = world.resolvePolicy(one.group, one.topics);
  return add({
    ...base,
    record: "group",
    group: one.group,
    suspect: 0,
    ...policyFields(policy),
    ...verdictFields(test, fields["verdict"] ?? "ok"),
    ...ratioFields(policy, fields),
  });
}

/** What the test says at one tick; the schema has checked names and kinds. */
type GivenFields = Readonly<Record<string, string | number>>;

function policyFields(policy: ResolvedPolicy): Partial<LagDocument> {
  return {
    policy: policy.name,
    tier: policy.tier,
    ...(policy.team === null ? {} : { team: policy.team }),
    objective_seconds: policy.objective_seconds,
    lag_floor: policy.lag_floor,
    expected_idle: policy.expected_idle ? 1 : 0,
  };
}

function verdictFields(test: AlertTest, word: string | number): Partial<LagDocument> {
  const verdict = VERDICT_NAMES.find((name) => name === word);
  if (verdict === undefined) {
    throw unknown(
      `Test "${test.name}": ${JSON.stringify(word)} is no verdict.`,
      `Verdicts are ${VERDICT_NAMES.join(", ")}.`,
    );
  }
  return { verdict, verdict_code: VERDICTS[verdict].code };
}

/** As the analysis does: not late below the floor. */
function ratioFields(policy: ResolvedPolicy, fields: GivenFields): Partial<LagDocument> {
  const { time_lag_seconds: late, total_lag: lag } = fields;
  if (typeof late !== "number") return {};
  const counts = typeof lag !== "number" || lag >= policy.lag_floor;
  return { objective_ratio: counts ? late / policy.objective_seconds : 0 };
}

/** The clusters of lagline.yaml that the test does not speak of. */
function healthyClusters(of: {
  readonly series: readonly TestSeries[];
  readonly world: TestWorld;
  readonly startMs: number;
  readonly lastSeconds: number;
}): readonly LagDocument[] {
  const { series, world, startMs, lastSeconds } = of;
  const own = new Set(
    series.flatMap((one) =>
      one.group === undefined && one.collector === undefined ? [one.cluster ?? world.cluster] : [],
    ),
  );
  const count = Math.floor(lastSeconds / world.intervalSeconds) + 1;
  return world.clusters
    .filter((cluster) => !own.has(cluster))
    .flatMap((cluster) =>
      Array.from({ length: count }, (_, tick) => ({
        "@timestamp": new Date(startMs + tick * world.intervalSeconds * 1000).toISOString(),
        record: "cluster" as const,
        cluster,
        suspect: 0,
      })),
    );
}

function unknown(message: string, hint: string): LaglineError {
  return new LaglineError({ code: "LAGLINE_USAGE_ALERT_TEST", message, hint });
}
