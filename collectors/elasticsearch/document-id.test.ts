import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentsIndex } from "../../config/documents-index.ts";
import { parseConfig } from "../../config/load.ts";
import { bulkTarget, viewDocument } from "./destination.ts";
import { documentId } from "./document-id.ts";
import { Lines } from "./lines.ts";

const time = "2026-11-21T23:59:30.000Z";
const config = parseConfig(
  JSON.stringify({
    environment: "prod",
    clusters: { orders: { burrow: { external: { servers: ["http://127.0.0.1:8000"] } } } },
    elasticsearch: { external: { url: "http://127.0.0.1:9200" } },
    collector: { shape: "telegraf" },
  }),
  "lagline.yaml",
);

type Tag = Readonly<Record<string, string>>;

function lineOf(tag: Tag, at = time): string {
  return JSON.stringify({
    "@timestamp": at,
    measurement_name: "burrow_partition",
    tag,
    burrow_partition: { lag: 5 },
  });
}

/** The identities as they are sent, of lines that follow each other in batches of the given sizes. */
function sentIds(lines: readonly string[], batchSize = lines.length): string[] {
  const { action } = bulkTarget(documentsIndex(config));
  if (typeof action !== "function") throw new Error("daily indices have an action line per document");
  const ids: string[] = [];
  for (let from = 0; from < lines.length; from += batchSize) {
    const part = lines.slice(from, from + batchSize);
    const batch = new Lines({ ndjson: Buffer.from(`${part.join("\n")}\n`), documents: part.length });
    for (const index of part.keys()) ids.push(JSON.parse(batch.map(index, action)).create._id);
  }
  return ids;
}

function expectedId(line: string): string {
  return documentId(viewDocument(line, "telegraf").identity);
}

const place = { cluster: "c", group: "g", topic: "t" };

describe("the identities of lines that follow each other", () => {
  test("are those of each line by itself, whatever came before it (2000 cases)", () => {
    const name = fc.constantFrom("a", "aa", 'a"', "ä", "😀", 'x","partition":"5', "1", "server", "");
    const number = fc.constantFrom(
      "0",
      "1",
      "10",
      "07",
      "00",
      "",
      "-1",
      "1e3",
      "999999999",
      "1000000000",
      "1,",
    );
    const tag = fc.record(
      {
        cluster: name,
        group: name,
        topic: name,
        partition: number,
        server: name,
        site: name,
        spare: number,
        owner: name,
      },
      { requiredKeys: ["cluster"] },
    );
    const line = fc.tuple(tag, fc.constantFrom(time, "2026-11-22T00:00:00.000Z"));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 12 }),
        (many, size) => {
          const lines = many.map(([of, at]) => lineOf(of, at));
          expect(sentIds(lines, size)).toEqual(lines.map(expectedId));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("of one topic share all but the number of the partition", () => {
    const lines = ["0", "1", "12", "999999999"].map((partition) =>
      lineOf({ ...place, partition, owner: "/10.0.0.1" }),
    );
    const ids = sentIds(lines);
    expect(ids.map((id) => id.slice(23))).toEqual(["0", "1", "12", "999999999"]);
    expect(new Set(ids.map((id) => id.slice(0, 23))).size).toBe(1);
    expect(ids).toEqual(lines.map(expectedId));
  });

  test("are safe to write, and short", () => {
    for (const id of sentIds([lineOf(place), lineOf({ ...place, partition: "7" })])) {
      expect(id).toMatch(/^[A-Za-z0-9_-]{22}(-\d{1,9})?$/);
    }
  });

  test.each([
    ["another group", { ...place, group: "h", partition: "1" }],
    ["another topic of the same length", { ...place, topic: "u", partition: "1" }],
    ["another partition", { ...place, partition: "11" }],
    ["a number with a zero before it", { ...place, partition: "01" }],
    ["no partition", place],
    ["a server behind the partition", { ...place, partition: "1", server: "s" }],
    ["the same time, one millisecond on", { ...place, partition: "1" }, "2026-11-21T23:59:30.001Z"],
  ])("are others for %s", (_name, tag: Tag, at = time) => {
    const [first, second] = sentIds([lineOf({ ...place, partition: "1" }), lineOf(tag, at)]);
    expect(second).not.toBe(first);
    expect(second).toBe(expectedId(lineOf(tag, at)));
  });

  test("do not change with owner and other tags behind the partition", () => {
    const of = { ...place, partition: "1" };
    const ids = sentIds([lineOf(of), lineOf({ ...of, owner: "/10.0.0.2" }), lineOf({ ...of, site: "eu" })]);
    expect(new Set(ids).size).toBe(1);
  });

  test("belong to their own batch: memory that another batch had before is not read", () => {
    const lines = ["1", "2", "3", "4"].map((partition) => lineOf({ ...place, partition }));
    expect(sentIds(lines, 1)).toEqual(sentIds(lines));
  });
});
