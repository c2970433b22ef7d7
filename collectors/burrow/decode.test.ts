import { describe, expect, test } from "vitest";
import { recordedBodies, recordedFiles, readRecorded } from "../../tests/fakes/recorded.ts";
import type { DecodeOptions } from "./decode.ts";
import { decodeGroup } from "./decode.ts";

const lagBodies = recordedBodies().filter(({ path, status }) => path.endsWith("/lag") && status === 200);

function optionsFor(group: string, change: Partial<DecodeOptions> = {}): DecodeOptions {
  return {
    server: "http://burrow:8000",
    cluster: "local",
    group,
    maximumPartitions: 1000,
    maximumNameCharacters: 1024,
    isTopicWanted: () => true,
    ...change,
  };
}

function groupOf(text: string): string {
  const parsed: { status: { group: string } } = JSON.parse(text);
  return parsed.status.group;
}

function decodeFile(file: string, change: Partial<DecodeOptions> = {}) {
  const text = readRecorded(file);
  return decodeGroup(JSON.parse(text), optionsFor(groupOf(text), change));
}

function body(partitions: readonly unknown[], change: Record<string, unknown> = {}) {
  const status = {
    cluster: "c",
    group: "g",
    status: "OK",
    complete: 1,
    partition_count: partitions.length,
    totallag: 0,
  };
  return { error: false, status: { ...status, partitions, ...change } };
}

const good = {
  topic: "t",
  partition: 0,
  owner: "/10.0.0.1",
  client_id: "x",
  status: "OK",
  start: { offset: 1, timestamp: 1_795_250_903_597, observedAt: 1_795_250_907_000, lag: 0 },
  end: { offset: 5, timestamp: 1_795_250_913_597, observedAt: 1_795_250_914_000, lag: 2 },
  current_lag: 7,
  complete: 1,
};

describe("faulty answers", () => {
  test.each([
    ["null", null],
    ["a list", []],
    ["a text", "OK"],
    ["no status", { error: false }],
    ["a status without a group", { status: { status: "OK", complete: 1, partitions: [] } }],
    ["partitions that are a map", body([], { partitions: {} })],
  ])("refuses an answer that is %s and names group and cluster", (_name, value) => {
    const { reading, problems } = decodeGroup(value, optionsFor("g"));
    expect(reading).toBeNull();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ kind: "schema", scope: "group", name: "g" });
    expect(problems[0]?.detail).toContain('Cluster "local", group "g"');
  });

  test("refuses an answer about another group", () => {
    const { reading, problems } = decodeGroup(body([good]), optionsFor("other"));
    expect(reading).toBeNull();
    expect(problems[0]?.detail).toContain('about group "g"');
  });

  test.each([
    ["a missing topic", { topic: undefined }, "schema"],
    ["a negative partition", { partition: -1 }, "schema"],
    ["a fraction as offset", { end: { ...good.end, offset: 1.5 } }, "schema"],
    ["a lag that is text", { current_lag: "7" }, "schema"],
    ["a negative lag", { current_lag: -1 }, "schema"],
    ["an infinite lag", { current_lag: Number.POSITIVE_INFINITY }, "schema"],
    ["an offset below -1", { end: { ...good.end, offset: -2 } }, "schema"],
    ["a negative observed lag", { end: { ...good.end, lag: -1 } }, "schema"],
    ["a completeness above 1", { complete: 1.5 }, "schema"],
    ["a lag of 2^64 - 1", { current_lag: 2 ** 64 }, "number_too_large"],
    ["an offset above 2^53 - 1", { end: { ...good.end, offset: 2 ** 53 } }, "number_too_large"],
  ])("drops only the partition with %s", (_name, change, kind) => {
    const { reading, problems } = decodeGroup(
      body([
        { ...good, ...change },
        { ...good, partition: 1 },
      ]),
      optionsFor("g"),
    );
    expect(reading?.partitions.map(({ partition }) => partition)).toEqual([1]);
    expect(problems).toMatchObject([{ kind, scope: "partition", name: "g" }]);
  });

  test("counts 1000 bad partitions in one problem without their values", () => {
    const bad = Array.from({ length: 1000 }, () => ({ ...good, status: 7 }));
    const { reading, problems } = decodeGroup(
      body([...bad, good]),
      optionsFor("g", { maximumPartitions: 2000 }),
    );
    expect(reading?.partitions).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.detail).toContain("1000 partitions");
    expect(problems[0]?.detail.length).toBeLessThan(300);
  });

  test("keeps the first of two equal partitions and sums the rest itself", () => {
    const { reading, problems } = decodeGroup(
      body([good, { ...good, current_lag: 99 }], { totallag: 106 }),
      optionsFor("g"),
    );
    expect(reading).toMatchObject({ totalLag: 7, partitionCount: 1 });
    expect(problems).toMatchObject([{ kind: "duplicate" }]);
  });

  test("reads as many partitions as the limit says and reports the rest", () => {
    const many = Array.from({ length: 5 }, (_, partition) => ({ ...good, partition }));
    const { reading, problems } = decodeGroup(body(many), optionsFor("g", { maximumPartitions: 3 }));
    expect(reading).toMatchObject({ partitionCount: 3, totalLag: 21 });
    expect(problems).toMatchObject([{ kind: "limit" }]);
    expect(problems[0]?.detail).toContain("sent 2 partitions that cannot be used");
    expect(problems[0]?.detail).toContain("it has 5 partitions");
  });

  test("counts what it leaves out of each kind, in one sentence", () => {
    const long = { ...good, owner: `/${"o".repeat(2000)}` };
    const bad = { ...good, current_lag: -1 };
    const entries = [long, { ...long, partition: 1 }, { ...long, partition: 2 }, bad, bad];
    const { problems } = decodeGroup(body(entries), optionsFor("g"));
    expect(problems.map(({ detail }) => / sent (\d+) partitions/.exec(detail)?.[1])).toEqual(["3", "2"]);
  });

  test("takes a total above 2^53 from the partitions instead", () => {
    const { reading } = decodeGroup(body([good], { totallag: 2 ** 63 }), optionsFor("g"));
    expect(reading?.totalLag).toBe(7);
  });

  test.each(["owner", "client_id"])("leaves out an %s beyond the limit and keeps the partition", (name) => {
    const long = { ...good, [name]: "x".repeat(2_000) };
    const { reading, problems } = decodeGroup(body([long]), optionsFor("g"));
    expect(reading?.partitions).toHaveLength(1);
    expect(JSON.stringify(reading)).not.toContain("xx");
    expect(problems).toMatchObject([
      { kind: "limit", detail: expect.stringContaining(`the ${name} has 2000`) },
    ]);
  });

  test("takes __proto__ as a topic name like any other", () => {
    const { reading } = decodeGroup(body([{ ...good, topic: "__proto__" }]), optionsFor("g"));
    expect(reading?.partitions[0]?.topic).toBe("__proto__");
  });
});

describe("recorded answers", () => {
  test("covers every recorded /lag body", () => {
    const files = recordedFiles().filter((file) => file.startsWith("lag-") && !file.endsWith("-404.json"));
    expect(lagBodies.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
  });

  test.each(lagBodies)("reads $file whole", ({ body: text }) => {
    const parsed: { status: { partitions: unknown[]; totallag: number; partition_count: number } } =
      JSON.parse(text);
    const { reading } = decodeGroup(parsed, optionsFor(groupOf(text)));
    expect(reading?.partitions).toHaveLength(parsed.status.partitions.length);
    expect(reading?.totalLag).toBe(parsed.status.totallag);
    expect(reading?.partitionCount).toBe(parsed.status.partition_count);
  });

  test.each(lagBodies.filter(({ file }) => file !== "lag-bad-timestamp.json"))(
    "finds no fault in $file",
    ({ body: text }) => {
      expect(decodeGroup(JSON.parse(text), optionsFor(groupOf(text))).problems).toEqual([]);
    },
  );

  test("keeps a null window absent", () => {
    const partition = decodeFile("lag-null-window.json").reading?.partitions.find(
      ({ partition: n }) => n === 1,
    );
    expect(partition).toMatchObject({ start: null, end: null, currentLag: 0, complete: 0 });
  });

  test("keeps the null lag of a back-filled commit absent", () => {
    const { reading } = decodeFile("lag-null-lag-backfilled.json");
    expect(reading?.partitions.some(({ start }) => start?.lag === null)).toBe(true);
  });

  test("takes Java's slash off the owner and leaves an empty owner absent", () => {
    expect(decodeFile("lag-ok.json").reading?.partitions[0]?.owner).toBe("127.0.0.1");
    expect(decodeFile("lag-ok-owner-empty.json").reading?.partitions[0]).toMatchObject({ owner: null });
    expect(decodeFile("lag-ok-kip848.json").reading?.partitions[0]).toMatchObject({
      owner: null,
      clientId: null,
    });
  });

  test("keeps an observation that is older than its commit", () => {
    const { reading } = decodeFile("lag-observed-before-timestamp.json");
    expect(
      reading?.partitions.some(({ end }) => end !== null && (end.observedAtMs ?? 0) < end.timestampMs),
    ).toBe(true);
  });

  test.each([-1, -5e-324, 9e18])(
    "does not let the observation time %d stand in for anything",
    (impossible) => {
      const { reading } = decodeGroup(
        body([
          { ...good, end: { ...good.end, timestamp: impossible, observedAt: impossible } },
          { ...good, partition: 1, end: { ...good.end, observedAt: impossible } },
        ]),
        optionsFor("g"),
      );
      expect(reading?.partitions.map(({ end }) => end)).toEqual([
        null,
        { offset: 5, timestampMs: good.end.timestamp, observedAtMs: null, lag: 2 },
      ]);
    },
  );

  test("puts Burrow's observation time in the place of a mis-decoded commit time, and says so", () => {
    const { reading, problems } = decodeFile("lag-bad-timestamp.json");
    expect(reading?.partitions[0]?.end).toMatchObject({ offset: 678, timestampMs: 1_795_250_638_000 });
    expect(problems).toMatchObject([
      { kind: "number_too_large", scope: "partition", name: "audit-long-metadata" },
    ]);
  });

  test("drops the partitions of topics that are filtered out, and their lag", () => {
    const { reading } = decodeFile("lag-stop.json", { isTopicWanted: () => false });
    expect(reading).toMatchObject({ partitions: [], partitionCount: 0, totalLag: 0 });
  });

  test("turns a status word of the future into UNKNOWN", () => {
    const { reading } = decodeGroup(
      body([{ ...good, status: "SLEEPY" }], { status: "SLEEPY" }),
      optionsFor("g"),
    );
    expect(reading).toMatchObject({ status: "UNKNOWN", partitions: [{ status: "UNKNOWN" }] });
  });
});

describe("Burrow's own words, where they are asked for", () => {
  const rewound = { ...good, status: "SIDEWAYS", owner: "/10.0.0.1" };

  test("are left out by default, because they cost memory", () => {
    const { reading } = decodeGroup(body([rewound]), optionsFor("g"));
    expect(reading).not.toHaveProperty("whole");
    expect(reading).not.toHaveProperty("statusText");
    expect(reading?.partitions[0]).not.toHaveProperty("ownerText");
  });

  test("tell an unknown status and the owner with its slash", () => {
    const { reading } = decodeGroup(body([rewound]), optionsFor("g", { asSent: true }));
    expect(reading?.partitions[0]).toMatchObject({ statusText: "SIDEWAYS", ownerText: "/10.0.0.1" });
    expect(reading?.partitions[0]?.status).toBe("UNKNOWN");
  });

  test("sum over the whole group, topics that are filtered out included", () => {
    const other = { ...good, topic: "u", end: { ...good.end, offset: 10, timestamp: 1_795_250_999_000 } };
    const { reading } = decodeGroup(
      body([good, other, { ...good, partition: 1, start: null, end: null }], {
        totallag: 21,
        maxlag: { ...other, current_lag: 9 },
      }),
      optionsFor("g", { asSent: true, isTopicWanted: (topic) => topic === "t" }),
    );
    expect(reading?.partitions).toHaveLength(2);
    expect(reading?.whole).toEqual({
      partitionCount: 3,
      totalLag: 21,
      maxLag: 9,
      offsetSum: 15,
      newestCommitMs: 1_795_250_999_000,
    });
  });

  test("say nothing about offsets and the worst lag where no partition has a commit", () => {
    const { reading } = decodeGroup(
      body([{ ...good, start: null, end: null }], { maxlag: null }),
      optionsFor("g", { asSent: true }),
    );
    expect(reading?.whole).toMatchObject({ maxLag: null, offsetSum: null, newestCommitMs: null });
  });
});
