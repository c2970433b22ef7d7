import { describe, expect, test } from "vitest";
import { parseConfig } from "../config/load.ts";
import type { LagDocument } from "../model/documents.ts";
import type { RecordKind } from "../model/fields.ts";
import { adapters } from "./adapters.ts";
import type { Analyser } from "./analysis/contract.ts";
import { createShape } from "./shape.ts";

const documentOf = (record: RecordKind): LagDocument => ({
  "@timestamp": "2026-11-21T00:00:00.000Z",
  record,
  cluster: "local",
});

/** Gives what the real one gives at each step. */
const analyser: Analyser = {
  beginTick: () => ({
    addTopic: () => [documentOf("topic")],
    addGroup: () => [documentOf("partition"), documentOf("owner")],
    addUnreadable() {},
    finish: () => [documentOf("group"), documentOf("event"), documentOf("cluster")],
  }),
  exportHistory: () => new Uint8Array(),
  importHistory: () => false,
};

async function recordsWith(withoutRecords: string): Promise<readonly unknown[]> {
  const config = parseConfig(
    `{ environment: t, clusters: { local: { burrow: { external: { servers: ["http://b:1"] } } } }, elasticsearch: { external: { url: "http://e:1" } }, collector: { without_records: ${withoutRecords} } }`,
    "lagline.yaml",
  );
  const shape = await createShape(config, {
    cluster: "local",
    hostName: "h",
    adapters: { ...adapters, createAnalyser: async () => analyser },
  });
  const burrow = { server: "", ready: true, selfLag: 0, offsetRefreshSeconds: 1, clockSkewMs: 0, host: null };
  const tick = shape.documents.beginTick({
    tickMs: 0,
    nowMs: 0,
    burrow,
    listedGroups: [],
    listComplete: true,
  });
  const group = {
    group: "g",
    status: "OK",
    complete: 1,
    partitionCount: 0,
    totalLag: 0,
    partitions: [],
  } as const;
  return [
    ...tick.addTopic({ topic: "t", endOffsets: [], assignable: true }),
    ...tick.addGroup(group),
    ...tick.finish(),
  ].map((document) => ("record" in document ? document.record : ""));
}

describe("a kind of record can be left out, and costs no other:", () => {
  test.each([
    ["[]", ["topic", "partition", "owner", "group", "event", "cluster"]],
    ["[topic]", ["partition", "owner", "group", "event", "cluster"]],
    ["[partition, owner]", ["topic", "group", "event", "cluster"]],
  ])("without %s", async (without, records) => {
    expect(await recordsWith(without)).toEqual(records);
  });

  test("but not those that verdicts and alerts rest on", async () => {
    await expect(recordsWith("[group]")).rejects.toThrow(/without_records/);
  });
});
