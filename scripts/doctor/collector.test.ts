import { expect, test } from "vitest";
import { LAGLINE_VERSION } from "../../stacks/versions.ts";
import type { SearchBody } from "../search/search.ts";
import type { ClusterRecord, CollectorRecord, Stored } from "./collector.ts";
import { judgeStored, readStored } from "./collector.ts";

const NOW = Date.UTC(2026, 0, 1);
const AT = { cluster: "shop", intervalSeconds: 30, nowMs: NOW };
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString();
const cluster: ClusterRecord = { "@timestamp": ago(10), suspect: 0, group_count: 7 };
const collector: CollectorRecord = {
  "@timestamp": ago(10),
  collector: "shop",
  collector_version: LAGLINE_VERSION,
  burrow_errors: 0,
  ticks_skipped: 0,
  spool_age_seconds: 0,
  documents_dead_lettered: 0,
  documents_dropped: 0,
};
const outcomes = (stored: Partial<Stored>): Record<string, string> =>
  Object.fromEntries(
    judgeStored({ collector, cluster, ...stored }, AT).map(({ check, outcome }) => [check, outcome]),
  );
const RIGHT = { "data-age": "ok", trust: "ok", "collector-record": "ok" };

test("nothing is wrong with a collector whose documents are new and that lost nothing", () => {
  expect(outcomes({})).toEqual(RIGHT);
});

test("documents that stopped coming break data-age", () => {
  expect(outcomes({ cluster: { ...cluster, "@timestamp": ago(91) } })).toEqual({
    ...RIGHT,
    "data-age": "broken",
  });
  expect(outcomes({ cluster: { ...cluster, "@timestamp": ago(90) } })).toEqual(RIGHT);
});

test("a cluster without any document breaks data-age", () => {
  expect(outcomes({ cluster: undefined })).toEqual({ "data-age": "broken", "collector-record": "ok" });
});

test("data that the collector calls suspect is a warning with its reason", () => {
  const found = judgeStored(
    { collector, cluster: { ...cluster, suspect: 1, suspect_reason: "Burrow restarted." } },
    AT,
  );
  expect(found[1]).toMatchObject({
    check: "trust",
    outcome: "warning",
    evidence: expect.stringContaining("Burrow restarted."),
  });
});

test.each<[string, Partial<CollectorRecord>]>([
  ["version", { collector_version: "0.0.1" }],
  ["burrow-errors", { burrow_errors: 2 }],
  ["ticks", { ticks_skipped: 4 }],
  ["spool", { spool_age_seconds: 600 }],
  ["dead-letters", { documents_dead_lettered: 5 }],
  ["dropped", { documents_dropped: 6 }],
])("%s of the collector's own record is a warning", (check, over) => {
  expect(outcomes({ collector: { ...collector, ...over } })).toEqual({
    "data-age": "ok",
    trust: "ok",
    [check]: "warning",
  });
});

test("the newest record of each kind is read, of this cluster only", async () => {
  const bodies: SearchBody[] = [];
  const stored = await readStored(
    async (body) => {
      bodies.push(body);
      const source = JSON.stringify(body).includes('"record":"collector"') ? collector : undefined;
      return { hits: source === undefined ? [] : [{ source, sort: [] }], aggregations: undefined };
    },
    { cluster: "shop", nowMs: NOW, signal: AbortSignal.timeout(1000) },
  );
  expect(stored).toEqual({ collector, cluster: undefined });
  expect(JSON.stringify(bodies)).toContain('{"term":{"cluster":"shop"}}');
});
