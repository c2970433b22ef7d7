import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GroupReading } from "../../model/snapshot.ts";
import { createTelegrafShape, scrapeDocument, TELEGRAF_MEASUREMENTS } from "../telegraf/index.ts";
import { viewDocument } from "./destination.ts";
import { endOfTelegrafIdentity } from "./telegraf-identity.ts";

const options = {
  cluster: "orders",
  defects: "fix",
  measurements: TELEGRAF_MEASUREMENTS,
  extraFields: true,
  tags: { datacenter: "eu", host: "a" },
} as const;

function groupNamed(group: string, topic: string): GroupReading {
  const status = { status: "OK", statusText: "OK", complete: 1 } as const;
  const partition = { topic, partition: 12, ownerText: "/10.0.0.1", owner: "10.0.0.1", clientId: null };
  const partitions = [{ ...partition, ...status, start: null, end: null, currentLag: 0 }];
  return { group, ...status, partitionCount: 1, totalLag: 0, partitions };
}

function identityOf(line: string): string {
  const bytes = Buffer.from(`${line}\n`);
  return bytes.toString("utf8", 0, endOfTelegrafIdentity(bytes, 0, bytes.length));
}

function linesFor(group: string, topic: string): string[] {
  const tick = createTelegrafShape(options).beginTick({ tickMs: 1_795_251_000_000 });
  const documents = [
    ...tick.addTopic({ topic, endOffsets: [7], assignable: true }),
    ...tick.addGroup(groupNamed(group, topic)),
    scrapeDocument(options, {
      tickMs: 1_795_251_000_000,
      server: group,
      up: true,
      scrapeSeconds: 1,
      requests: 1,
      failures: 0,
      groups: 1,
      groupsUnreadable: 0,
      topics: 1,
      partitions: 1,
      documents: 3,
    }),
  ];
  return documents.map((document) => JSON.stringify(document));
}

describe("the identity read off the bytes", () => {
  test("is the one of the values, for every measurement and any name (1000 cases)", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }),
        fc.string({ minLength: 1 }),
        (group, topic) => {
          for (const line of linesFor(group, topic)) {
            expect(identityOf(line)).toBe(viewDocument(line, "telegraf").identity);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['a"b', 'owner":"x'],
    ["a\\", "b\\\\"],
    ['","owner":"', "}}"],
  ])("is not misled by the names %j and %j", (group, topic) => {
    for (const line of linesFor(group, topic)) {
      expect(identityOf(line)).toBe(viewDocument(line, "telegraf").identity);
    }
  });

  test("leaves out owner, host and tags of the configuration", () => {
    for (const line of linesFor("billing", "orders")) {
      expect(identityOf(line)).not.toMatch(/owner|host|datacenter/);
    }
  });

  test.each([
    [
      "another layout",
      '{"measurement_name":"burrow_group","@timestamp":"2026-11-21T08:50:00.000Z","tag":{}}',
    ],
    [
      "a time of another form",
      '{"@timestamp":"2026-11-21T08:50:00Z","measurement_name":"burrow_group","tag":{}}',
    ],
    ["no tags", '{"@timestamp":"2026-11-21T08:50:00.000Z","measurement_name":"burrow_group","x":{}}'],
    [
      "a tag that is a number",
      '{"@timestamp":"2026-11-21T08:50:00.000Z","measurement_name":"m","tag":{"cluster":1}}',
    ],
    ["nothing", ""],
  ])("is not taken from %s", (_name, line) => {
    const bytes = Buffer.from(`${line}\n`);
    expect(endOfTelegrafIdentity(bytes, 0, bytes.length)).toBe(-1);
  });
});
