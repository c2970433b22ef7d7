import { describe, expect, test } from "vitest";
import type { GroupReading, PartitionReading, ScrapeProblem } from "../../model/snapshot.ts";
import { TELEGRAF_FIELDS, TELEGRAF_TAGS } from "../../model/telegraf-fields.ts";
import type { DefectForm } from "./defects.ts";
import { createTelegrafShape, scrapeDocument, TELEGRAF_MEASUREMENTS, telegrafReadings } from "./index.ts";
import type { TelegrafShapeOptions } from "./options.ts";

const TICK = 1_795_251_000_000;

function tickOf(defects: DefectForm, change: Partial<TelegrafShapeOptions> = {}) {
  return createTelegrafShape({
    cluster: "local",
    defects,
    measurements: TELEGRAF_MEASUREMENTS,
    extraFields: false,
    tags: { host: "collector-1" },
    ...change,
  }).beginTick({ tickMs: TICK });
}

const end = { offset: 50, timestampMs: 1_795_250_999_000, observedAtMs: 1_795_250_999_000, lag: 3 };

function partition(change: Partial<PartitionReading> = {}): PartitionReading {
  return {
    topic: "orders",
    partition: 0,
    status: "OK",
    statusText: "OK",
    ownerText: "/10.0.0.1",
    owner: "10.0.0.1",
    clientId: "client-7",
    start: { ...end, offset: 40 },
    end,
    currentLag: 3,
    complete: 1,
    ...change,
  };
}

function group(change: Partial<GroupReading> = {}): GroupReading {
  return {
    group: "billing",
    status: "OK",
    statusText: "OK",
    whole: { partitionCount: 1, totalLag: 3, maxLag: 3, offsetSum: 50, newestCommitMs: end.timestampMs },
    complete: 1,
    partitionCount: 1,
    totalLag: 3,
    partitions: [partition()],
    ...change,
  };
}

const gone: ScrapeProblem = { kind: "not_found", scope: "group", name: "billing", detail: "404" };

describe("each defect, kept and mended", () => {
  test.each([
    ["OK", 1, 1],
    ["WARN", 3, 3],
    ["ERR", 4, 4],
    ["STOP", 5, 5],
    ["STALL", 6, 6],
    ["NOT_FOUND", 2, 2],
    ["NOTFOUND", 0, 2],
    ["REWIND", 0, 7],
    ["SIDEWAYS", 0, undefined],
  ])("status_codes: %s is %i where it is kept and %s where it is mended", (word, kept, fixed) => {
    const codes = (["keep", "fix"] as const).map((form) => {
      const reading = group({ statusText: word, partitions: [partition({ statusText: word })] });
      const [whole, one] = tickOf(form).addGroup(reading);
      expect(whole?.burrow_group?.["status"]).toBe(word);
      expect(whole?.burrow_group?.["status_code"]).toBe(one?.burrow_partition?.["status_code"]);
      return one?.burrow_partition?.["status_code"];
    });
    expect(codes).toEqual([kept, fixed]);
  });

  test("absent_as_zero: a partition without a commit has offset 0 in 1970 where it is kept, and neither where it is mended", () => {
    const reading = group({
      whole: { partitionCount: 1, totalLag: 0, maxLag: null, offsetSum: null, newestCommitMs: null },
      partitions: [partition({ start: null, end: null, currentLag: 0 })],
    });
    const kept = tickOf("keep").addGroup(reading);
    expect(kept[0]?.burrow_group).toMatchObject({ lag: 0, offset: 0, timestamp: 0 });
    expect(kept[1]?.burrow_partition).toMatchObject({ lag: 0, offset: 0, timestamp: 0 });
    const fixed = tickOf("fix").addGroup(reading);
    expect(fixed[0]?.burrow_group).toEqual({
      status: "OK",
      status_code: 1,
      partition_count: 1,
      total_lag: 0,
    });
    expect(fixed[1]?.burrow_partition).toEqual({ status: "OK", status_code: 1 });
  });

  test("not_found_groups: a listed group that is gone has no document where it is kept, and its status where it is mended", () => {
    const [kept, fixed] = (["keep", "fix"] as const).map((form) => {
      const tick = tickOf(form);
      tick.addUnreadable("billing", gone);
      return tick.finish();
    });
    expect(kept).toEqual([]);
    expect(fixed).toMatchObject([
      { tag: { cluster: "local", group: "billing" }, burrow_group: { status: "NOTFOUND", status_code: 2 } },
    ]);
  });

  test("not_found_groups: a group that could not be read for another reason is not called gone", () => {
    const tick = tickOf("fix");
    tick.addUnreadable("billing", { ...gone, kind: "timeout" });
    expect(tick.finish()).toEqual([]);
  });

  test.each(["my group", "a%b", "[x]", "ünï", "a,b", "q?r#s", "a;b|c"])(
    "odd_names: %s has no documents where it is kept, and all of them where it is mended",
    (name) => {
      const reading = group({ group: name });
      expect(tickOf("keep").addGroup(reading)).toEqual([]);
      expect(
        tickOf("fix")
          .addGroup(reading)
          .map(({ tag }) => tag["group"]),
      ).toEqual([name, name]);
    },
  );

  test("self_group: Burrow's own group is asked for where it is kept only", () => {
    const measurements = TELEGRAF_MEASUREMENTS;
    expect(telegrafReadings({ defects: "keep", measurements }).includeSelfGroups).toBe(true);
    expect(telegrafReadings({ defects: "fix", measurements }).includeSelfGroups).toBe(false);
  });

  test("compacted_offsets: a list that cannot be assigned is numbered from 0 where it is kept, and left out where it is mended", () => {
    const reading = { topic: "orders", endOffsets: [], assignable: false, unassigned: [10, 30] };
    const kept = tickOf("keep").addTopic(reading);
    expect(kept.map(({ tag, burrow_topic: fields }) => [tag["partition"], fields?.["offset"]])).toEqual([
      ["0", 10],
      ["1", 30],
    ]);
    expect(tickOf("fix").addTopic(reading)).toEqual([]);
  });
});

describe("documents", () => {
  test.each(["keep", "fix"] as const)(
    "%s: a group's figures are of all its partitions, filtered out or not",
    (form) => {
      const whole = { partitionCount: 9, totalLag: 90, maxLag: 40, offsetSum: 500, newestCommitMs: 7 };
      const [document] = tickOf(form).addGroup(group({ whole, partitionCount: 1, totalLag: 3 }));
      expect(document?.burrow_group).toMatchObject({
        partition_count: 9,
        total_lag: 90,
        lag: 40,
        offset: 500,
        timestamp: 7,
      });
    },
  );

  test("have Telegraf's layout, its tags as text and its numbers as whole numbers", () => {
    expect(tickOf("fix").addGroup(group())).toEqual([
      {
        "@timestamp": "2026-11-21T08:50:00.000Z",
        measurement_name: "burrow_group",
        tag: { cluster: "local", group: "billing", host: "collector-1" },
        burrow_group: {
          status: "OK",
          status_code: 1,
          partition_count: 1,
          total_lag: 3,
          lag: 3,
          offset: 50,
          timestamp: 1_795_250_999_000,
        },
      },
      {
        "@timestamp": "2026-11-21T08:50:00.000Z",
        measurement_name: "burrow_partition",
        tag: {
          cluster: "local",
          group: "billing",
          topic: "orders",
          partition: "0",
          owner: "/10.0.0.1",
          host: "collector-1",
        },
        burrow_partition: { status: "OK", status_code: 1, lag: 3, offset: 50, timestamp: 1_795_250_999_000 },
      },
    ]);
  });

  test("have no field and no tag that the index template does not know", () => {
    const tick = tickOf("fix", { extraFields: true });
    const documents = [
      ...tick.addTopic({ topic: "orders", endOffsets: [1], assignable: true }),
      ...tick.addGroup(group()),
    ];
    const tags: readonly string[] = [...TELEGRAF_TAGS.series, ...TELEGRAF_TAGS.other];
    for (const document of documents) {
      const { measurement_name: measurement } = document;
      expect(Object.keys(TELEGRAF_FIELDS[measurement])).toEqual(
        expect.arrayContaining(Object.keys(document[measurement] ?? {})),
      );
      expect(tags).toEqual(expect.arrayContaining(Object.keys(document.tag)));
    }
  });

  test("all have the time of their tick", () => {
    const tick = tickOf("fix");
    tick.addUnreadable("gone", gone);
    const documents = [
      ...tick.addTopic({ topic: "orders", endOffsets: [1, 2], assignable: true }),
      ...tick.addGroup(group()),
      ...tick.finish(),
    ];
    expect(new Set(documents.map((document) => document["@timestamp"])).size).toBe(1);
    expect(documents).toHaveLength(5);
  });

  test("keep an empty owner as a tag, as Telegraf does", () => {
    const [, document] = tickOf("fix").addGroup(
      group({ partitions: [partition({ ownerText: "", owner: null })] }),
    );
    expect(document?.tag["owner"]).toBe("");
  });

  test("never let a tag of the configuration replace one of the measurement", () => {
    const tags = { cluster: "other", owner: "nobody", datacenter: "eu-1" };
    const [whole, one] = tickOf("fix", { tags }).addGroup(group());
    expect(whole?.tag).toEqual({ cluster: "local", group: "billing", owner: "nobody", datacenter: "eu-1" });
    expect(one?.tag).toMatchObject({ cluster: "local", owner: "/10.0.0.1", datacenter: "eu-1" });
  });

  test("carry what Telegraf drops where that is asked for", () => {
    const [whole, one] = tickOf("fix", { extraFields: true }).addGroup(group());
    expect(whole?.burrow_group?.["complete"]).toBe(1);
    expect(one?.burrow_partition).toMatchObject({
      complete: 1,
      client_id: "client-7",
      start_offset: 40,
      start_timestamp: end.timestampMs,
      observed_at: end.observedAtMs,
      observed_lag: 3,
    });
  });
});

describe("a measurement that is not wanted", () => {
  test("costs no other: without topics the partitions stay", () => {
    const options = { measurements: ["burrow_partition"] } as const;
    const tick = tickOf("fix", options);
    expect(telegrafReadings({ defects: "fix", ...options }).readTopics).toBe(false);
    expect(tick.addTopic({ topic: "orders", endOffsets: [1], assignable: true })).toEqual([]);
    expect(tick.addGroup(group()).map((document) => document.measurement_name)).toEqual(["burrow_partition"]);
  });
});

describe("the scrape", () => {
  const report = {
    tickMs: TICK,
    server: "http://burrow:8000",
    up: true,
    scrapeSeconds: 0.12345,
    requests: 12,
    failures: 1,
    groups: 3,
    groupsUnreadable: 1,
    topics: 2,
    partitions: 9,
    documents: 14,
  };
  const options = {
    cluster: "local",
    defects: "fix",
    measurements: TELEGRAF_MEASUREMENTS,
    extraFields: false,
    tags: {},
  } as const;

  test("says that Burrow could not be read, without inventing a server", () => {
    const document = scrapeDocument(options, { ...report, up: false, server: "" });
    expect(document.tag).toEqual({ cluster: "local" });
    expect(document.burrow_scrape).toMatchObject({ up: 0, failures: 1 });
  });

  test("says what was read and what it cost", () => {
    const document = scrapeDocument(options, report);
    expect(document.tag).toEqual({ cluster: "local", server: "http://burrow:8000" });
    expect(document.burrow_scrape).toEqual({
      up: 1,
      duration_seconds: 0.123,
      requests: 12,
      failures: 1,
      groups: 3,
      groups_unreadable: 1,
      topics: 2,
      partitions: 9,
      documents: 14,
    });
  });
});
