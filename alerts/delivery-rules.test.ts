import { expect, test } from "vitest";
import { DELIVERY_RULES } from "./delivery-rules.ts";
import { buildRules } from "./rules.ts";
import type { LagDocument } from "../model/documents.ts";
import { ALERTING } from "../tests/support/alerting.ts";
import { RulePlayer } from "../tests/grafana/evaluate-rule.ts";
import type { AlertState } from "../tests/grafana/evaluate-rule.ts";

const T0 = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;
const SPOOL_BYTES = 1_000_000;
const CONFIG = { ...ALERTING, spoolMaximumBytes: SPOOL_BYTES };

type Counters = Partial<LagDocument> & { readonly arrivesMinute?: number };

/** One document a minute. `arrivesMinute`: when Elasticsearch has it, left out: at once. */
function history(minutes: number, at: (minute: number) => Counters) {
  return Array.from({ length: minutes }, (_, minute) => {
    const { arrivesMinute = minute, ...fields } = at(minute);
    const document: LagDocument = {
      "@timestamp": new Date(T0 + minute * MINUTE_MS).toISOString(),
      record: "collector",
      cluster: "orders",
      collector: "orders-1",
      documents_dropped: 0,
      documents_dead_lettered: 0,
      spool_bytes: 1000,
      spool_documents: 10,
      spool_age_seconds: 1,
      ...fields,
    };
    return { arrivesMinute, document };
  });
}

/** State of the collector's alert in every minute; null where nothing is wrong. */
function play(title: string, told: ReturnType<typeof history>, minutes = told.length) {
  const rule = buildRules(CONFIG).find((candidate) => candidate["title"] === title);
  const player = new RulePlayer(rule, { missingEvaluations: 10 });
  return Array.from({ length: minutes }, (_, minute): AlertState | null => {
    const known = told.filter(({ arrivesMinute }) => arrivesMinute <= minute);
    const states = player.at(
      T0 + minute * MINUTE_MS + 5000,
      known.map(({ document }) => document),
    );
    return states.get("orders/orders-1") ?? null;
  });
}

const DROPPED = "LagPipelineDocumentsDropped";
const LOSSES = [
  { title: DROPPED, field: "documents_dropped" },
  { title: "LagPipelineDocumentsDeadLettered", field: "documents_dead_lettered" },
] as const;

test.each(LOSSES)("$title: a collector that restarts is not a loss", ({ title, field }) => {
  const told = history(120, (minute) => ({ [field]: minute < 30 ? 5000 : 0 }));
  expect(play(title, told)).toEqual(Array.from({ length: 120 }, () => null));
});

test.each(LOSSES)("$title: an old loss in the counter is not told about again", ({ title, field }) => {
  expect(
    play(
      title,
      history(120, () => ({ [field]: 5000 })),
    ),
  ).toEqual(Array.from({ length: 120 }, () => null));
});

test.each(LOSSES)("$title: one document fires at once and for an hour", ({ title, field }) => {
  const states = play(
    title,
    history(120, (minute) => ({ [field]: minute < 30 ? 7 : 8 })),
  );
  expect(states[29]).toBeNull();
  expect(new Set(states.slice(30, 89))).toEqual(new Set(["firing"]));
  expect(states[89]).toBe("resolved");
  expect(states[90]).toBeNull();
});

test("a loss after a restart of the collector fires", () => {
  const told = history(60, (minute) => ({ documents_dropped: minute < 20 ? 500 : minute < 40 ? 0 : 3 }));
  const states = play(DROPPED, told);
  expect(new Set(states.slice(0, 40))).toEqual(new Set([null]));
  expect(new Set(states.slice(40))).toEqual(new Set(["firing"]));
});

test("losses while Elasticsearch was away fire when it is back and the counters arrive late", () => {
  // Away from minute 20 to 200; the spool is full from minute 80 and keeps the last two hours.
  const told = history(240, (minute) => ({
    documents_dropped: Math.max(0, Math.min(minute, 200) - 80) * 150,
    ...(minute >= 20 && minute < 200 ? { arrivesMinute: minute < 80 ? 10_000 : 201 } : {}),
  }));
  const states = play(DROPPED, told);
  expect(states.slice(0, 200)).not.toContain("firing");
  expect(states[201]).toBe("firing");
});

test("a spool below half of its bound is quiet, above it fires after five minutes", () => {
  const states = play(
    "LagPipelineSpoolFilling",
    history(60, (minute) => ({
      spool_bytes: minute < 20 ? 0.45 * SPOOL_BYTES : minute < 40 ? 0.6 * SPOOL_BYTES : 0.1 * SPOOL_BYTES,
    })),
  );
  expect(new Set(states.slice(0, 20))).toEqual(new Set([null]));
  expect(states[24]).toBe("pending");
  expect(new Set(states.slice(25, 45))).toEqual(new Set(["firing"]));
  expect(states[45]).toBe("resolved");
});

test("a spool that hovers around half of its bound is one alert", () => {
  const states = play(
    "LagPipelineSpoolFilling",
    history(60, (minute) => ({ spool_bytes: (minute % 12 < 6 ? 0.55 : 0.45) * SPOOL_BYTES })),
  );
  expect(states.slice(0, 20)).toContain("firing");
  expect(states).not.toContain("resolved");
});

test("a short jam is no alert, documents that wait for longer than half the rules' window are", () => {
  const late = (seconds: number, from: number, to: number) =>
    play(
      "LagPipelineDeliveryLate",
      history(40, (minute) => ({ spool_age_seconds: minute >= from && minute < to ? seconds : 1 })),
    );
  expect(late(600, 10, 14)).not.toContain("firing");
  expect(late(70, 10, 40)).not.toContain("pending");
  expect(late(80, 10, 40).slice(15)).toEqual(Array.from({ length: 25 }, () => "firing"));
});

test("a collector that spools nothing raises none of them", () => {
  const told = history(60, () => ({})).map(({ arrivesMinute, document }) => {
    const {
      documents_dropped: _dropped,
      documents_dead_lettered: _refused,
      spool_bytes: _bytes,
      spool_documents: _documents,
      spool_age_seconds: _age,
      ...rest
    } = document;
    return { arrivesMinute, document: rest };
  });
  for (const { name } of DELIVERY_RULES) expect(new Set(play(name, told))).toEqual(new Set([null]));
});
