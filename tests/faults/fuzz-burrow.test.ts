/**
 * Burrow's bodies, broken at random: nothing throws, no partition that was left alone is lost, and no document comes out
 * that could not have come from a good answer.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createAnalyser } from "../../collectors/analysis/index.ts";
import { judgeAnswer } from "../../collectors/burrow/answer.ts";
import { decodeGroup } from "../../collectors/burrow/decode.ts";
import { decodeTopic } from "../../collectors/burrow/topics.ts";
import { createBatchEncoder, encodeAll } from "../../collectors/encode.ts";
import type { LagDocument } from "../../model/documents.ts";
import { FIELDS } from "../../model/fields.ts";
import type { GroupReading, PartitionReading, TopicReading } from "../../model/snapshot.ts";
import { TEST_POLICY } from "../support/policy.ts";
import { BOUNDS } from "./support/bounds.ts";
import { fuzz, must } from "./support/fuzz.ts";

const NAME_LIMIT = 1024;
const PARTITION_LIMIT = 1000;
const START_MS = Date.UTC(2026, 10, 21);
const timeout = BOUNDS.fuzzSeconds * 1000 + 60_000;

const about = { server: "http://burrow:8000", cluster: "local", timeoutMs: 1000 };

/** As the collector reads it: bytes to a reading, or null with a reason. */
function readGroup(bytes: Buffer, group: string): GroupReading | null {
  const answer = judgeAnswer(answerOf(bytes), { ...about, scope: "group", name: group });
  if (!answer.ok) {
    must(answer.problem.detail.length < 2_000, () => answer.problem.detail);
    return null;
  }
  const { reading, problems } = decodeGroup(answer.body, {
    ...about,
    group,
    maximumPartitions: PARTITION_LIMIT,
    maximumNameCharacters: NAME_LIMIT,
    isTopicWanted: () => true,
  });
  for (const { detail } of problems) must(detail.length < 2_000, () => detail);
  must(reading !== null || problems.length > 0, () => "no reading and no reason");
  return reading;
}

function answerOf(body: Buffer) {
  const header = { contentType: "application/json", location: "", date: "" };
  return { kind: "answer", status: 200, ...header, body, sentMs: 0, receivedMs: 1 } as const;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const time = fc.integer({ min: START_MS - 600_000, max: START_MS });
const goodCommit = fc.record({
  offset: fc.integer({ min: -1, max: 2 ** 40 }),
  timestamp: time,
  observedAt: time,
  lag: fc.option(fc.nat(1e9)),
});
const goodPartition = fc.record({
  topic: fc.constantFrom("orders", "a b", "__proto__", "constructor", "ünï"),
  owner: fc.constantFrom("", "/10.0.0.1", "host"),
  client_id: fc.constantFrom("", "c-1"),
  status: fc.constantFrom("OK", "WARN", "STOP", "STALL", "REWIND"),
  start: fc.option(goodCommit),
  end: fc.option(goodCommit),
  current_lag: fc.nat(1e9),
  complete: fc.constantFrom(0, 0.1, 0.666_666_7, 1),
});

type GoodBody = {
  readonly [key: string]: Json;
  readonly status: { readonly [key: string]: Json; readonly partitions: readonly Json[] };
};

const goodBody: fc.Arbitrary<GoodBody> = fc.array(goodPartition, { maxLength: 6 }).map((partitions) => ({
  error: false,
  message: "consumer status returned",
  status: {
    cluster: "local",
    group: "g",
    status: "OK",
    complete: 1,
    partitions: partitions.map((partition, index) => ({ ...partition, partition: index })),
    partition_count: partitions.length,
    totallag: 0,
    maxlag: null,
  },
  request: { url: "/v3/kafka/local/consumer/g/lag", host: "b" },
}));

/** Values that no good answer has, or has elsewhere; numbers beyond JSON's own are written by `serialise`. */
const nasty: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    "",
    "x",
    0,
    -1,
    -2,
    0.5,
    1.5,
    2 ** 31,
    2 ** 53,
    2 ** 64,
    -(2 ** 53),
    1e300,
  ),
  fc.constantFrom<Json>("@1e400", "@-1e400", "@18446744073709551615", "@-0", "@1E2", "@0.1e1"),
  fc.constantFrom<Json>(
    [],
    {},
    [[]],
    [null],
    { __proto__: 1 },
    ["g"],
    "x".repeat(2_000),
    "\u0000\n\u2028",
    "__proto__",
  ),
  fc.jsonValue({ maxDepth: 3 }).map((value): Json => JSON.parse(JSON.stringify(value))),
);

type Damage = { readonly place: number; readonly value: Json; readonly action: "replace" | "remove" | "add" };

const damage: fc.Arbitrary<Damage> = fc.record({
  place: fc.nat(),
  value: nasty,
  action: fc.constantFrom("replace", "replace", "remove", "add"),
});

type Path = readonly (string | number)[];

function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function applyAt(value: Json, path: Path, { value: fresh, action }: Damage): Json {
  const [key, ...rest] = path;
  if (key === undefined) return fresh;
  const last = rest.length === 0;
  if (Array.isArray(value)) {
    const copy: Json[] = [...value];
    const index = Number(key);
    if (!last) copy[index] = applyAt(copy[index] ?? null, rest, { place: 0, value: fresh, action });
    else if (action === "remove") copy.splice(index, 1);
    else if (action === "add") copy.splice(index, 0, fresh);
    else copy[index] = fresh;
    return copy;
  }
  const copy = new Map<string, Json>(
    Object.entries(typeof value === "object" && value !== null ? value : {}),
  );
  if (!last)
    copy.set(String(key), applyAt(copy.get(String(key)) ?? null, rest, { place: 0, value: fresh, action }));
  else if (action === "remove") copy.delete(String(key));
  else copy.set(action === "add" ? "extra" : String(key), fresh);
  return Object.fromEntries(copy);
}

/** Writes the numbers that JSON.stringify cannot; a key, or a random text that looks alike, stays text. */
const serialise = (value: Json): Buffer =>
  Buffer.from(
    JSON.stringify(value).replaceAll(/"@(1e400|-1e400|18446744073709551615|-0|1E2|0\.1e1)"(?!:)/g, "$1"),
  );

const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= least;
const isTime = (ms: number): boolean => ms >= 0 && ms <= Date.UTC(2100, 0, 1);

/** What any partition that is let through must be, whatever was sent. */
function expectSound({ partitions, complete, partitionCount, totalLag }: GroupReading): void {
  must(complete >= 0 && complete <= 1, () => `complete is ${complete}`);
  must(isWhole(partitionCount, partitions.length), () => `partition count is ${partitionCount}`);
  must(totalLag >= 0 && Number.isFinite(totalLag), () => `total lag is ${totalLag}`);
  for (const partition of partitions) must(isSound(partition), () => JSON.stringify(partition));
  const names = new Set(partitions.map(({ topic, partition }) => JSON.stringify([topic, partition])));
  must(names.size === partitions.length, () => "a partition is there twice");
}

function isSound(partition: PartitionReading): boolean {
  const { topic, owner, clientId, start, end } = partition;
  const commits = [start, end].every(
    (commit) =>
      commit === null ||
      (isWhole(commit.offset, -1) &&
        isTime(commit.timestampMs) &&
        (commit.lag === null || isWhole(commit.lag, 0))),
  );
  return (
    commits &&
    topic.length <= NAME_LIMIT &&
    (owner?.length ?? 0) <= NAME_LIMIT &&
    (clientId?.length ?? 0) <= NAME_LIMIT &&
    isWhole(partition.partition, 0) &&
    isWhole(partition.currentLag, 0) &&
    partition.complete >= 0 &&
    partition.complete <= 1
  );
}

const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries(FIELDS).map(([name, { type }]) => [name, type]),
);

/** A document that Elasticsearch takes: known fields, each with a value of its type. */
function expectGood(document: LagDocument): void {
  for (const [name, value] of Object.entries(document)) {
    must(hasType(TYPES.get(name), value), () => `${name} is ${String(value)} in ${JSON.stringify(document)}`);
  }
}

function hasType(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case "keyword":
      return [value].flat().every((one) => typeof one === "string");
    case "date":
      return !Number.isNaN(Date.parse(String(value)));
    case "double":
      return Number.isFinite(value);
    default:
      return type !== undefined && Number.isSafeInteger(value);
  }
}

const analyser = createAnalyser({
  cluster: "local",
  intervalSeconds: 30,
  minimumComplete: 1,
  resolvePolicy: () => TEST_POLICY,
});
let tickMs = START_MS;

/** One tick of one long-lived analysis, so that what a broken answer leaves behind meets the next ones. */
function analyse(topic: TopicReading | null, group: GroupReading | null): void {
  tickMs += 30_000;
  const tick = analyser.beginTick({
    tickMs,
    nowMs: tickMs,
    burrow: { server: "b", ready: true, selfLag: 0, offsetRefreshSeconds: 10, clockSkewMs: 0, host: "b" },
    listedGroups: ["g"],
    listComplete: true,
  });
  const documents = [
    ...(topic === null ? [] : tick.addTopic(topic)),
    ...(group === null ? [] : tick.addGroup(group)),
    ...tick.finish(),
  ];
  for (const document of documents) expectGood(document);
  const encoder = createBatchEncoder({ maximumDocuments: 100, maximumBytes: 100_000 });
  let lines = 0;
  for (const batch of encodeAll(encoder, documents))
    lines += batch.ndjson.toString("utf8").split("\n").length - 1;
  must(lines === documents.length, () => `${lines} lines of ${documents.length} documents`);
}

test("answers about a group with values replaced, removed and added", { timeout }, async () => {
  const cases = fc.tuple(goodBody, fc.array(damage, { maxLength: 3 }));
  const count = await fuzz(
    { name: "group answers", share: 0.35, atLeast: 2_000 },
    cases,
    ([good, damages]) => {
      let bad: Json = good;
      const touched = new Set<number>();
      let isWholeDamaged = false;
      for (const one of damages) {
        const paths = pathsOf(bad);
        const path = paths[one.place % paths.length] ?? [];
        const [first, second, index] = path;
        const inPartition =
          first === "status" && second === "partitions" && typeof index === "number" && path.length > 3;
        if (inPartition) touched.add(index);
        else isWholeDamaged = true;
        bad = applyAt(bad, path, one);
      }
      const reading = readGroup(serialise(bad), "g");
      if (reading !== null) expectSound(reading);
      if (!isWholeDamaged) expectUntouched(good, reading, touched);
      analyse(null, reading);
    },
  );
  expect(count).toBeGreaterThan(0);
});

/** Partitions that nobody touched are there as they were sent. A touched one may have taken the name of another. */
function expectUntouched(good: GoodBody, reading: GroupReading | null, touched: ReadonlySet<number>): void {
  expect(reading).not.toBeNull();
  const kept = new Map(
    reading?.partitions.map((partition) => [`${partition.topic} ${partition.partition}`, partition]),
  );
  for (const [index, raw] of good.status.partitions.entries()) {
    if (touched.has(index)) continue;
    const sent: {
      topic: string;
      partition: number;
      current_lag: number;
      complete: number;
      end: { offset: number } | null;
    } = JSON.parse(JSON.stringify(raw));
    const found = kept.get(`${sent.topic} ${sent.partition}`);
    expect(found).toBeDefined();
    expect(found).toMatchObject(
      touched.size > 0
        ? { partition: sent.partition }
        : {
            currentLag: sent.current_lag,
            complete: sent.complete,
            end: sent.end === null ? null : { offset: sent.end.offset },
          },
    );
  }
}

const byteDamage = fc.record({
  place: fc.nat(),
  byte: fc.nat(255),
  action: fc.constantFrom("flip", "cut", "insert", "repeat"),
});

function damageBytes(
  bytes: Buffer,
  { place, byte, action }: { place: number; byte: number; action: string },
): Buffer {
  const at = place % (bytes.length + 1);
  switch (action) {
    case "cut":
      return bytes.subarray(0, at);
    case "insert":
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)]);
    case "repeat":
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - byte))]);
    default: {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << (byte % 8));
      return copy;
    }
  }
}

test("answers about a group with bytes flipped, cut, inserted and repeated", { timeout }, async () => {
  const cases = fc.tuple(goodBody, fc.array(byteDamage, { minLength: 1, maxLength: 4 }));
  const count = await fuzz({ name: "group bytes", share: 0.2, atLeast: 1_000 }, cases, ([good, damages]) => {
    let bytes: Buffer = serialise(good);
    for (const one of damages) bytes = damageBytes(bytes, one);
    const reading = readGroup(bytes, "g");
    if (reading !== null) expectSound(reading);
    analyse(null, reading);
  });
  expect(count).toBeGreaterThan(0);
});

test("lists of end offsets with anything in them", { timeout }, async () => {
  const entry = fc.oneof({ weight: 3, arbitrary: fc.nat(2 ** 40).map((offset): Json => offset) }, nasty);
  const cases = fc.tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.array(entry, { maxLength: 8 }).map((offsets): Json => ({ offsets })) },
      nasty,
    ),
    fc.nat(4),
  );
  const count = await fuzz(
    { name: "topic answers", share: 0.1, atLeast: 1_000 },
    cases,
    ([body, knownPartitions]) => {
      const answer = judgeAnswer(answerOf(serialise(body)), { ...about, scope: "topic", name: "orders" });
      if (!answer.ok) return;
      const { reading, problem } = decodeTopic(answer.body, {
        ...about,
        name: "orders",
        knownPartitions,
        maximumPartitions: PARTITION_LIMIT,
      });
      must(reading !== null || problem !== null, () => "no reading and no reason");
      for (const offset of reading?.endOffsets ?? [])
        must(offset === undefined || isWhole(offset, 0), () => `offset ${String(offset)}`);
      analyse(reading, null);
    },
  );
  expect(count).toBeGreaterThan(0);
});
