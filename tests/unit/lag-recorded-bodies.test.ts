/** First sight of real Burrow answers: what can be said with nothing but one body, and never a damaged document. */
import { describe, expect, it } from "vitest";
import { createAnalyser } from "../../collectors/analysis/index.ts";
import { decodeGroup } from "../../collectors/burrow/decode.ts";
import type { LagDocument } from "../../model/documents.ts";
import type { GroupReading } from "../../model/snapshot.ts";
import { readRecorded, recordedBodies } from "../fakes/recorded.ts";
import { TEST_POLICY } from "../support/policy.ts";

const lagBodies = recordedBodies().filter(({ path, status }) => path.endsWith("/lag") && status === 200);

function readingOf(file: string): GroupReading {
  const body: { status: { group: string } } = JSON.parse(readRecorded(file));
  const decoded = decodeGroup(body, {
    server: "http://burrow:8000",
    cluster: "local",
    group: body.status.group,
    maximumPartitions: 1000,
    maximumNameCharacters: 1024,
    isTopicWanted: () => true,
  });
  if (decoded.reading === null) throw new Error(`${file} holds no group.`);
  return decoded.reading;
}

/** Newest time in a body: about when it was recorded, for a group that lives. */
function newestMs(reading: GroupReading): number {
  const times = reading.partitions.map((partition) => partition.end?.observedAtMs ?? 0);
  return Math.max(Date.UTC(2026, 10, 21), ...times);
}

function analyse(reading: GroupReading, nowMs: number): LagDocument[] {
  const analyser = createAnalyser({
    cluster: "local",
    intervalSeconds: 30,
    minimumComplete: 1,
    resolvePolicy: () => TEST_POLICY,
  });
  const tick = analyser.beginTick({
    tickMs: nowMs,
    nowMs,
    listedGroups: [reading.group],
    listComplete: true,
    burrow: { server: "b", ready: true, selfLag: 0, offsetRefreshSeconds: 5, clockSkewMs: 0, host: "burrow" },
  });
  return [...tick.addGroup(reading), ...tick.finish()];
}

function groupDocument(file: string, secondsAfter: number): LagDocument {
  const reading = readingOf(file);
  const found = analyse(reading, newestMs(reading) + secondsAfter * 1000).find(
    (document) => document.record === "group",
  );
  if (found === undefined) throw new Error("There is no group document.");
  return found;
}

/** Numbers that are not finite, or that cannot be negative and are. */
function damaged(documents: readonly LagDocument[]): string[] {
  return documents.flatMap((document) =>
    Object.entries(document)
      .filter(
        ([name, value]) =>
          typeof value === "number" && (!Number.isFinite(value) || (value < 0 && name !== "lag_velocity")),
      )
      .map(([name, value]) => `${name}: ${String(value)}`),
  );
}

describe("a first look at a recorded body", () => {
  it.each(lagBodies.map(({ file }) => file))("%s gives whole documents", (file) => {
    const reading = readingOf(file);
    const documents = analyse(reading, newestMs(reading) + 2000);
    expect(damaged(documents)).toEqual([]);
    expect(documents.filter((document) => document.record === "partition")).toHaveLength(
      reading.partitions.length,
    );
  });

  it("says stopped where Burrow says OK because the window never filled", () => {
    const document = groupDocument("lag-stopped-incomplete-window.json", 670);
    expect(document.status).toBe("OK");
    expect(document.verdict).toBe("stopped");
    expect(document.cause).toMatch(/^No commit for 11 min/u);
  });

  it("says stopped for a group that Burrow calls STOP", () => {
    expect(groupDocument("lag-stop-production-values.json", 99).verdict).toBe("stopped");
  });

  it("says ok for a healthy group, also before its window is full", () => {
    expect(groupDocument("lag-ok.json", 2).verdict).toBe("ok");
    expect(groupDocument("lag-new-group-incomplete.json", 2).verdict).toBe("ok");
  });

  it("does not call a group of a deleted topic ok", () => {
    const document = groupDocument("lag-topic-deleted.json", 2);
    expect(document.verdict).toBe("unknown");
    expect(document.cause).toContain("its topics were deleted");
  });

  it("leaves lag away where no commit was seen", () => {
    const reading = readingOf("lag-null-window.json");
    const without = analyse(reading, newestMs(reading) + 2000).filter(
      (document) => document.record === "partition" && document.committed_offset === undefined,
    );
    expect(without.length).toBeGreaterThan(0);
    expect(
      without.filter((document) => document.lag !== undefined || document.time_lag_seconds !== undefined),
    ).toEqual([]);
  });
});
