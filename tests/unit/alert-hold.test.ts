/**
 * What the analysis holds must stay held in the rules: documents of the real analysis, played through the rules as Grafana
 * evaluates them. While the monitoring doubts itself nothing begins and nothing is called over.
 */
import { describe, expect, it } from "vitest";
import { CONSUMER_RULES } from "../../alerts/consumer-rules.ts";
import { HELD_FIELDS, VALUE_FIELDS } from "../../alerts/consumer-values.ts";
import { buildRules } from "../../alerts/rules.ts";
import { createAnalyser } from "../../collectors/analysis/index.ts";
import type { LagDocument } from "../../model/documents.ts";
import type { ResolvedPolicy } from "../../model/policy.ts";
import { RulePlayer } from "../grafana/evaluate-rule.ts";
import type { AlertState } from "../grafana/evaluate-rule.ts";
import { ALERTING } from "../support/alerting.ts";
import { TEST_POLICY } from "../support/policy.ts";

const T0 = Date.UTC(2026, 10, 21, 12);
const INTERVAL_MS = 30_000;
const EVALUATION_MS = 60_000;
const RATE = 300;
const config = { ...ALERTING, clusters: ["local"] };

type Step = {
  readonly committed: number;
  readonly head: number;
  readonly commitMs: number;
  /** Absent from Burrow's list. */
  readonly absent?: boolean;
  readonly ready?: boolean;
};
type Story = { readonly ticks: number; readonly at: (tick: number, nowMs: number) => Step };

function analyse({ ticks, at }: Story, policy: Partial<ResolvedPolicy> = {}): readonly LagDocument[] {
  const resolved: ResolvedPolicy = { ...TEST_POLICY, ...policy };
  const analyser = createAnalyser({
    cluster: "local",
    intervalSeconds: 30,
    minimumComplete: 1,
    resolvePolicy: () => resolved,
  });
  return Array.from({ length: ticks }, (_, tick) => T0 + tick * INTERVAL_MS).flatMap((nowMs, tick) => {
    const step = at(tick, nowMs);
    const analysis = analyser.beginTick({
      tickMs: nowMs,
      nowMs,
      listedGroups: step.absent === true ? [] : ["billing"],
      listComplete: true,
      burrow: {
        server: "b",
        ready: step.ready ?? true,
        selfLag: 0,
        offsetRefreshSeconds: 10,
        clockSkewMs: 0,
        host: "b",
      },
    });
    return [
      ...analysis.addTopic({ topic: "orders", endOffsets: [step.head], assignable: true }),
      ...(step.absent === true ? [] : analysis.addGroup(reading(step))),
      ...analysis.finish(),
    ];
  });
}

function reading({ committed, head, commitMs }: Step) {
  const lag = head - committed;
  const commit = { offset: committed, timestampMs: commitMs, observedAtMs: commitMs, lag };
  const start = {
    ...commit,
    offset: committed - 100,
    timestampMs: commitMs - 90_000,
    observedAtMs: commitMs - 90_000,
  };
  return {
    group: "billing",
    status: "OK",
    complete: 1,
    partitionCount: 1,
    totalLag: lag,
    partitions: [
      {
        topic: "orders",
        partition: 0,
        status: "OK",
        owner: "10.0.0.1",
        clientId: "c-1",
        start,
        end: commit,
        currentLag: lag,
        complete: 1,
      },
    ],
  } as const;
}

function ruleNamed(title: string) {
  const rule = buildRules(config).find((candidate) => candidate["title"] === title);
  if (rule === undefined) throw new Error(`no rule ${title}`);
  return rule;
}

/** State of the group's alert at every evaluation; null where nothing is wrong. */
function play(
  rule: unknown,
  documents: readonly LagDocument[],
  ticks: number,
): readonly (AlertState | null)[] {
  const player = new RulePlayer(rule, { missingEvaluations: 2 });
  return Array.from({ length: (ticks * INTERVAL_MS) / EVALUATION_MS }, (_, index) => {
    const nowMs = T0 + index * EVALUATION_MS + 5000;
    const visible = documents.filter((document) => Date.parse(document["@timestamp"]) <= nowMs);
    return player.at(nowMs, visible).get("local/billing") ?? null;
  });
}

const minutes = (from: number, to?: number): [number, number | undefined] => [from, to];
const TICKS = 120;

/** Consumes for ten minutes, stops, and from minute 20 to 50 Burrow is not ready. */
const stoppedThenSuspect = (after: Partial<Step>): Story => ({
  ticks: TICKS,
  at: (tick, nowMs) => ({
    committed: 1000 + Math.min(tick, 20) * RATE,
    head: 1000 + tick * RATE,
    commitMs: Math.min(nowMs, T0 + 20 * INTERVAL_MS),
    ...(tick >= 40 && tick < 100 ? { ready: false, ...after } : {}),
  }),
});

describe("while the monitoring doubts itself", () => {
  it.each([
    ["its answers are still read", {}],
    ["the group is missing from its list", { absent: true }],
  ])("a stopped group stays firing for half an hour without Burrow when %s", (_, after) => {
    const documents = analyse(stoppedThenSuspect(after));
    const states = play(ruleNamed("KafkaConsumerGroupStopped"), documents, TICKS);
    expect(new Set(states.slice(...minutes(20)))).toEqual(new Set(["firing"]));
  });

  it("the same group would be given up if rules left suspect documents out", () => {
    const documents = analyse(stoppedThenSuspect({}));
    const text = JSON.stringify(ruleNamed("KafkaConsumerGroupStopped"));
    const filtered = text.replaceAll("NOT expected_idle:1", "NOT suspect:1 AND NOT expected_idle:1");
    expect(filtered).not.toBe(text);
    expect(play(JSON.parse(filtered), documents, TICKS)).toContain("missing");
  });

  it("a group that was well does not begin to fire, however far its end offsets run ahead", () => {
    const documents = analyse({
      ticks: TICKS,
      at: (tick, nowMs) => ({
        committed: 1000 + Math.min(tick, 40) * RATE,
        head: 1000 + tick * RATE,
        commitMs: Math.min(nowMs, T0 + 40 * INTERVAL_MS),
        ready: tick < 40,
      }),
    });
    const begun = CONSUMER_RULES.filter(({ name }) =>
      play(ruleNamed(name), documents, TICKS).some((state) => state !== null),
    );
    expect(begun.map(({ name }) => name)).toEqual([]);
  });

  it("a stuck group stays firing, although a group missing from the list has no number of stuck partitions", () => {
    const documents = analyse({
      ticks: TICKS,
      at: (tick, nowMs) => ({
        committed: 1000 + Math.min(tick, 20) * RATE,
        head: 1000 + tick * RATE,
        commitMs: nowMs,
        ...(tick >= 50 && tick < 100 ? { ready: false, absent: true } : {}),
      }),
    });
    const held = documents.filter(({ record, suspect }) => record === "group" && suspect === 1);
    expect(held.some(({ partitions_stalled: stalled }) => stalled === undefined)).toBe(true);
    const states = play(ruleNamed("KafkaConsumerPartitionStalled"), documents, TICKS);
    expect(new Set(states.slice(...minutes(25)))).toEqual(new Set(["firing"]));
  });

  it("a group that falls behind stays firing, although its time to breach is not known then", () => {
    const documents = analyse(
      {
        ticks: TICKS,
        at: (tick, nowMs) => ({
          committed: 1000 + Math.round(Math.min(tick, 70) * RATE * 0.7),
          head: 1000 + tick * RATE,
          commitMs: nowMs,
          ready: tick < 70,
        }),
      },
      { objective_seconds: 700 },
    );
    const states = play(ruleNamed("KafkaConsumerLagGrowing"), documents, TICKS);
    expect(new Set(states.slice(...minutes(34)))).toEqual(new Set(["firing"]));
    const held = documents.filter(({ record, suspect }) => record === "group" && suspect === 1);
    expect(held.every(({ breach_in_seconds: breach }) => breach === undefined)).toBe(true);
  });
});

it("an alert is over once trusted data says so", () => {
  const documents = analyse({
    ticks: TICKS,
    at: (tick, nowMs) => {
      const outage = tick >= 20 && tick < 60;
      const head = 1000 + tick * RATE;
      return {
        committed: outage ? 1000 + 20 * RATE : head,
        head,
        commitMs: outage ? T0 + 20 * INTERVAL_MS : nowMs,
        ready: tick < 40 || tick >= 50,
      };
    },
  });
  const states = play(ruleNamed("KafkaConsumerGroupStopped"), documents, TICKS);
  expect(new Set(states.slice(...minutes(20, 29)))).toEqual(new Set(["firing"]));
  expect(states).toContain("resolved");
  expect(states).not.toContain("missing");
  expect(states.at(-1)).toBeNull();
});

it.each(CONSUMER_RULES)("the condition of $name compares held fields only", ({ condition }) => {
  const fields: Readonly<Record<string, string>> = VALUE_FIELDS;
  const refs = [...JSON.stringify(condition).matchAll(/\$([A-Z])\b/g)].map((match) => match[1] ?? "");
  const compared = refs.map((ref) => fields[ref]).filter((field) => field !== undefined);
  expect(compared.length).toBeGreaterThan(0);
  expect(HELD_FIELDS).toEqual(expect.arrayContaining(compared));
});
